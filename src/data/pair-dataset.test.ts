import { describe, expect, it } from 'vitest';
import { put, putPng, temporaryFolder } from '../../tests/data-files.js';
import type { Tensor } from '../engine/index.js';
import { openImages } from './open.js';
import { openSounds } from './open-sounds.js';
import { notAligned, PairDataset } from './pair-dataset.js';
import type { MaskTargets } from './targets.js';

const at = temporaryFolder();
const cacheFolder = at('cache');

/** A folder of 8 x 8 images whose first byte is the number behind the name. */
async function side(folder: string, files: Readonly<Record<string, number>>, channels: 1 | 3 = 3) {
  for (const [file, start] of Object.entries(files)) await putPng(at(folder, file), { start, channels });
  return openImages(at(folder), { cacheFolder });
}

/** The first byte of every sample of both sides. */
function starts(pairs: PairDataset, indices: ArrayLike<number> = [...Array(pairs.count).keys()]): [number[], number[]] {
  const { first, second } = pairs.collate(indices) as Record<'first' | 'second', Tensor>;
  const of = (samples: Tensor): number[] => samples.select(3, 0).select(2, 0).select(1, 0).toNumbers();
  return [of(first), of(second)];
}

describe('sides with the same names', () => {
  it('are aligned, whatever their order and their endings', async () => {
    const images = await side('order/images', { 'a.png': 1, 'a.q.png': 2, 'c.png': 3 });
    const depth = await side('order/depth', { 'a.webp': 11, 'a.q.webp': 12, 'c.tif': 13 });
    expect(depth.ids).toEqual(['a.q.webp', 'a.webp', 'c.tif']);
    const pairs = PairDataset.of(images, depth);
    expect(pairs.spec).toMatchObject({ modality: 'pair', first: images.spec, isAligned: true });
    expect(pairs.ids).toEqual(images.ids);
    expect(starts(pairs)).toEqual([
      [1, 2, 3],
      [11, 12, 13],
    ]);
    expect(starts(pairs.subset([2, 0]).subset([1, 1]))).toEqual([
      [1, 1],
      [11, 11],
    ]);
    expect(pairs.describe()).toBe(
      'images and depth: 3 pairs of 3 images of 8 x 8, color, unlabeled | 3 images of 8 x 8, color, unlabeled, unlabeled',
    );
  });

  it('have the targets of both sides, and the first side’s where both have some', async () => {
    const scenes = (query: string) => openImages(`synthetic:scenes?count=6&test=0&size=16&${query}`, { cacheFolder });
    const [images, depth] = [await scenes('form=rgb'), await scenes('form=rgb-hha')];
    const pairs = PairDataset.of(images.withLabels(['x'], new Int32Array(6)), depth);
    expect(pairs.targets.map(({ kind }) => kind)).toEqual(['classes', 'masks', 'boxes', 'labels']);
    expect(pairs.classes).toEqual(['x']);
    expect(pairs.target<MaskTargets>('masks')!.count).toBe(6);
    expect(pairs.subset([1, 2]).labels).toHaveLength(2);
  });

  it('leave out on both sides what could not be read on one', async () => {
    put(at('broken/depth/b.png'), 'no image');
    put(at('broken/images/d.png'), 'no image');
    const images = await side('broken/images', { 'a.png': 1, 'b.png': 2, 'c.png': 3 });
    const depth = await side('broken/depth', { 'a.png': 11, 'c.png': 13, 'd.png': 14 });
    const pairs = PairDataset.of(images, depth);
    expect(pairs.spec.isAligned).toBe(true);
    expect(starts(pairs)).toEqual([
      [1, 3],
      [11, 13],
    ]);
    expect(pairs.skipped.map(({ id }) => id).sort()).toEqual(['b.png', 'd.png']);
  });
});

