import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { idx, put, ramp, temporaryFolder } from '../../tests/data-files.js';
import { scope, type Tensor } from '../engine/index.js';
import { Dataset } from './dataset.js';
import type { ImageDataset } from './image-dataset.js';
import { openImages } from './open.js';
import type { ImageSpec } from './spec.js';
import { MultiLabelTargets } from './targets.js';

const at = temporaryFolder();
const cacheFolder = at('cache');

/** Ten images of 2 x 3 pixels in three channels; eight to train on, two to test on; labels 0 1 2 0 1 2 0 1 | 2 0. */
const N = 10;
const BYTES = 2 * 3 * 3;
let dataset: ImageDataset;

beforeAll(async () => {
  put(at('set', 'train-images-idx4-ubyte'), idx([8, 2, 3, 3], ramp(8 * BYTES)));
  put(at('set', 'train-labels-idx1-ubyte'), idx([8], Uint8Array.of(0, 1, 2, 0, 1, 2, 0, 1)));
  put(at('set', 't10k-images-idx4-ubyte'), idx([2, 2, 3, 3], ramp(2 * BYTES, 99)));
  put(at('set', 't10k-labels-idx1-ubyte'), idx([2], Uint8Array.of(2, 0)));
  dataset = await openImages(at('set'), { cacheFolder });
});

/** Image i, height x width x channels, as it was written above. */
const original = (i: number) => [
  ...(i < 8
    ? ramp(8 * BYTES).subarray(i * BYTES, (i + 1) * BYTES)
    : ramp(2 * BYTES, 99).subarray((i - 8) * BYTES, (i - 7) * BYTES)),
];

/** A tensor of images N x C x H x W back to one list per image of height x width x channels. */
function images(tensor: Tensor): number[][] {
  const flat = tensor.permute([0, 2, 3, 1]).toNumbers();
  return Array.from({ length: flat.length / BYTES }, (_, i) => flat.slice(i * BYTES, (i + 1) * BYTES));
}

const counting = (n: number) => Array.from({ length: n }, (_, i) => i);

/** The samples of another set, with its note and targets. */
class Again extends Dataset<ImageSpec> {
  readonly plural = 'images';
  readonly spec = dataset.spec;

  constructor({ name, note, ids, splits, skipped, fingerprint, targets }: ImageDataset) {
    super({ name, note, ids, splits, skipped, fingerprint, targets });
  }

  override collate = () => dataset.collate([0]);
  protected override form = () => '';
  protected override derive = () => this;
}

describe('a note on classes', () => {
  const noted = (classes: string[]) => dataset.withLabels(classes, new Int32Array(N)).note;

  it('names those that may be one, and those that may stand for no label', () => {
    expect(noted(['0', '0.0', '1', '10', 'Red', 'red'])).toBe(
      'Classes that may be one: "0", "0.0"; "Red", "red". Write each in one way.',
    );
    expect(noted(['00', '0'])).toContain('"00", "0"');
    expect(noted(['cat', 'NaN', '?'])).toBe(
      'Classes that may stand for no label: "NaN", "?". Leave the label empty where there is none.',
    );
    expect(noted(['0', '10', '1.5', 'cat', 'nan bread'])).toBeNull();
  });

  it('stands once, also with samples that are made of others', () => {
    const labeled = dataset.withLabels(['A', 'a'], new Int32Array(N));
    const same = new MultiLabelTargets(['A', 'a'], new Int8Array(2 * N));
    const both = labeled.withTargets(same);
    expect(both.note!.match(/may be one/g)).toHaveLength(1);
    expect(new Again(both).note).toBe(both.note);
  });

  it('is the remedy where test samples are labeled in another way', () => {
    const unlike = dataset.withLabels(['0.0', '1.0'], new Int32Array(N));
    expect(() => unlike.withClasses(['0', '1'])).toThrow(/instead of "0", "1"\. "0\.0" may be meant for "0"/);
    expect(() => dataset.withLabels(['0', '1.0'], new Int32Array(N)).withClasses(['0', '1'])).toThrow(
      /does not have: "1\.0"\. Its classes are "0", "1"\. "1\.0" may be meant for "1"/,
    );
  });
});

