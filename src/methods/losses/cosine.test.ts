import { expect, it } from 'vitest';
import { autocast, ops, type Tensor, tensor } from '../../engine/index.js';
import { cosineMatrix, cosines } from './cosine.js';

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = a.reduce((sum, value, k) => sum + value * b[k]!, 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
};
const rows = (x: Tensor): number[][] => x.toList() as number[][];

it('is the cosine of rows, whatever their lengths: row by row, or of every row with every other', () => {
  const [first, second] = [ops.randn([4, 6]).mul(30), ops.randn([4, 6])];
  const [a, b] = [rows(first), rows(second)];
  const byRow = cosines(first, second).toNumbers();
  const all = rows(cosineMatrix(first, second.narrow(0, 0, 3)));
  for (let i = 0; i < 4; i++) {
    expect(byRow[i]).toBeCloseTo(cosine(a[i]!, b[i]!), 5);
    for (let j = 0; j < 3; j++) expect(all[i]![j]).toBeCloseTo(cosine(a[i]!, b[j]!), 5);
  }
});

it('is computed in float32 inside autocast', () => {
  const [first, second] = [tensor([[1, 2, 3]]), tensor([[3, 1, 1]])];
  const inside = autocast('cpu', 'bfloat16', () => cosines(first.to('bfloat16'), second.to('bfloat16')));
  expect(inside.dtype).toBe('float32');
  expect(inside.item()).toBe(cosines(first, second).item());
});
