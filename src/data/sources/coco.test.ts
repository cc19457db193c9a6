import { describe, expect, it } from 'vitest';
import { put, putPng, temporaryFolder } from '../../../tests/data-files.js';
import { openImages } from '../open.js';
import type { BoxTargets, MaskTargets, MultiLabelTargets, PointTargets } from '../targets.js';
import { joinCoco } from './coco.js';
import { isSegmentation, paint, runsOf } from './coco-masks.js';

const at = temporaryFolder();
const open = (name: string, options = {}) => openImages(at(name), { cacheFolder: at('cache'), ...options });

interface Content {
  images?: object[];
  annotations?: object[];
  categories?: object[];
}

const CATEGORIES = [
  { id: 7, name: 'cat' },
  { id: 90, name: 'dog' },
];

/** Images of 20 x 10 pixels with these names, and a file of annotations. */
async function folder(name: string, images: string[], content: Content, file = 'labels.json'): Promise<void> {
  for (const image of images) await putPng(at(name, image), { width: 20, height: 10 });
  const named = images.map((file_name, i) => ({ id: i + 1, file_name, width: 20, height: 10 }));
  put(at(name, file), JSON.stringify({ images: named, annotations: [], categories: CATEGORIES, ...content }));
}

const annotation = (image_id: number, category_id: number, bbox: number[], more = {}) => ({
  ...{ image_id, category_id, bbox },
  ...more,
});