describe('ImageDataset', () => {
  it('describes itself', () => {
    expect(dataset).toMatchObject({ name: 'set', count: N, size: { height: 2, width: 3 }, channels: 3, note: null });
    expect(dataset.ids.slice(7)).toEqual(['train/7', 'test/0', 'test/1']);
    expect([...dataset.labels!]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0]);
    expect(dataset.describe()).toBe('set: 10 images of 3 x 2, color, 3 classes');
    expect(dataset.summary()).toMatchObject({
      perClass: { '0': 4, '1': 3, '2': 3 },
      unlabeled: 0,
      splits: { train: 8, val: 0, test: 2, none: 0 },
    });
    expect(dataset.bytes).toBe(N * BYTES);
    expect(JSON.parse(JSON.stringify(dataset.summary()))).toEqual(dataset.summary());
  });

  it('maps all pixels as uint8 N x C x H x W in channels-last memory', () => {
    scope(() => {
      const pixels = dataset.pixels();
      expect(pixels.dtype).toBe('uint8');
      expect(pixels.shape).toEqual([N, 3, 2, 3]);
      expect(pixels.strides).toEqual([BYTES, 1, 9, 3]);
      expect(images(pixels)).toEqual(counting(N).map(original));
    });
  });

  it('gathers a batch in the order asked, repetitions too, in channels-last memory', () => {
    scope(() => {
      const batch = dataset.batch([9, 0, 4, 0]);
      expect(batch.shape).toEqual([4, 3, 2, 3]);
      expect(batch.isContiguous('channelsLast')).toBe(true);
      expect(images(batch)).toEqual([9, 0, 4, 0].map(original));
    });
  });

  it('stays usable after the scope in which it was first read', () => {
    const fresh = dataset.subset([1]);
    scope(() => fresh.pixels());
    const again = scope(() => images(fresh.pixels()));
    expect(again).toEqual([original(1)]);
  });

  it('never writes to the file', async () => {
    const path = dataset.packPath;
    const mapped = await openImages(at('set'), { cacheFolder });
    expect(mapped.packPath).toBe(path);
    const before = readFileSync(path);
    scope(() => mapped.pixels().fill_(0));
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('reads one image without the engine', () => {
    expect([...dataset.readImage(8)]).toEqual(original(8));
  });

  it('makes subsets of subsets, successive or scattered', () => {
    const subset = dataset.subset([9, 2, 3, 4, 7]).subset([1, 2, 3]);
    expect(subset.ids).toEqual(['train/2', 'train/3', 'train/4']);
    expect([...subset.labels!]).toEqual([2, 0, 1]);
    scope(() => {
      expect(images(subset.pixels())).toEqual([2, 3, 4].map(original));
      expect(images(subset.batch([2, 0]))).toEqual([4, 2].map(original));
      expect(images(dataset.subset([5, 1]).pixels())).toEqual([5, 1].map(original));
    });
    expect([...subset.readImage(0)]).toEqual(original(2));
    expect(subset.fingerprint).not.toBe(dataset.fingerprint);
  });

  it('refuses positions out of range', () => {
    for (const index of [-1, N, 0.5, Number.NaN]) {
      expect(() => dataset.batch([0, index])).toThrow(/positions from 0 to 9 for `indices`/);
      expect(() => dataset.subset([index])).toThrow(/`indices`/);
    }
  });

  it('parts by the own division, and at random with the share of each class', () => {
    expect(dataset.only('test').ids).toEqual(['test/0', 'test/1']);
    expect(dataset.only('train').count).toBe(8);
    expect(() => dataset.only('val')).toThrow(/set has no val images/);
    const { kept, held } = dataset.holdOut(0.3, 1);
    expect(held.summary().perClass).toEqual({ '0': 1, '1': 1, '2': 1 });
    expect([...kept.ids, ...held.ids].sort()).toEqual([...dataset.ids].sort());
    expect(dataset.holdOut(0.3, 1).held.ids).toEqual(held.ids);
  });

  it('says that nothing can be held out of classes with a single image', () => {
    const single = dataset.subset([0, 1, 2]).withLabels(['a', 'b', 'c'], Int32Array.of(0, 1, 2));
    expect(() => single.holdOut(0.2)).toThrow(
      /None of the images of set can be held out: every class has a single one\. Give images .*--test/,
    );
    expect(() => dataset.subset([0]).holdOut(0.2)).toThrow(/held out: there is only one\./);
    expect(single.withLabels(['a', 'b'], Int32Array.of(0, 1, 1)).holdOut(0.2).held.count).toBe(1);
  });

  it('keeps the labeled images', () => {
    const some = dataset.withLabels(
      ['a', 'b'],
      Int32Array.from(counting(N), (i) => (i % 4 === 0 ? 1 : -1)),
    );
    expect(some.labeled().ids).toEqual(['train/0', 'train/4', 'test/0']);
    expect(some.holdOut(0.5).held.count).toBe(5);
    const none = dataset.withLabels(['a'], new Int32Array(N).fill(-1));
    expect(() => none.labeled()).toThrow(/set has no labels/);
  });

  it('takes the numbering of another data set', () => {
    const renumbered = dataset.withClasses(['2', '1', '0', '7']);
    expect(renumbered.classes).toEqual(['2', '1', '0', '7']);
    expect([...renumbered.labels!.subarray(0, 3)]).toEqual([2, 1, 0]);
    expect(() => dataset.withClasses(['cat', 'dog'])).toThrow(/has other classes: "0", "1", "2"/);
  });
});

describe('openImages with labels', () => {
  const open = (name: string, text: string) => openImages(at('set'), { cacheFolder, labels: put(at(name), text) });

  it('keeps the numbers of known classes; images that are not named are unlabeled', async () => {
    const few = await open('few.csv', 'id,label\ntrain/1,2\ntest/0,0\nnone/9,1\n');
    expect(few.classes).toEqual(['0', '1', '2']);
    expect([...few.labels!]).toEqual([-1, 2, -1, -1, -1, -1, -1, -1, 0, -1]);
    expect(few.skipped).toEqual([{ id: 'none/9', reason: 'few.csv labels it, but there is no such sample' }]);
    expect(few.packPath).toBe(dataset.packPath);
    expect(few.fingerprint).toBe(dataset.fingerprint);
  });

  it('takes labels of another task for new classes', async () => {
    const other = await open('other.jsonl', '{"id":"train/1","label":"winter"}\n{"id":"train/0","label":"summer"}\n');
    expect(other.classes).toEqual(['summer', 'winter']);
    expect([...other.labels!.subarray(0, 3)]).toEqual([0, 1, -1]);
  });

  it.each([
    ['missing column', 'path,label\ntrain/1,2\n', /no column id; its columns are "path", "label"/],
    ['no id fits', 'id,label\nx.png,2\n', /labels no sample of set; it names "x.png".*looks like "train\/0"/],
    ['contradiction', 'id,label\ntrain/1,2\ntrain/1,1\n', /labels train\/1 both 2 and 1/],
    ['some unknown', 'id,label\ntrain/1,2\ntrain/0,cat\n', /does not have: "cat"/],
    ['no label', 'id,label\ntrain/1,\n', /its column label is empty/],
  ])('refuses a table with %s', async (name, text, message) => {
    await expect(open(`${name}.csv`, text)).rejects.toThrow(message);
  });
});
