import { describe, expect, it } from 'vitest';
import { Generator, ops, scope, tensor } from '../../engine/index.js';
import { clippedNce, positionsAt } from './clipped-nce.js';

const random = new Generator(3);

/** The same by loops over single numbers, from the paper's formula. */
function literal(sources: number[][], targets: number[][][], clip: number): { loss: number; penalty: number } {
  const size = sources[0]!.length;
  const positions = targets[0]![0]!.length;
  let [loss, penalty] = [0, 0];
  sources.forEach((source, i) => {
    const raw = targets.map((map) =>
      Array.from({ length: positions }, (_, p) => {
        const product = source.reduce((sum, value, c) => sum + value * map[c]![p]!, 0);
        return product / Math.sqrt(size);
      }),
    );
    for (const score of raw.flat()) penalty += (0.05 * score ** 2) / (sources.length * raw.flat().length);
    const scores = raw.map((row) => row.map((score) => clip * Math.tanh(score / clip)));
    const others = scores.flatMap((row, j) => (j === i ? [] : row)).reduce((sum, score) => sum + Math.exp(score), 0);
    for (const score of scores[i]!)
      loss -= Math.log(Math.exp(score) / (Math.exp(score) + others)) / (sources.length * positions);
  });
  return { loss, penalty };
}

describe('clippedNce', () => {
  it.each([
    [2, 3, 1, 20],
    [4, 6, 9, 20],
    [5, 2, 4, 1.5],
  ])('agrees with the formula, %i images, %i dimensions, %i positions, clip %d', (count, size, positions, clip) => {
    scope(() => {
      const sources = ops.randn([count, size], { generator: random }).mul(3);
      const targets = ops.randn([count, size, positions], { generator: random }).mul(3);
      const expected = literal(sources.toList() as number[][], targets.toList() as number[][][], clip);
      const { loss, penalty } = clippedNce(sources, targets, clip);
      expect(loss.item()).toBeCloseTo(expected.loss, 4);
      expect(penalty.item()).toBeCloseTo(expected.penalty, 4);
    });
  });

  it('starts at ln(1 + (B - 1) P) when nothing is known', () => {
    const { loss } = clippedNce(ops.zeros([8, 4]), ops.randn([8, 4, 49], { generator: random }), 20);
    expect(loss.item()).toBeCloseTo(Math.log(1 + 7 * 49), 5);
  });

  it('has no other position of the own image in a denominator', () => {
    // Image 0 has two positions; raising the score of one leaves the term of the other as it is.
    const sources = tensor([[1], [0]]);
    const term = (other: number): number => {
      const targets = tensor([[[0.5, other]], [[0, 0]]]); // (2, 1, 2)
      const positive = Math.tanh(0.5 / 20) * 20;
      const second = 20 * Math.tanh(other / 20);
      const { loss } = clippedNce(sources, targets, 20);
      // The loss is the mean of four terms; those of image 1 and of the second position are known in closed form.
      const own = (score: number): number => Math.log(Math.exp(score) + 2) - score;
      const ofImage1 = 2 * Math.log(1 + 2);
      return 4 * loss.item() - ofImage1 - own(second) - own(positive);
    };
    expect(term(0)).toBeCloseTo(0, 4);
    expect(term(7)).toBeCloseTo(0, 4);
  });

  it('clips scores softly, and the penalty sees them before', () => {
    const sources = ops.eye(2).mul(1000);
    const { loss, penalty } = clippedNce(sources, ops.eye(2).unsqueeze(2), 2);
    expect(loss.item()).toBeCloseTo(Math.log(1 + Math.exp(-2)), 4);
    expect(penalty.item()).toBeCloseTo((0.05 * (1000 / Math.sqrt(2)) ** 2) / 2, 0);
  });
});

it('takes the position that was drawn, row by row', () => {
  const maps = ops.arange(0, 2 * 3 * 2 * 2, 1, { dtype: 'float32' }).view([2, 3, 2, 2]);
  expect(positionsAt(maps, tensor([0.3, 0.99])).toList()).toEqual([
    [1, 5, 9],
    [15, 19, 23],
  ]);
});
