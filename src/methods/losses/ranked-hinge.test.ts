import { describe, expect, it } from 'vitest';
import { Generator, gradientsOf, ops, type Tensor, tensor } from '../../engine/index.js';
import { chooseNegatives, cosinesOf, firstWithLast, type NegativeRule, rankedHinge } from './ranked-hinge.js';

/** The choice and the sum of the reference code, literally: shuffling is drawing in the order of given numbers. */
function literal(cosines: number[][], videos: number[], draws: number[][][], rule: NegativeRule) {
  const { margin, negatives, hard } = rule;
  const distance = cosines.map((row) => row.map((value) => -value));
  const mask = cosines.filter((_, i) => i % 2 === 0).map((row) => row.map(() => 0));
  let loss = 0;
  for (let i = 0; i < cosines.length; i += 2) {
    const pair = i / 2;
    let found: [number, number][] = [];
    for (let j = 0; j < cosines.length; j++) {
      if (videos[j] === videos[i]) continue;
      if (Math.max(0, distance[i]![i + 1]! - distance[i]![j]! + margin) === 0) continue;
      found.push([distance[i]![j]!, j]);
    }
    found = found.sort(([a, j], [b, k]) => a - b || j - k);
    const shuffled = (items: number[], k: number) =>
      items.sort((one, other) => draws[k]![pair]![one]! - draws[k]![pair]![other]!);
    const places = found.map(([, j]) => j);
    const near = shuffled(places.slice(0, negatives), 0);
    const chosen =
      places.length <= negatives
        ? places
        : [
            ...near.slice(0, hard),
            ...shuffled([...places.slice(negatives), ...near.slice(hard)], 1).slice(0, negatives - hard),
          ];
    for (const j of chosen) {
      mask[pair]![j] = 1;
      const own = distance[i]![i + 1]!;
      loss += Math.max(0, own - distance[i]![j]! + margin) + Math.max(0, own - distance[i + 1]![j]! + margin);
    }
  }
  return { mask, loss: loss / (negatives * cosines.length) };
}

/** Three pairs: the last two of one video. From the first pair, two items are as near. */
const COSINES = [
  [1, 0.75, 0.5, 0.25, 0.5, 0],
  [0.75, 1, 0.25, 0.5, 0.375, 0.125],
  [0.5, 0.25, 1, 0.25, 0.875, 0.5],
  [0.25, 0.5, 0.25, 1, 0.5, 0.75],
  [0.5, 0.375, 0.875, 0.5, 1, 0.5],
  [0, 0.125, 0.5, 0.75, 0.5, 1],
];
const VIDEOS = [0, 0, 1, 1, 1, 1];

const drawsFor = (pairs: number, seed = 1): Tensor =>
  ops.rand([2, pairs, 2 * pairs], { generator: new Generator(seed) });
const numbers = (mask: Tensor): number[][] => mask.to('int64').toList() as number[][];
const videosOf = (values: readonly number[]): Tensor => tensor(Int32Array.from(values)).to('int64');
const maskOf = (cosines: Tensor, videos: readonly number[], draws: Tensor, rule: NegativeRule): number[][] =>
  numbers(chooseNegatives(cosines, videosOf(videos), draws, rule));

