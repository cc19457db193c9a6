import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../../engine/index.js';
import { reconstructionShare } from './reconstruction-share.js';

describe('reconstructionShare', () => {
  it('is the mean distance to the own reconstruction over that to the one before', () => {
    const [x, y] = [1, 2].map((seed) => ops.rand([4, 3, 2, 2], { generator: new Generator(seed) })) as [Tensor, Tensor];
    const [a, b] = [x.flatten(1).toList(), y.flatten(1).toList()] as [number[][], number[][]];
    const distance = (i: number, k: number): number => Math.hypot(...a[i]!.map((value, j) => value - b[k]![j]!));
    const [own, other] = [0, 1, 2, 3].reduce(
      ([p, q], i) => [p! + distance(i, i), q! + distance((i + 1) % 4, i)],
      [0, 0],
    );
    expect(reconstructionShare(x, y).item()).toBeCloseTo(own! / other!, 5);
  });

  it('is 0 for perfect copies and 1 for one picture for all', () => {
    const x = tensor([[[[0]]], [[[1]]], [[[3]]]]);
    expect(reconstructionShare(x, x).item()).toBe(0);
    expect(reconstructionShare(x, ops.full([3, 1, 1, 1], 0.7)).item()).toBeCloseTo(1, 6);
  });
});
