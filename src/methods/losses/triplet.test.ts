import { expect, it } from 'vitest';
import { Generator, ops, tensor } from '../../engine/index.js';
import { tripletLoss } from './triplet.js';

const [anchors, positives] = [1, 2].map((seed) => ops.randn([5, 4], { generator: new Generator(seed) }));

it('is the hinge of the cosines with the own positive and with that of the next row', () => {
  const [a, p] = [anchors!.toList(), positives!.toList()] as [number[][], number[][]];
  const dot = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const distance = (x: number[], y: number[]): number => 1 - dot(x, y) / (Math.hypot(...x) * Math.hypot(...y));
  const pairs = a.map((row, i) => [distance(row, p[i]!), distance(row, p[(i + 1) % 5]!)] as const);
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const { loss, accuracy } = tripletLoss(anchors!, positives!, 0.5);
  expect(loss.item()).toBeCloseTo(mean(pairs.map(([own, other]) => Math.max(0, own - other + 0.5))), 5);
  expect(accuracy.item()).toBeCloseTo(mean(pairs.map(([own, other]) => (own < other ? 1 : 0))), 6);
});

it('is the margin when all vectors are the same, and 0 when negatives are far enough', () => {
  const same = tensor([1, 2]).view([1, 2]).expand([3, 2]);
  expect(tripletLoss(same, same, 0.3).loss.item()).toBeCloseTo(0.3, 6);
  const apart = ops.eye(3);
  expect(tripletLoss(apart, apart, 0.9).loss.item()).toBe(0);
  expect(tripletLoss(apart, apart, 1.2).loss.item()).toBeCloseTo(0.2, 5);
});
