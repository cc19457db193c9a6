import { expect, it } from 'vitest';
import { manualSeed, ops, type Tensor, tensor } from '../../engine/index.js';
import { BatchNorm } from '../../engine/nn/index.js';
import { inNormGroups } from './norm-groups.js';

const norm = (groups: number, x: Tensor): number[] => {
  const layer = new BatchNorm(x.size(1), { affine: false });
  return inNormGroups(x, groups, (part) => layer.forward(part)).toNumbers();
};

it('normalizes each part by its own statistics', () => {
  manualSeed(0);
  const x = ops.randn([12, 3]);
  const apart = x.chunk(3, 0).flatMap((part) => norm(1, part));
  expect(norm(3, x)).toEqual(apart);
  expect(norm(1, x)).not.toEqual(apart);
});

it('keeps other parts out of a result: a change in one does not reach the others', () => {
  const x = ops.randn([8, 2]);
  const before = norm(2, x);
  const changed = ops.cat([x.narrow(0, 0, 4), x.narrow(0, 4, 4).mul(3).add(1)], 0);
  expect(norm(2, changed).slice(0, 8)).toEqual(before.slice(0, 8));
  expect(norm(1, changed).slice(0, 8)).not.toEqual(norm(1, x).slice(0, 8));
});

it.each([
  [10, 4, [2, 3, 2, 3]],
  [5, 8, [2, 3]],
  [3, 8, [3]],
  [1, 8, [1]],
  [16, 8, [2, 2, 2, 2, 2, 2, 2, 2]],
])('cuts %i samples into at most %i parts of at least two', (count, groups, sizes) => {
  const seen: number[] = [];
  const x = ops.arange(0, count, 1, { dtype: 'float32' }).reshape([count, 1]);
  const result = inNormGroups(x, groups, (part) => {
    seen.push(part.size(0));
    return part;
  });
  expect(seen).toEqual(sizes);
  expect(result.toNumbers()).toEqual(x.toNumbers());
});

it('shuffles the samples among the parts and brings the results back into their order', () => {
  const seen: number[][] = [];
  const x = tensor([0, 1, 2, 3, 4, 5], { shape: [6, 1, 1, 1] });
  const order = tensor([3, 0, 5, 1, 4, 2], { dtype: 'int64' });
  const result = inNormGroups(
    x,
    3,
    (part) => {
      seen.push(part.toNumbers());
      return part.mul(10);
    },
    order,
  );
  expect(seen).toEqual([
    [3, 0],
    [5, 1],
    [4, 2],
  ]);
  expect(result.toNumbers()).toEqual([0, 10, 20, 30, 40, 50]);
});
