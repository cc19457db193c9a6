import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { put, putPng, temporaryFolder } from '../../../tests/data-files.js';
import { encodeMask, VOC_PALETTE } from '../mask-file.js';
import { openImages } from '../open.js';
import type { BoxTargets, MaskTargets, MultiLabelTargets } from '../targets.js';
import { readVocObjects } from './voc.js';

const at = temporaryFolder();
const open = (name: string, options = {}) => openImages(at(name), { cacheFolder: at('cache'), ...options });
const SIZE = { width: 20, height: 10 };

const object = (name: string, edges: readonly number[], difficult = 0) =>
  `<object><name>${name}</name><difficult>${difficult}</difficult><part><name>head</name></part><bndbox>` +
  `${['xmin', 'ymin', 'xmax', 'ymax'].map((edge, i) => `<${edge}>${edges[i]}</${edge}>`).join('')}</bndbox></object>`;
const xml = (...objects: string[]) =>
  `<annotation><size><width>20</width><height>10</height></size>${objects.join('')}</annotation>`;

describe('a folder in the form of PASCAL VOC', () => {
  it('has boxes, labels, masks by their palette, and splits', async () => {
    for (const name of ['1', '2', '3', '4']) await putPng(at('voc', 'JPEGImages', `${name}.png`), SIZE);
    put(at('voc', 'Annotations', '1.xml'), xml(object('dog', [1, 1, 10, 10]), object('cat', [2, 2, 4, 4], 1)));
    put(at('voc', 'Annotations', '2.xml'), xml(object('cat', [2, 2, 4, 4])));
    put(at('voc', 'Annotations', '3.xml'), xml());
    put(at('voc', 'Annotations', 'gone.xml'), xml());
    const data = new Uint8Array(200).fill(12);
    data.fill(255, 0, 2); // two columns become one
    put(at('voc', 'SegmentationClass', '1.png'), encodeMask({ ...SIZE, data }, VOC_PALETTE));
    put(
      at('voc', 'SegmentationClass', '2.png'),
      encodeMask({ width: 10, height: 10, data: data.subarray(100) }, VOC_PALETTE),
    );
    put(at('voc', 'ImageSets', 'Main', 'trainval.txt'), '1\n2\n');
    put(at('voc', 'ImageSets', 'Main', 'train.txt'), '1\n');
    put(at('voc', 'ImageSets', 'Main', 'val.txt'), '2 -1\r\n');
    put(at('voc', 'ImageSets', 'Main', 'test.txt'), '3\n');
    const images = await open('voc', { fit: 'stretch' });
    expect(images.splits).toEqual(['train', 'val', 'test', null]);
    const boxes = images.target<BoxTargets>('boxes')!;
    expect(boxes.classes).toHaveLength(20);
    const dog = boxes.classes.indexOf('dog');
    // From the first pixel to the tenth, counted from 1: ten pixels from the left edge on.
    expect(boxes.at(0).original[0]).toMatchObject({ class: dog, box: { left: 0, top: 0, width: 10, height: 10 } });
    expect(boxes.at(0).original.map(({ isDifficult }) => isDifficult)).toEqual([false, true]);
    expect([0, 1, 2, 3].map((i) => boxes.isKnown(i))).toEqual([true, true, true, false]);
    const labels = images.target<MultiLabelTargets>('labels')!;
    const cat = boxes.classes.indexOf('cat');
    expect([0, 1, 2, 3].map((i) => [labels.at(i)[dog], labels.at(i)[cat]])).toEqual([
      [1, -1],
      [0, 1],
      [0, 0],
      [-1, -1],
    ]);
    const masks = images.target<MaskTargets>('masks')!;
    expect(masks.classes[12]).toBe('dog');
    expect([0, 1, 2].map((i) => masks.isKnown(i))).toEqual([true, false, false]);
    const first = masks.collate([0]).toNumbers();
    expect([first[0], new Set(first.slice(1))]).toEqual([255, new Set([12])]);
    expect(images.partial).toEqual([{ id: '2.png', reason: 'its mask has 10 x 10 pixels, the image 20 x 10' }]);
    expect(images.skipped).toEqual([{ id: 'Annotations/gone.xml', reason: 'there is no such image' }]);
  });

  it('lists odd files of annotations with their images, and reads the others', async () => {
    const odd: Record<string, string | Uint8Array> = {
      nested: `<annotation>${'<a>'.repeat(200)}${'</a>'.repeat(200)}</annotation>`,
      reserved: '<annotation><__proto__>x</__proto__></annotation>',
      external: `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${xml(object('&x;', [1, 1, 5, 5]))}`,
      encoding: `<?xml version="1.0" encoding="klingon"?>${xml()}`,
      bytes: Uint8Array.of(0x3c, 0xe9, 0x3e),
    };
    for (const [name, text] of Object.entries(odd)) {
      await putPng(at('odd', 'JPEGImages', `${name}.png`), SIZE);
      put(at('odd', 'Annotations', `${name}.xml`), text);
    }
    for (const name of ['fine', 'folder']) await putPng(at('odd', 'JPEGImages', `${name}.png`), SIZE);
    put(at('odd', 'Annotations', 'fine.xml'), xml(object('ant', [1, 1, 5, 5])));
    mkdirSync(at('odd', 'Annotations', 'folder.xml'));
    // Of no image: neither read nor a class.
    mkdirSync(at('odd', 'Annotations', 'stray.xml'));
    put(at('odd', 'Annotations', 'other.xml'), xml(object('bee', [1, 1, 5, 5])));
    const images = await open('odd');
    expect(images.target<BoxTargets>('boxes')!.classes).toEqual(['ant']);
    const kind = 'its annotations are XML of a kind that is not read';
    expect(Object.fromEntries(images.partial.map(({ id, reason }) => [id, reason]))).toEqual({
      'nested.png': expect.stringContaining(kind),
      'reserved.png': expect.stringContaining(kind),
      'external.png': expect.stringContaining(kind),
      'encoding.png': 'its annotations cannot be read as klingon; save them as UTF-8',
      'bytes.png': 'its annotations cannot be read as utf-8; save them as UTF-8',
      'folder.png': expect.stringMatching(/folder\.xml is a folder, not a regular file/),
    });
    expect(images.skipped.map(({ id }) => id)).toEqual(['Annotations/other.xml', 'Annotations/stray.xml']);
  });

  it('reads annotations in the encoding that they declare or mark', async () => {
    const text = xml(object('caf\u00e9', [1, 1, 5, 5]));
    const files = {
      latin: Buffer.from(`<?xml version='1.0' encoding='ISO-8859-1'?>${text}`, 'latin1'),
      wide: Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?>${text}`, 'utf16le'),
      claimed: Buffer.from(`<?xml version="1.0" encoding="UTF-16"?>${text}`),
    };
    for (const [name, file] of Object.entries(files)) {
      await putPng(at('encoded', 'JPEGImages', `${name}.png`), SIZE);
      put(at('encoded', 'Annotations', `${name}.xml`), file);
    }
    const images = await open('encoded');
    expect(images.partial).toEqual([]);
    expect(images.target<BoxTargets>('boxes')!.classes).toEqual(['caf\u00e9']);
  });

  it('leaves out a mask of a class that there is not, and says whose it is', async () => {
    for (const name of ['1', '2']) await putPng(at('masks', 'JPEGImages', `${name}.png`), SIZE);
    put(at('masks', 'Annotations', '1.xml'), xml(object('zebra', [1, 1, 5, 5]), object('ant', [1, 1, 5, 5])));
    const mask = (number: number) => encodeMask({ ...SIZE, data: new Uint8Array(200).fill(number) }, VOC_PALETTE);
    put(at('masks', 'SegmentationClass', '1.png'), mask(2));
    put(at('masks', 'SegmentationClass', '2.png'), mask(3));
    const images = await open('masks');
    const reason = 'its mask has pixels of class 3; there are 2 classes, and 0 for the background';
    expect(images.partial).toEqual([{ id: '2.png', reason }]);
    const masks = images.target<MaskTargets>('masks')!;
    expect([masks.isKnown(0), masks.isKnown(1)]).toEqual([true, false]);
    put(at('masks', 'SegmentationClass', '1.png'), mask(3));
    expect((await open('masks')).target('masks')).toBeNull();
  });

  it('sorts the classes where they are not those of VOC', async () => {
    await putPng(at('own', 'JPEGImages', '1.png'), SIZE);
    put(at('own', 'Annotations', '1.xml'), xml(object('zebra', [1, 1, 5, 5]), object('ant', [1, 1, 5, 5])));
    await putPng(at('own', 'JPEGImages', '2.png'), SIZE);
    put(at('own', 'Annotations', '2.xml'), xml(object('bee', [1, 1, 5, 5])));
    put(at('own', 'ImageSets', 'Main', 'test.txt'), '2');
    // Also of a part of the images: the masks are numbered by all classes.
    for (const split of ['train', 'all'])
      expect((await open('own', { split })).target<BoxTargets>('boxes')!.classes).toEqual(['ant', 'bee', 'zebra']);
  });

  it('finds images by lists whose names have blanks or endings, and tells of names that it does not find', async () => {
    for (const name of ['my photo', 'b', 'c 2']) await putPng(at('lists', 'JPEGImages', `${name}.png`), SIZE);
    put(at('lists', 'Annotations', 'b.xml'), xml(object('a\u00a0 cow', [1, 1, 5, 5]), object('a cow', [1, 1, 5, 5])));
    put(at('lists', 'ImageSets', 'Main', 'test.txt'), 'my photo\r\nb.png 1\rc 2\ngone\n');
    put(at('lists', 'ImageSets', 'Main', 'train.txt'), '');
    const images = await open('lists');
    expect(images.splits).toEqual(['test', 'test', 'test']);
    expect(images.note).toBe('ImageSets/Main lists 1 name of images that are not there, such as "gone".');
    expect(images.target<BoxTargets>('boxes')!.classes).toEqual(['a cow']);
  });

  it.each<[string, string, string[], number | null]>([
    ['cut off', xml(object('dog', [1, 1, 5, 5])).slice(0, 60), ['its annotations are damaged'], null],
    ['of something else', '<other/>', ['its annotations have no element `annotation`'], null],
    [
      'for another size',
      xml().replace('20', '30'),
      ['annotated for 30 x 10 pixels, the image has 20 x 10'],
      ...([null] as const),
    ],
    [
      'with wrong boxes',
      xml(object('dog', [5, 5, 4, 9]), object('dog', [30, 1, 40, 5]), object('', [1, 1, 2, 2]), object('dog', [1])),
      [
        ...['a dog with a box of no area', 'a dog with a box outside of the image', 'an object without a name'],
        'a dog without a box',
      ],
      ...([0] as const),
    ],
    ['with a box beyond the edge', xml(object('dog', [11, 1, 40, 10])), [], 1],
    [
      'with sizes of 0',
      xml(object('dog', [1, 1, 4, 10]))
        .replace('20', '0')
        .replace('>10<', '>0<'),
      [],
      1,
    ],
  ])('reads a file that is %s', (_, text, flaws, count) => {
    const found = readVocObjects(text, SIZE);
    expect(found.objects?.length ?? null).toBe(count);
    expect(found.flaws).toHaveLength(flaws.length);
    flaws.forEach((flaw, i) => {
      expect(found.flaws[i]).toContain(flaw);
    });
  });
});
