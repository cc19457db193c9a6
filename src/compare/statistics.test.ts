import { describe, expect, test } from 'vitest';
import { Prng } from '../data/prng.js';
import { sampleError } from '../evaluate/intervals.js';
import { ERROR, selectionLevel } from './selection-level.js';
import { holm, OUTCOMES, rank, type Scored } from './statistics.js';

const options = { better: 'higher', margin: 0.01 } as const;

/** Scores of deviation 1 that share a part of each block; the first competitor is better by `planted`. */
function table(prng: Prng, competitors: number, blocks: number, planted = 0): Scored[] {
  const common = Array.from({ length: blocks }, () => 5 * prng.normal());
  return Array.from({ length: competitors }, (_, i) => ({
    name: `method ${i}`,
    scores: common.map((block) => block + prng.normal() + (i === 0 ? planted : 0)),
  }));
}

/** The shares of samples that are right, of which each is with this probability. */
function counts(prng: Prng, probabilities: readonly number[], blocks: number, samples: number): Scored[] {
  const right = (p: number) => Array.from({ length: samples }, () => prng.uniform()).filter((u) => u < p).length;
  return probabilities.map((p, i) => ({
    name: `method ${i}`,
    scores: Array.from({ length: blocks }, () => right(p) / samples),
  }));
}

const share = (count: number, body: () => boolean) =>
  Array.from({ length: count }, body).filter(Boolean).length / count;

describe('of 200 simulated tables', () => {
  test.each([3, 5, 8, 10])('eight equal methods show no difference in at least 95 percent: %i blocks', (blocks) => {
    const prng = new Prng(7, blocks);
    const quiet = share(200, () =>
      rank(table(prng, 8, blocks), options).others.every(({ outcome }) => outcome !== 'worse'),
    );
    expect(quiet).toBeGreaterThanOrEqual(0.95);
  });

  test.each([
    [2, 9],
    [2, 14],
    [2, 40],
    [2, 100],
    [4, 40],
    [8, 100],
  ])('eight equal methods are not told apart by counts of few samples: %i blocks of %i', (blocks, samples) => {
    const options = { better: 'higher', margin: 0.01, share: { samples: blocks * samples, isCount: true } } as const;
    const prng = new Prng(21, blocks, samples);
    const tables = Array.from({ length: 200 }, (_, i) => {
      const probability = [0.1, 0.6, 0.95][i % 3]!;
      return rank(counts(prng, Array(8).fill(probability), blocks, samples), options).others;
    });
    const quiet = tables.filter((others) => others.every(({ outcome }) => outcome !== 'worse'));
    expect(quiet.length / 200).toBeGreaterThanOrEqual(0.95);
    // One point cannot be seen in few samples.
    const alike = tables.filter((others) => others.some(({ outcome }) => outcome === OUTCOMES[2]));
    expect(alike).toEqual([]);
  });

  test.each([
    [3, 400],
    [5, 40],
    [8, 14],
  ])('a large difference between counts is found in at least 90 percent: %i blocks of %i', (blocks, samples) => {
    const options = { better: 'higher', margin: 0.01, share: { samples: blocks * samples, isCount: true } } as const;
    const prng = new Prng(22, blocks, samples);
    const found = share(200, () => {
      const scored = counts(prng, [0.9, ...Array<number>(7).fill(0.5)], blocks, samples);
      const { leader, isClear } = rank(scored, options);
      return isClear && leader.name === 'method 0';
    });
    expect(found).toBeGreaterThanOrEqual(0.9);
  });

  test('a method that is three deviations better wins in at least 80 % with 8 blocks', () => {
    const prng = new Prng(8);
    const found = share(200, () => {
      const { leader, isClear } = rank(table(prng, 8, 8, 3), options);
      return isClear && leader.name === 'method 0';
    });
    expect(found).toBeGreaterThanOrEqual(0.8);
  });

  // The control: an interval that ignores how few the blocks are tells equal methods apart.
  test('intervals by percentile bootstrap over blocks would find differences in most', () => {
    const prng = new Prng(9);
    const quiet = share(200, () => {
      const scored = table(prng, 8, 3);
      const { leader, others } = rank(scored, options);
      const scoresOf = (wanted: string) => scored.find(({ name }) => name === wanted)!.scores;
      return others.every(({ name }) => {
        const differences = scoresOf(leader.name).map((score, b) => score - scoresOf(name)[b]!);
        const means = Array.from({ length: 400 }, () => {
          const draw = differences.map(() => differences[prng.below(3)]!);
          return draw.reduce((sum, value) => sum + value, 0) / 3;
        }).sort((a, b) => a - b);
        return means[Math.floor(0.025 * 400)]! <= 0;
      });
    });
    expect(quiet).toBeLessThan(0.5);
  });
});