describe("a folder of images with a file in COCO's form", () => {
  it('has boxes, crowds and labels, numbered in the order of category ids with gaps', async () => {
    await folder('plain', ['a.png', 'b.png', 'c.png'], {
      images: [1, 2].map((id) => ({ id, file_name: `${'ab'[id - 1]}.png`, width: 20, height: 10 })),
      annotations: [
        annotation(1, 90, [5, 0, 10, 10], { id: 1, area: 70 }),
        annotation(1, 7, [6, 2, 4, 4], { id: 2, iscrowd: 1 }),
      ],
    });
    const images = await open('plain', { fit: 'stretch', size: 10 });
    const boxes = images.target<BoxTargets>('boxes')!;
    expect(boxes.classes).toEqual(['cat', 'dog']);
    expect(boxes.at(0).original).toEqual([
      { class: 1, box: { left: 5, top: 0, width: 10, height: 10 }, area: 70, isDifficult: false },
      { class: 0, box: { left: 6, top: 2, width: 4, height: 4 }, area: 16, isCrowd: true, isDifficult: false },
    ]);
    expect(boxes.at(0).objects[0]!.box).toEqual({ left: 2.5, top: 0, width: 5, height: 10 });
    expect(boxes.at(1).objects).toEqual([]);
    // Named by no file: nothing is known, which is not the same as no object.
    expect([0, 1, 2].map((i) => boxes.isKnown(i))).toEqual([true, true, false]);
    const labels = images.target<MultiLabelTargets>('labels')!;
    expect([...labels.values]).toEqual([1, 1, 0, 0, -1, -1]);
    expect(images.note).toContain('Of 1 images nothing is known');
    expect(images.labels).toBeNull();
    const known = { known: 2, unknown: 1, classes: ['cat', 'dog'], perClass: { cat: 1, dog: 1 } };
    expect(images.summary().targetCounts).toEqual([
      { kind: 'boxes', ...known, others: { objects: 2, difficult: 0, crowds: 1 } },
      { kind: 'labels', ...known },
    ]);
  });

  it('finds each of 8,000 images of one base name', () => {
    const folders = Array.from({ length: 8000 }, (_, i) => `scene${i}`);
    const images = folders.map((scene, id) => ({ id, file_name: `${scene}/color.jpg` }));
    const file = { name: 'annotations/test.json', images, annotations: [], categories: CATEGORIES };
    const { skipped, splits, notes } = joinCoco(
      '.',
      [file],
      folders.map((scene) => `images/${scene}/color.jpg`),
    );
    expect([skipped.length, splits.get('images/scene7/color.jpg'), notes]).toEqual([0, 'test', []]);
  });

  it('counts boxes from the crop that the images become', async () => {
    await folder('crop', ['a.png'], { annotations: [annotation(1, 7, [5, 0, 4, 4]), annotation(1, 7, [0, 0, 8, 8])] });
    const images = await open('crop');
    expect(images.summary().targetCounts[0]!.others).toEqual({ objects: 2, difficult: 1, crowds: 0 });
    const boxes = images.target<BoxTargets>('boxes')!; // 10 x 10 from x = 5
    expect(boxes.at(0).objects.map(({ box, isDifficult }) => [box.left, box.width, isDifficult])).toEqual([
      [0, 4, false],
      [0, 3, true],
    ]);
  });

  it.each([
    { width: 21, height: 10 },
    { width: 20, height: 11 },
  ])('takes no boxes of an image of another size: %o', async (size) => {
    const name = `size-${size.width}-${size.height}`;
    const images = [{ id: 1, file_name: 'a.png', ...size }];
    await folder(name, ['a.png'], { images, annotations: [annotation(1, 7, [0, 0, 4, 4])] });
    const read = await open(name);
    expect(read.target<BoxTargets>('boxes')!.isKnown(0)).toBe(false);
    const reason = `annotated for ${size.width} x ${size.height} pixels, the image has 20 x 10`;
    expect(read.partial).toEqual([{ id: 'a.png', reason: expect.stringContaining(reason) }]);
  });

  it('leaves out what is wrong, and says so', async () => {
    await folder('wrong', ['a.png', 'b.png'], {
      images: [
        { id: 1, file_name: 'a.png', width: 20, height: 10 },
        { id: 2, file_name: 'b.png', width: 10, height: 20 },
        { id: 3, file_name: 'gone.png' },
      ],
      annotations: [
        annotation(1, 7, [30, 0, 4, 4]),
        annotation(1, 7, [3, 3, 0, 4]),
        annotation(1, 8, [3, 3, 4, 4]),
        { image_id: 1, category_id: 7 },
        annotation(1, 7, [15, 5, 10, 10]),
        annotation(2, 7, [0, 0, 4, 4]),
        annotation(3, 7, [0, 0, 4, 4]),
        annotation(99, 7, [0, 0, 4, 4]),
      ],
    });
    const images = await open('wrong', { fit: 'stretch' });
    const boxes = images.target<BoxTargets>('boxes')!;
    expect(boxes.at(0).original.map(({ box }) => box)).toEqual([{ left: 15, top: 5, width: 5, height: 5 }]);
    expect(boxes.isKnown(1)).toBe(false);
    expect(images.partial).toEqual([
      {
        id: 'a.png',
        reason:
          'a box outside of the image; a box of no area; an object of category 8, which is not in the file; an object without a box',
      },
      { id: 'b.png', reason: 'annotated for 10 x 20 pixels, the image has 20 x 10' },
    ]);
    expect(images.skipped).toEqual([
      { id: 'gone.png', reason: 'labels.json names it, but there is no such image' },
      { id: 'labels.json', reason: '1 of its annotations are for images that it does not name' },
    ]);
  });

  it('takes ids as the same whether they are numbers or texts, and names whatever stands around them', async () => {
    await folder('ids', ['a.png'], {
      annotations: [annotation('1' as never, '7' as never, [0, 0, 4, 4]), annotation(1, 90, [4, 4, 4, 4])],
      categories: [
        { id: '90', name: ' dog' },
        { id: '7', name: 'black\u00a0cat ' },
      ],
    });
    const images = await open('ids', { fit: 'stretch' });
    const boxes = images.target<BoxTargets>('boxes')!;
    expect(boxes.classes).toEqual(['black cat', 'dog']);
    expect(boxes.at(0).objects.map((one) => one.class)).toEqual([0, 1]);
    expect([...images.skipped, ...images.partial]).toEqual([]);
  });

  it('keeps objects apart that have one id, and refuses images that have one', async () => {
    await folder('one id', ['a.png'], {
      annotations: [annotation(1, 7, [0, 0, 4, 4], { id: 0 }), annotation(1, 7, [9, 0, 4, 4], { id: 0 })],
    });
    const boxes = (await open('one id', { fit: 'stretch' })).target<BoxTargets>('boxes')!;
    expect(boxes.at(0).objects).toHaveLength(2);
    const named = ['a.png', 'b.png'].map((file_name) => ({ id: 3, file_name, width: 20, height: 10 }));
    await folder('same', ['a.png', 'b.png'], { images: named });
    await expect(open('same')).rejects.toThrow('gives the id 3 to two images, a.png and b.png');
  });

  it('has no masks of more classes than they can number', async () => {
    const outline = { segmentation: [[0, 0, 4, 0, 4, 4, 0, 4]] };
    for (const count of [254, 255]) {
      const categories = Array.from({ length: count }, (_, id) => ({ id, name: `class ${id}` }));
      const annotations = [annotation(1, count - 1, [0, 0, 4, 4], outline)];
      await folder(`many ${count}`, ['a.png'], { annotations, categories });
      const images = await open(`many ${count}`, { fit: 'stretch' });
      const masks = images.target<MaskTargets>('masks');
      expect(images.target<BoxTargets>('boxes')!.at(0).objects[0]!.class).toBe(count - 1);
      if (count === 254) expect(masks!.collate([0]).toNumbers()[0]).toBe(254);
      else expect(masks).toBeNull();
      expect(images.note?.includes('Outlines are left out') ?? false).toBe(count === 255);
    }
  });

  it('is opened anew when the annotations change', async () => {
    await folder('changed', ['a.png'], { annotations: [annotation(1, 7, [0, 0, 4, 4])] });
    expect((await open('changed', { fit: 'stretch' })).target<BoxTargets>('boxes')!.at(0).objects).toHaveLength(1);
    await folder('changed', ['a.png'], { annotations: [] });
    expect((await open('changed', { fit: 'stretch' })).target<BoxTargets>('boxes')!.at(0).objects).toHaveLength(0);
  });

  it("finds images in COCO's own folders, and splits by the names of folders or files", async () => {
    const images = (file_name: string) => [{ id: 1, file_name, width: 20, height: 10 }];
    for (const side of ['train', 'val'])
      await folder(
        'coco',
        [`${side}2017/1.png`],
        { images: images('1.png') },
        `annotations/instances_${side}2017.json`,
      );
    expect((await open('coco')).splits).toEqual(['train', 'test']); // without test images, those of validation are
    for (const side of ['train', 'test'])
      await folder('flat', [`images/${side}.png`], { images: images(`${side}.png`) }, `${side}.json`);
    expect((await open('flat')).splits).toEqual(['test', 'train']);
    await folder('twice', ['a/1.png', 'b/1.png'], { images: images('1.png') });
    await expect(open('twice')).rejects.toThrow('labels.json names 1.png, which may be a/1.png or b/1.png');
  });

  it('joins files of boxes and of key points', async () => {
    await folder('points', ['a.png'], { annotations: [annotation(1, 7, [0, 0, 8, 8], { id: 5 })] }, 'instances.json');
    const keypoints = [2, 4, 2, 0, 0, 0];
    await folder(
      'points',
      ['a.png'],
      {
        annotations: [annotation(1, 7, [0, 0, 8, 8], { id: 5, keypoints })],
        categories: [{ ...CATEGORIES[0], keypoints: ['nose', 'tail'] }, CATEGORIES[1]!],
      },
      'keypoints.json',
    );
    const images = await open('points', { fit: 'stretch', size: 10 });
    expect(images.target<BoxTargets>('boxes')!.at(0).objects).toHaveLength(1);
    const points = images.target<PointTargets>('points')!;
    expect(points.names).toEqual(['nose', 'tail']);
    expect([...points.at(0)[0]!]).toEqual([1, 4, 2, 0, 0, 0]);
  });

  it('draws masks from polygons and runs, small objects on large ones', async () => {
    await folder('masks', ['a.png', 'b.png', 'c.png'], {
      annotations: [
        annotation(1, 7, [0, 0, 4, 4], { area: 16, segmentation: [[0, 0, 4, 0, 4, 4, 0, 4]] }),
        annotation(1, 90, [0, 0, 20, 10], { area: 200, segmentation: { size: [10, 20], counts: [0, 200] } }),
        annotation(2, 90, [0, 0, 20, 10], { segmentation: { size: [5, 5], counts: [0, 25] } }),
        annotation(3, 90, [0, 0, 20, 10]),
      ],
    });
    const images = await open('masks', { fit: 'stretch' });
    const masks = images.target<MaskTargets>('masks')!;
    expect(masks.classes).toEqual(['background', 'cat', 'dog']);
    expect([0, 1, 2].map((i) => masks.isKnown(i))).toEqual([true, false, false]);
    const [first, second] = [masks.collate([0]).toNumbers(), masks.collate([1]).toNumbers()];
    // 20 columns become 10: 2 of the first row are the cat's.
    expect(first.slice(0, 10)).toEqual([1, 1, 2, 2, 2, 2, 2, 2, 2, 2]);
    expect(new Set(second)).toEqual(new Set([255]));
    expect(images.partial[0]!.reason).toBe('a mask of 5 x 5 pixels in an image of 20 x 10');
    expect(masks.subset([2, 0]).isKnown(0)).toBe(false);
  });

  it('keeps outlines without boxes apart that have one id, and joins them across files', async () => {
    const square = (left: number) => [[left, 0, left + 4, 0, left + 4, 10, left, 10]];
    const outline = (left: number) => ({ id: 0, image_id: 1, category_id: 7, segmentation: square(left) });
    await folder('outlines', ['a.png'], { annotations: [outline(0), outline(8), outline(8)] });
    const points = { id: 0, image_id: 1, category_id: 7, bbox: [0, 0, 4, 10] };
    const second = { images: [{ id: 1, file_name: 'a.png' }], annotations: [points], categories: CATEGORIES };
    put(at('outlines', 'more.json'), JSON.stringify(second));
    const images = await open('outlines', { fit: 'stretch' });
    const row = images.target<MaskTargets>('masks')!.collate([0]).toNumbers().slice(0, 10);
    expect(row).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 0, 0]);
    // The box of the second file is that of the first outline; the other has none.
    expect(images.target<BoxTargets>('boxes')!.at(0).objects).toHaveLength(1);
    expect(images.partial).toEqual([{ id: 'a.png', reason: 'an object without a box' }]);
  });

  it.each<[string, object | string, string]>([
    ['cut off', '{"images": [], "annotations": [], "categories": [', 'is damaged'],
    ['without ids', { images: [{ file_name: 'a.png' }] }, 'images with `id` and `file_name`'],
    ['of a category without a name', { categories: [{ id: 1 }] }, 'categories with `id` and `name`'],
    ['of other images', { images: [{ id: 1, file_name: 'z.png' }] }, 'names no image of'],
    ['of an annotation that is null', { annotations: [null] }, 'annotations with `image_id`'],
    [
      'without categories',
      { categories: undefined, annotations: [annotation(1, 7, [0, 0, 5, 5])] },
      'Expected categories',
    ],
    ['of no category', { categories: [], annotations: [annotation(1, 7, [0, 0, 5, 5])] }, 'Write the categories'],
    ['with a name twice', { categories: [CATEGORIES[0], { id: 8, name: 'cat' }] }, 'Two categories are called cat'],
  ])('refuses a file that is %s', async (name, content, message) => {
    await folder(`bad ${name}`, ['a.png'], typeof content === 'string' ? {} : content);
    if (typeof content === 'string') put(at(`bad ${name}`, 'labels.json'), content);
    await expect(open(`bad ${name}`)).rejects.toThrow(message);
  });

  it.each<[string, number[][], RegExp | null]>([
    ['fractions of the image', [[0.1, 0.2, 0.5, 0.5]], /^All boxes of labels\.json lie within the first pixel/],
    [
      'of which one is small',
      [
        [0, 0, 1, 1],
        [5, 5, 5, 5],
      ],
      null,
    ],
    [
      'beyond the edge',
      [
        [-5, -5, 10, 10],
        [15, 0, 10, 10],
        [5, 5, 5, 5],
      ],
      /^Boxes of labels\.json that reach beyond their image, and end at its edge: 2 of 3\.$/,
    ],
    ['beyond the edge by rounding', [[0, 0, 20.4, 10]], null],
    [
      'two corners',
      [
        [5, 5, 10, 10],
        [12, 2, 20, 8],
      ],
      /: 2 of 2\. All would fit as the places of two corners/,
    ],
    ['two corners that fit', [[1, 1, 5, 5]], null],
  ])('tells of boxes that are %s', async (name, boxes, note) => {
    await folder(`noted ${name}`, ['a.png'], { annotations: boxes.map((box) => annotation(1, 7, box)) });
    const images = await open(`noted ${name}`);
    if (note === null) expect(images.note).toBeNull();
    else expect(images.note).toMatch(note);
  });

  it('tells of key points of another number', async () => {
    const keypoints = [[1, 2, 2], [1, 2], [], undefined];
    await folder('odd points', ['a.png'], {
      annotations: keypoints.map((keypoints, id) => annotation(1, 7, [0, 0, 5, 5], { id, keypoints })),
      categories: [{ id: 7, name: 'cat', keypoints: ['nose'] }],
    });
    expect((await open('odd points')).note).toBe(
      'The key points of 1 object of labels.json are left out: they are not 3 numbers for each of the 1 that its categories name.',
    );
  });

  it('passes over captions and other files', async () => {
    await folder('others', ['a.png'], {}, 'captions.json');
    put(at('others', 'captions.json'), JSON.stringify({ images: [], annotations: [{ caption: '"categories"' }] }));
    put(at('others', 'settings.json'), '{ "size": 3');
    put(at('others', 'wide.json'), Buffer.from('{"images": []}', 'utf16le'));
    const images = await open('others');
    expect(images.targets).toEqual([]);
    const passedOver = /Passed over: .*wide\.json is no text: it holds zero bytes\. Save it as UTF-8\.$/;
    expect(images.note).toMatch(passedOver);
    // Also where another file can be read.
    const named = [{ id: 1, file_name: 'a.png' }];
    put(at('others', 'labels.json'), JSON.stringify({ images: named, annotations: [], categories: CATEGORIES }));
    const annotated = await open('others');
    expect([annotated.target('boxes') !== null, annotated.note]).toEqual([true, expect.stringMatching(passedOver)]);
  });
});