describe('negatives of a pair', () => {
  const cosines = tensor(COSINES.flat(), { shape: [6, 6] });
  const draws = drawsFor(3);

  it('are the nearest of other videos whose hinge is above 0, and of equal ones the earlier', () => {
    // With a margin of 0.5, the first pair asks for cosines above 0.25: the item of 0.25 costs nothing.
    expect(maskOf(cosines, VIDEOS, draws, { margin: 0.5, negatives: 4, hard: 2 })[0]).toEqual([0, 0, 1, 0, 1, 0]);
    expect(maskOf(cosines, VIDEOS, draws, { margin: 0.5, negatives: 1, hard: 1 })[0]).toEqual([0, 0, 1, 0, 0, 0]);
    expect(maskOf(cosines, VIDEOS, draws, { margin: 1, negatives: 3, hard: 3 })[0]).toEqual([0, 0, 1, 1, 1, 0]);
    // The nearest to the second pair is of its own video, which leaves the first pair; so does the third.
    const rule = { margin: 1, negatives: 1, hard: 1 };
    expect(maskOf(cosines, VIDEOS, draws, rule).slice(1)).toEqual([
      [1, 0, 0, 0, 0, 0],
      [1, 0, 0, 0, 0, 0],
    ]);
  });

  it('are drawn from the nearest, and then from all others with those that were not drawn', () => {
    // Each pair a video of its own: four candidates for each.
    const videos = [0, 0, 1, 1, 2, 2];
    const seen = new Map<string, number>();
    for (let seed = 0; seed < 600; seed++) {
      const [row] = maskOf(cosines, videos, drawsFor(3, seed), { margin: 1, negatives: 2, hard: 1 });
      const key = row!.join('');
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    // One of the nearest two (2 and 4), and one of the three that are left: 2 and 4 together in 1 of 3 draws, the others in 1 of 6.
    expect([...seen.keys()].sort()).toEqual(['000011', '000110', '001001', '001010', '001100']);
    expect(seen.get('001010')! / 600).toBeCloseTo(1 / 3, 1);
    for (const key of ['000011', '000110', '001001', '001100']) expect(seen.get(key)! / 600).toBeCloseTo(1 / 6, 1);
  });

  it('are those of the reference code on random cosines, also where few are left', () => {
    for (let seed = 0; seed < 30; seed++) {
      const pairs = 2 + (seed % 7);
      const random = new Generator(seed);
      const features = ops.rand([2 * pairs, 3], { generator: random }).sub(seed % 2 === 0 ? 0.5 : 0);
      const all = cosinesOf(features);
      const videos = Array.from({ length: 2 * pairs }, (_, i) => (i >> 1) % Math.max(2, pairs - 2));
      const own = drawsFor(pairs, seed);
      const rule = { margin: [0.1, 0.5, 1][seed % 3]!, negatives: 1 + (seed % 4), hard: seed % 2 };
      const expected = literal(all.toList() as number[][], videos, own.toList() as number[][][], rule);
      const mask = chooseNegatives(all, videosOf(videos), own, rule);
      expect(numbers(mask)).toEqual(expected.mask);
      expect(rankedHinge(all, mask, rule).item()).toBeCloseTo(expected.loss, 5);
    }
  });
});

describe('the loss', () => {
  const rule = { margin: 0.5, negatives: 4, hard: 2 };
  const videos = videosOf([0, 0, 1, 1, 2, 2, 3, 3]);
  const lossOf = (features: Tensor, own: NegativeRule = rule): Tensor => {
    const cosines = cosinesOf(features);
    return rankedHinge(cosines, chooseNegatives(cosines, videos, drawsFor(4), own), own);
  };

  it.each([0.5, 1])('is the margin when all features are the same, margin %d', (margin) => {
    expect(lossOf(ops.ones([8, 5]), { ...rule, margin }).item()).toBeCloseTo(margin, 5);
  });

  it('is 0 and has no gradient when every hinge is 0', () => {
    const apart = ops.eye(4, { dtype: 'float32' }).unsqueeze(1).expand([4, 2, 4]).flatten(0, 1).clone();
    apart.requiresGrad = true;
    const loss = lossOf(apart);
    expect(loss.item()).toBe(0);
    expect(gradientsOf([loss], [apart])[0]!.abs().sum().item()).toBe(0);
  });

  it('is divided by all negatives that there might be, however few there are', () => {
    const same = ops.ones([8, 5]);
    const cosines = cosinesOf(same);
    const two = videosOf([0, 0, 1, 1, 0, 0, 0, 0]);
    const mask = chooseNegatives(cosines, two, drawsFor(4), rule);
    // Three pairs have two negatives each, one has four of six.
    expect(mask.to('float32').sum().item()).toBe(10);
    expect(rankedHinge(cosines, mask, rule).item()).toBeCloseTo((0.5 * 10) / 16, 5);
  });

  it('has finite gradients where features are 0', () => {
    const features = ops.zeros([8, 5], { dtype: 'float32' });
    features.requiresGrad = true;
    const [gradient] = gradientsOf([lossOf(features)], [features]);
    expect(gradient!.isfinite().all().item()).toBeTruthy();
  });
});

it('compares first with last patches', () => {
  const cosines = tensor(COSINES.flat(), { shape: [6, 6] });
  expect(firstWithLast(cosines).toList()).toEqual([
    [0.75, 0.25, 0],
    [0.25, 0.25, 0.5],
    [0.375, 0.5, 0.5],
  ]);
});