test('the level is that of a single test for two competitors, and lower the more there are to choose the leader from', () => {
  expect(selectionLevel(2, 5)).toBe(ERROR);
  const levels = [3, 5, 8, 12].map((competitors) => selectionLevel(competitors, 5));
  expect([...levels].sort((a, b) => b - a)).toEqual(levels);
  expect(levels[0]).toBeLessThan(ERROR);
  expect(levels.at(-1)).toBeGreaterThan(0.002);
  expect(selectionLevel(8, 5)).toBe(selectionLevel(8, 5));
});

test('two competitors: the paired interval of Student, by hand', () => {
  // Differences 2, 3, 4, 5: mean 3.5, deviation 1.2909944, t(0.9875, 3) = 4.1765349.
  const { leader, others, isClear } = rank(
    [
      { name: 'low', scores: [10, 20, 30, 40] },
      { name: 'high', scores: [12, 23, 34, 45] },
    ],
    options,
  );
  const [other] = others;
  expect(leader).toEqual({ name: 'high', mean: 28.5, std: Math.sqrt((16.5 ** 2 + 5.5 ** 2) * (2 / 3)) });
  const half = (4.176534846 * Math.sqrt(5 / 3)) / 2;
  expect(other!.difference).toBeCloseTo(3.5, 12);
  expect(other!.interval![0]).toBeCloseTo(3.5 - half, 9);
  expect(other!.interval![1]).toBeCloseTo(3.5 + half, 9);
  expect(other!.outcome).toBe('worse');
  expect(isClear).toBe(true);
  // 16 * (5 / 3) / 12.25 = 2.18, but three blocks at this level would have to reach (6.205 + 0.84)^2 * 0.136 = 6.7.
  expect(other!.blocksNeeded).toBe(4);
});

test('blocks that are needed grow with the square of scatter over difference, and find it four times out of five', () => {
  const scored = (shift: number) => [
    { name: 'a', scores: [0, 1, 2, 3, 4, 5, 6, 7].map((score) => score + shift) },
    { name: 'b', scores: [1, 0, 3, 2, 5, 4, 7, 6] },
  ];
  const { blocksNeeded } = rank(scored(0.4), options).others[0]!;
  // Deviation 1.069, so 16 * 1.143 / 0.16 = 114.3.
  expect(blocksNeeded).toBe(115);
  expect(rank(scored(0.2), options).others[0]!.blocksNeeded).toBe(458);
  const prng = new Prng(4);
  const found = share(100, () => {
    const table = Array.from({ length: 115 }, () => 0.4 + 1.069 * prng.normal());
    const zeros = table.map(() => 0);
    return rank(
      [
        { name: 'a', scores: table },
        { name: 'b', scores: zeros },
      ],
      options,
    ).isClear;
  });
  expect(found).toBeGreaterThan(0.7);
});

test('a leader that was settled before is compared at the usual level, also where it is behind', () => {
  const scored = [
    { name: 'a', scores: [1, 2, 3.2, 4] },
    { name: 'b', scores: [3, 4, 5, 6.1] },
    { name: 'c', scores: [1.1, 1.9, 3.3, 3.9] },
  ];
  const { leader, others, isClear } = rank(scored, { ...options, leader: 'a' });
  expect([leader.name, isClear]).toEqual(['a', false]);
  expect(others.map(({ name }) => name)).toEqual(['b', 'c']);
  expect(others[0]).toMatchObject({ outcome: 'better', level: 1 - 0.05 / 2 });
  expect(others[0]!.difference).toBeCloseTo(-1.975, 12);
  expect(others[1]!.outcome).toBe('no difference can be shown');
});

test('where lower is better the signs turn', () => {
  const scored = [
    { name: 'a', scores: [1, 2, 3] },
    { name: 'b', scores: [1.5, 2.6, 3.4] },
  ];
  const { leader, others } = rank(scored, { ...options, better: 'lower' });
  expect(leader.name).toBe('a');
  expect(others[0]!.difference).toBeCloseTo(0.5, 12);
});

test('the order of the competitors changes nothing, also between equal means', () => {
  const prng = new Prng(3);
  const scored = [
    ...table(prng, 5, 4, 1),
    { name: 'aaa', scores: [1, 2, 3, 4] },
    { name: 'bbb', scores: [4, 3, 2, 1] },
  ];
  const expected = rank(scored, options);
  for (let i = 0; i < 5; i++) expect(rank(prng.shuffle([...scored]) as Scored[], options)).toEqual(expected);
});