describe('outlines', () => {
  it('decodes the compressed runs of pycocotools', () => {
    const canvas = { width: 60, height: 40, data: new Uint8Array(2400) };
    const counts =
      'e<i0?000000000000000000\\OK55KK55KK55KK55KK55KK55KK55KK55KK55KK55?00000000000000000000000000000000000000S6o2nK';
    expect(paint(canvas, { size: [40, 60], counts }, 1)).toBeNull();
    const inside = (x: number, y: number) =>
      (x >= 10 && x < 50 && y >= 5 && y < 30 && !(x >= 20 && x < 30 && y >= 10 && y < 20)) || (x >= 55 && x < 58);
    expect([...canvas.data]).toEqual(
      Array.from({ length: 2400 }, (_, i) => Number(inside(i % 60, Math.floor(i / 60)))),
    );
    expect(runsOf('341M000040L14OM').reduce((sum, run) => sum + run, 0)).toBeLessThanOrEqual(30);
  });

  it('fills the pixels whose middles lie in a polygon', () => {
    const canvas = { width: 6, height: 4, data: new Uint8Array(24) };
    paint(canvas, [[0, 0, 4, 0, 0, 4]], 3); // the lower left triangle of a square
    const rows = Array.from({ length: 4 }, (_, y) => [...canvas.data.subarray(6 * y, 6 * y + 6)].join(''));
    expect(rows).toEqual(['333000', '330000', '300000', '000000']);
    paint(canvas, [[-5, -5, 50, -5, 50, 50, -5, 50]], 1);
    expect(canvas.data.every((value) => value === 1)).toBe(true);
  });

  it('are no list of nothing, and no runs beyond the mask', () => {
    expect([[], [[]], [[1, 2]], null, { counts: [1] }, 'x'].map(isSegmentation)).toEqual(new Array(6).fill(false));
    const canvas = { width: 2, height: 2, data: new Uint8Array(4) };
    expect(paint(canvas, { size: [2, 2], counts: [0, 9] }, 1)).toContain('do not fit');
  });
});
