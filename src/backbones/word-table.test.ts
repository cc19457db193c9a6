import { describe, expect, it } from 'vitest';
import { memory, ops, scope, tensor } from '../engine/index.js';
import { createBackbone } from './registry.js';
import type { WordTable } from './word-table.js';

const make = (width?: number): WordTable =>
  createBackbone('word-table', {
    ...{ inputChannels: 1, imageSize: 4, length: 4, vocabulary: 5 },
    ...(width === undefined ? {} : { width }),
  }) as WordTable;
const ids = (rows: number[][]) => tensor(rows, { dtype: 'int64' });

describe('WordTable', () => {
  it('gives a text the mean of the vectors of its words; entry 0 does not count', () => {
    const backbone = make(2);
    backbone.words.weight.detach().copy_(
      tensor([
        [100, 100],
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ]),
    );
    const features = backbone.features(
      ids([
        [1, 2, 0, 0],
        [0, 4, 4, 1],
        [0, 0, 0, 0],
      ]),
    );
    expect(features.toList()).toEqual([
      [2, 3],
      [5, 6],
      [0, 0],
    ]);
  });

  it('gives the vector of each word as a map of one row', () => {
    const backbone = make(3);
    const maps = backbone.maps(ids([[1, 0, 4, 2]]));
    expect(maps.shape).toEqual([1, 3, 1, 4]);
    const columns = maps.select(0, 0).select(1, 0).t();
    expect(columns.select(0, 0).equal(backbone.words.weight.select(0, 1))).toBe(true);
    expect(columns.select(0, 1).abs().amax().item()).toBe(0);
  });

  it('starts uniform within half of 1 / D, 100 numbers per word', () => {
    const { weight } = make().words;
    expect(weight.shape).toEqual([5, 100]);
    const largest = weight.abs().amax().item();
    expect(largest).toBeLessThanOrEqual(0.005);
    expect(largest).toBeGreaterThan(0.0045);
    expect(Math.abs(weight.mean([]).item())).toBeLessThan(0.0005);
  });

  it('refuses anything but numbers of words, a layer that it does not have, and no vocabulary', () => {
    expect(() => make(2).features(ops.ones([1, 4]))).toThrow(/int64 \(N, T\)/);
    expect(() => make(2).features(ids([[1]]), 'conv1')).toThrow(/one of words/);
    expect(() => createBackbone('word-table', { inputChannels: 1, imageSize: 4 })).toThrow(/vocabulary/);
  });

  it('leaves nothing behind', () => {
    const backbone = make(2);
    const words = ids([[1, 2, 3, 4]]);
    const before = memory().tensors;
    scope(() => {
      backbone.features(words);
      backbone.maps(words);
    });
    expect(memory().tensors).toBe(before);
  });
});