test('a level close enough is said: not worse by more than the margin', () => {
  const scores = [0.5, 0.6, 0.7, 0.8, 0.9];
  const close = scores.map((score, i) => score - 0.001 * (i % 2));
  const scored = [
    { name: 'a', scores },
    { name: 'b', scores: close },
  ];
  expect(rank(scored, options).others[0]!.outcome).toBe('not worse by more than the margin');
  expect(rank(scored, { ...options, margin: 0.0005 }).others[0]!.outcome).toBe('no difference can be shown');
});

test('the same scores, one block, and differences without scatter show nothing', () => {
  const outcomeOf = (a: number[], b: number[]) =>
    rank(
      [
        { name: 'a', scores: a },
        { name: 'b', scores: b },
      ],
      options,
    ).others[0]!;
  const nothing = { outcome: 'no difference can be shown', interval: null, blocksNeeded: null };
  expect(outcomeOf([1, 2, 3], [1, 2, 3])).toMatchObject({ ...nothing, difference: 0 });
  expect(outcomeOf([1], [0])).toMatchObject(nothing);
  expect(outcomeOf([2, 3, 4], [1, 2, 3])).toMatchObject(nothing);
  // Equal but for rounding: 0.9 - 0.8 is not 0.8 - 0.7, and 0.1 + 0.2 + 0.3 depends on the order.
  expect(outcomeOf([0.9, 0.8, 0.7], [0.8, 0.7, 0.6])).toMatchObject(nothing);
  expect(outcomeOf([0.1, 0.2, 0.3], [0.3, 0.1, 0.2])).toMatchObject({ difference: 0, blocksNeeded: null });
});

test('a share without scatter has the interval that its samples leave, as its verdict', () => {
  const judged = (a: number[], b: number[], samples: number, isCount = true) =>
    rank(
      [
        { name: 'a', scores: a },
        { name: 'b', scores: b },
      ],
      { ...options, share: { samples, isCount } },
    ).others[0]!;
  // 3 of 14 in both blocks: 7 of 30 by Laplace, and t(0.975, 1) = 25.45 at a level of 2.5 %.
  const few = judged([10 / 14, 9 / 14], [7 / 14, 6 / 14], 28);
  const half = 25.4517 * Math.sqrt(((7 / 30) * (23 / 30)) / 28);
  expect(few.outcome).toBe('no difference can be shown');
  expect(few.interval![0]).toBeCloseTo(3 / 14 - half, 4);
  expect(few.interval![1]).toBeCloseTo(3 / 14 + half, 4);
  const all = [1, 1, 1, 1, 1];
  const none = all.map(() => 0);
  expect(judged(all, none, 50).outcome).toBe('worse');
  // Equality needs as many samples as a difference: none of m that differ may be 3 / m.
  expect(judged(all, all, 50)).toMatchObject({ difference: 0, outcome: 'no difference can be shown' });
  expect(judged(all, all, 500).outcome).toBe('not worse by more than the margin');
  expect(judged(none, none, 50).outcome).toBe('no difference can be shown');
  // Pixels are no count of samples: the weight of one sample is the limit.
  const [high, low] = [all.map((_, i) => 0.6 + 0.1 * i), all.map((_, i) => 0.4 + 0.1 * i)];
  expect(judged(high, low, 50).outcome).toBe('no difference can be shown');
  expect(judged(high, low, 50, false).outcome).toBe('worse');
});

test("Holm's procedure stops at the first that is not shown", () => {
  expect(holm([0.01, 0.04, 0.03], () => 0.05).map(({ isShown }) => isShown)).toEqual([true, false, false]);
  expect(holm([0.01, 0.04, 0.03], () => 0.05).map(({ level }) => level)).toEqual([0.05 / 3, 0.025, 0.025]);
  expect(holm([0.001, 0.02, 0.04], () => 0.05).map(({ isShown }) => isShown)).toEqual([true, true, true]);
  expect(holm([], () => 0.05)).toEqual([]);
});

test('the error that a finite number of samples leaves in a share', () => {
  expect(sampleError(0.5, 100)).toBeCloseTo(0.05, 12);
  // 101 of 102: all of a hundred is not all.
  expect(sampleError(1, 100)).toBeCloseTo(Math.sqrt(101 / 102 ** 2 / 100), 12);
  expect(sampleError(0, 100)).toBeCloseTo(sampleError(1, 100), 12);
});
