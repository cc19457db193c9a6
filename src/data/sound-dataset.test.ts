import { beforeAll, describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { memory, scope, tensor } from '../engine/index.js';
import { openImages } from './open.js';
import { openSounds } from './open-sounds.js';
import { type SoundDataset, toWaves } from './sound-dataset.js';
import { counting, putWave } from './waves.test-util.js';

const at = temporaryFolder();
const LENGTH = 40;
const SOUNDS = ['train/a', 'train/b', 'test/a', 'test/b'].flatMap((folder) => [`${folder}/1.wav`, `${folder}/2.wav`]);
let dataset: SoundDataset;

/** Sound i counts from 100 i, in the order of the ids. */
beforeAll(async () => {
  for (const [i, id] of [...SOUNDS].sort().entries()) putWave(at('set', id), counting(LENGTH, 100 * i));
  dataset = await openSounds(at('set'), { cacheFolder: at('cache') });
});

const firsts = (set: SoundDataset, indices = [...Array(set.count).keys()]): number[] =>
  scope(() => set.collate(indices).select(1, 0).toNumbers());

describe('SoundDataset', () => {
  it('describes itself', () => {
    expect(dataset.spec).toEqual({ modality: 'sound', rate: 8000, length: LENGTH });
    expect(JSON.parse(JSON.stringify(dataset.spec))).toEqual(dataset.spec);
    expect(dataset).toMatchObject({ name: 'set', plural: 'sounds', count: 8, note: null });
    expect(dataset.describe()).toBe('set: 8 sounds of 40 samples, 0.01 s at 8,000 Hz, 2 classes');
    expect(dataset.summary()).toMatchObject({
      perClass: { a: 4, b: 4 },
      splits: { train: 4, val: 0, test: 4, none: 0 },
      targets: ['classes'],
    });
  });

  it('gathers copies in the order asked, repetitions too', () => {
    scope(() => {
      const samples = dataset.collate([7, 0, 3, 0]);
      expect([samples.dtype, samples.shape]).toEqual(['int16', [4, LENGTH]]);
      expect(samples.toList()).toEqual([700, 0, 300, 0].map((start) => [...counting(LENGTH, start)]));
      samples.fill_(-1);
      expect(firsts(dataset, [7, 0])).toEqual([700, 0]);
    });
    const before = memory().tensors;
    firsts(dataset);
    expect(memory().tensors).toBe(before);
  });

  it('refuses positions that are not there', () => {
    for (const index of [8, -1, 0.5])
      expect(() => dataset.collate([0, index])).toThrow(
        `Expected positions from 0 to 7 for \`indices\`, received ${index}`,
      );
  });

  it('has subsets of subsets, with their labels, sides and fingerprints', () => {
    const some = dataset.subset([6, 1, 4]);
    expect(firsts(some)).toEqual([600, 100, 400]);
    expect(some.ids).toEqual([6, 1, 4].map((i) => [...SOUNDS].sort()[i]));
    expect([...some.labels!]).toEqual([6, 1, 4].map((i) => dataset.labels![i]));
    const one = some.subset([2, 0]);
    expect(firsts(one)).toEqual([400, 600]);
    expect(one.spec).toEqual(dataset.spec);
    const prints = [dataset, some, one, dataset.subset([4, 6])].map(({ fingerprint }) => fingerprint);
    expect(new Set(prints).size).toBe(4);
    expect(dataset.subset([6, 1, 4]).fingerprint).toBe(some.fingerprint);
  });

  it('has sides, parts and other labels over the same samples', () => {
    const test = dataset.only('test');
    expect(firsts(test)).toEqual([0, 100, 200, 300]);
    expect(() => dataset.only('val')).toThrow(/^set has no val sounds/);
    const { kept, held } = dataset.holdOut(0.5, 3);
    expect([...firsts(kept), ...firsts(held)].sort((a, b) => a - b)).toEqual(firsts(dataset));
    expect([...held.labels!].sort()).toEqual([0, 0, 1, 1]);
    const named = test.withLabels(['x', 'y'], Int32Array.of(1, -1, 0, 1));
    expect(firsts(named)).toEqual(firsts(test));
    expect(named.labeled().ids).toEqual([0, 2, 3].map((i) => test.ids[i]));
    expect(() => test.withLabels(['x'], Int32Array.of(0))).toThrow(/4 labels/);
  });

  it('is not taken for images', async () => {
    expect(dataset.seenBy({ modality: 'image' })).toBeNull();
    expect(dataset.seenBy(dataset.spec)).toBe(dataset);
    put(at('pictures', 'x.txt'), '');
    await expect(openImages(at('set'), { cacheFolder: at('cache') })).rejects.toMatchObject({ code: 'DATA' });
  });
});

it('takes full scale as 1', () => {
  const waves = toWaves(tensor(Int16Array.of(-32_768, 0, 8192, 32_767), { shape: [2, 2] }));
  expect([waves.dtype, waves.toList()]).toEqual([
    'float32',
    [
      [-1, 0],
      [0.25, 32_767 / 32_768],
    ],
  ]);
});