describe('sides that do not match are two domains:', () => {
  it.each([
    ['of different number', { 'a.png': 1, 'b.png': 2 }, { 'a.png': 11 }],
    ['of other names', { 'a.png': 1, 'b.png': 2 }, { 'a.png': 11, 'c.png': 12 }],
    ['of names that agree only without their endings', { 'a.png': 1, 'a.webp': 2 }, { 'a.png': 11, 'a.webp': 12 }],
    ['without any name in common', { 'a.png': 1 }, { 'b.png': 11 }],
  ])('%s', async (name, first, second) => {
    const folder = name.replaceAll(' ', '-');
    const pairs = PairDataset.of(await side(`${folder}/first`, first), await side(`${folder}/second`, second));
    expect(pairs.spec.isAligned).toBe(false);
    expect(pairs.targets).toEqual([]);
    expect(pairs.describe()).toContain('not aligned');
  });

  it('the shorter one is repeated', async () => {
    const pairs = PairDataset.of(
      await side('short', { 'a.png': 1, 'b.png': 2 }),
      await side('long', { '1.png': 11, '2.png': 12, '3.png': 13, '4.png': 14, '5.png': 15 }),
    );
    expect(pairs.count).toBe(5);
    expect(pairs.ids).toEqual(['1.png', '2.png', '3.png', '4.png', '5.png']);
    expect(starts(pairs)).toEqual([
      [1, 2, 1, 2, 1],
      [11, 12, 13, 14, 15],
    ]);
    expect(starts(pairs.subset([4, 1]))).toEqual([
      [1, 2],
      [15, 12],
    ]);
  });
});

describe('an encoder of one side', () => {
  it('sees the second of two alike, the side that fits exactly, or the pairs', async () => {
    const [color, gray] = [await side('seen/color', { 'a.png': 1 }), await side('seen/gray', { 'a.png': 2 }, 1)];
    const pairs = PairDataset.of(color, gray);
    expect(pairs.seenBy({ ...gray.spec })!.ids).toEqual(['a.png']);
    expect(pairs.seenBy(color.spec)).toBe(pairs.first);
    expect(pairs.seenBy({ ...color.spec, height: 99 } as typeof color.spec)).toBe(pairs.second);
    expect(pairs.seenBy(pairs.spec)).toBe(pairs);
    expect(pairs.seenBy({ modality: 'text' })).toBeNull();
  });

  it('sees the side of its form whatever the mean and the deviation of these samples are', async () => {
    const [color, gray] = [await side('form/color', { 'a.png': 1 }), await side('form/gray', { 'a.png': 2 }, 1)];
    const pairs = PairDataset.of(color, gray);
    // Trained on other images of the same size and channels.
    const trained = { ...color.spec, mean: [0.1, 0.2, 0.3], std: [0.3, 0.2, 0.1] };
    expect(pairs.seenBy(trained)).toBe(pairs.first);
    expect(pairs.seenBy({ ...gray.spec, mean: [0.9] } as typeof gray.spec)).toBe(pairs.second);
    const alike = PairDataset.of(color, await side('form/more', { 'a.png': 3 }));
    expect(alike.seenBy(color.spec)).toBe(alike.second);
  });

  it('sees of a subset the same samples', async () => {
    const first = await side('part/first', { 'a.png': 1, 'b.png': 2, 'c.png': 3 });
    const second = await side('part/second', { 'x.png': 11, 'y.png': 12 }, 1);
    const seen = PairDataset.of(first, second).subset([1, 2]).seenBy(second.spec)!;
    expect(seen.ids).toEqual(['y.png', 'x.png']);
  });

  it('may be an encoder of sounds beside images', async () => {
    const images = await side('sounding', { 'a.png': 1 });
    const sounds = await openSounds('synthetic:sounds?count=3&test=0', { cacheFolder, length: 1024 });
    const pairs = PairDataset.of(images, sounds);
    expect(pairs.spec).toMatchObject({ first: { modality: 'image' }, second: { modality: 'sound' }, isAligned: false });
    expect(pairs.seenBy(sounds.spec)).toBe(sounds);
    expect((pairs.collate([0, 1]).second as Tensor).shape).toEqual([2, 1024]);
  });
});

it('differs in its fingerprint with either side and their order', async () => {
  const [a, b] = [await side('print/a', { 'a.png': 1 }), await side('print/b', { 'a.png': 2 })];
  const prints = [PairDataset.of(a, b), PairDataset.of(b, a), PairDataset.of(a, a)].map((pairs) => pairs.fingerprint);
  expect(new Set(prints).size).toBe(3);
  expect(PairDataset.of(a, b).fingerprint).toBe(prints[0]);
});

it('refuses positions out of range', async () => {
  const one = await side('range', { 'a.png': 1 });
  expect(() => PairDataset.of(one, one).collate([1])).toThrow('Expected positions from 0 to 0 for `indices`');
});

it('says what aligned sides look like', () => {
  const error = notAligned('Split-brain autoencoder');
  expect(error).toMatchObject({ code: 'DATA', remedy: expect.stringContaining('the same names') });
  expect(error.message).toContain('Split-brain autoencoder learns from aligned pairs');
});
