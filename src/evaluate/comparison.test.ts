import { describe, expect, test } from 'vitest';
import { Prng } from '../data/prng.js';
import { compareAll, compareWith, difference, type Measured } from './comparison.js';
import type { EncoderKind } from './result.js';
import { tQuantile } from './student-t.js';

const cell = (encoder: EncoderKind, seed: number, values: number[], protocol = 'linear'): Measured => ({
  ...{ encoder, protocol, labels: '10%', seed, values: Float64Array.from(values) },
  score: values.reduce((sum, value) => sum + value, 0) / values.length,
});

const about = { metric: 'accuracy', better: 'higher', labels: '10%', protocol: 'linear' } as const;

test('one seed: the paired t interval over the test samples', () => {
  const own = [1, 1, 1, 0, 1, 1, 0, 1];
  const other = [1, 0, 1, 0, 0, 1, 1, 0];
  const [found] = compareWith([cell('pretrained', 0, own)], new Map([['random', [cell('random', 0, other)]]]), about);
  const differences = own.map((value, i) => value - other[i]!);
  const mean = differences.reduce((sum, value) => sum + value, 0) / 8;
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 7;
  const half = tQuantile(0.95, 7) * Math.sqrt(variance / 8);
  expect(found).toMatchObject({ difference: mean, level: 0.95, seeds: 1, errors: { seeds: null } });
  expect(found!.interval![0]).toBeCloseTo(mean - half, 12);
  expect(found!.interval![1]).toBeCloseTo(mean + half, 12);
  expect(found!.verdict).toBe('no difference can be shown');
});

test('samples without which nothing can be scored: no interval, no verdict, and no error that a file cannot hold', () => {
  const own = [0, 1].map((seed) => ({ ...cell('pretrained', seed, [1, Number.NaN, 1]), score: 0.9 }));
  const other = [0, 1].map((seed) => ({ ...cell('random', seed, [0, Number.NaN, 0]), score: 0.1 }));
  const [found] = compareWith(own, new Map([['random', other]]), about);
  expect(found!.difference).toBeCloseTo(0.8, 12);
  expect(found).toMatchObject({ interval: null, verdict: 'no difference can be shown' });
  expect(found!.errors).toEqual({ seeds: null, samples: null });
});

test('seeds that differ by themselves: the paired t interval over the seeds', () => {
  const differences = [0.1, 0.2, 0.6];
  const own = differences.map((value, seed) => cell('pretrained', seed, Array(50).fill(value)));
  const other = differences.map((_, seed) => cell('random', seed, Array(50).fill(0)));
  const [found] = compareWith(own, new Map([['random', other]]), about);
  const mean = 0.3;
  const half = tQuantile(0.95, 2) * Math.sqrt((0.04 + 0.01 + 0.09) / 2 / 3);
  expect(found!.interval![0]).toBeCloseTo(mean - half, 10);
  expect(found!.errors.samples).toBeCloseTo(0, 12);
  expect(found!.verdict).toBe('no difference can be shown');
});

test('the variance of crossed seeds and samples counts the scatter of single answers once', () => {
  const zeros = (count: number) => Array<number>(count).fill(0);
  const errorOf = (rows: number[][]) =>
    difference(
      rows.map((row, seed) => cell('pretrained', seed, row)),
      rows.map((row, seed) => cell('random', seed, zeros(row.length))),
    )!.error;
  // Sums of a seed's and a sample's part leave nothing to single answers: the variances of both means add up.
  const [seeds, samples] = [
    [0, 0.3, 0.6],
    [0, 0.2, 0.4, 1],
  ];
  const sums = seeds.map((seed) => samples.map((sample) => seed + sample));
  expect(errorOf(sums) ** 2).toBeCloseTo(0.09 / 3 + 0.56 / 3 / 4, 12);
  // By hand: seeds 1/81, samples 4/81, both with 2.5/81 of single answers; never less than one of the two.
  const mixed = [
    [1, 0, 0],
    [0, 1, 0],
    [1, 1, 0],
  ];
  expect(errorOf(mixed) ** 2).toBeCloseTo(4 / 81, 12);
  const crossed = [
    [4, 4, 2, 2],
    [0, 0, 0, 0],
    [2, 0, 0, 0],
  ];
  expect(errorOf(crossed) ** 2).toBeCloseTo(crossedVariance(crossed), 12);
});

/** The estimate from mean squares, as in a table of an analysis of variance. */
function crossedVariance(rows: number[][]): number {
  const [s, n] = [rows.length, rows[0]!.length];
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const all = mean(rows.flat());
  const square = (values: number[]) => values.reduce((sum, value) => sum + (value - all) ** 2, 0);
  const ofSeeds = n * square(rows.map(mean));
  const ofSamples = s * square(rows[0]!.map((_, i) => mean(rows.map((row) => row[i]!))));
  const rest = square(rows.flat()) - ofSeeds - ofSamples;
  return (ofSeeds / (s - 1) + ofSamples / (n - 1) - rest / ((s - 1) * (n - 1))) / (s * n);
}

test('the same samples count: what is paired shows a difference that independent samples would not', () => {
  const prng = new Prng(4);
  const base = Array.from({ length: 400 }, () => (prng.uniform() < 0.7 ? 1 : 0));
  // Right wherever the other is, and on one of twenty samples more.
  const better = base.map((value, i) => (i % 20 === 0 ? 1 : value));
  const seeds = [0, 1, 2];
  const own = seeds.map((seed) => cell('pretrained', seed, better));
  const paired = compareWith(own, new Map([['random', seeds.map((seed) => cell('random', seed, base))]]), about);
  expect(paired[0]!.verdict).toBe('better');
  const order = new Prng(5).permutation(400);
  const unpaired = seeds.map((seed) =>
    cell(
      'random',
      seed,
      Array.from(order, (i) => base[i]!),
    ),
  );
  expect(compareWith(own, new Map([['random', unpaired]]), about)[0]!.verdict).toBe('no difference can be shown');
});

test('a score of which less is better turns the verdict', () => {
  const own = [cell('pretrained', 0, [1, 1.1, 0.9, 1])];
  const other = new Map([['random', [cell('random', 0, [3, 3, 3.1, 2.9])]]] as const);
  expect(compareWith(own, other, about)[0]).toMatchObject({ verdict: 'worse', difference: expect.closeTo(-2, 10) });
  expect(compareWith(own, other, { ...about, better: 'lower' })[0]!.verdict).toBe('better');
});

test('a difference without any scatter shows nothing but of counts, which have the error that their samples leave', () => {
  const compared = (own: number, other: number, samples: number) =>
    compareWith(
      [cell('pretrained', 0, Array(samples).fill(own))],
      new Map([['random', [cell('random', 0, Array(samples).fill(other))]]]),
      about,
    )[0]!;
  expect(compared(0.7, 0.4, 10)).toMatchObject({ interval: null, verdict: 'no difference can be shown' });
  expect(compared(1, 0, 2).verdict).toBe('no difference can be shown');
  const { interval, verdict } = compared(1, 0, 10);
  // All of 10 are 11 of 12 by Laplace; t(0.975, 9) = 2.262.
  expect(verdict).toBe('better');
  expect(interval![0]).toBeCloseTo(1 - 2.2622 * Math.sqrt(11 / 144 / 10), 3);
  expect(compared(1, 1, 10).interval![1]).toBeGreaterThan(0.1);
});

test('several baselines share the error rate: levels by rank, as in the procedure of Holm', () => {
  const values = (mean: number) => Array.from({ length: 40 }, (_, i) => mean + (i % 2 === 0 ? 1 : -1));
  const own = [
    cell(
      'pretrained',
      0,
      values(0).map(() => 0),
    ),
  ];
  const others = new Map<EncoderKind, Measured[]>([
    ['random', [cell('random', 0, values(-0.33))]],
    ['data-dependent', [cell('data-dependent', 0, values(-2))]],
    ['supervised', [cell('supervised', 0, values(-0.35))]],
  ]);
  const found = compareWith(own, others, about);
  // p: random .043, supervised .032, data-dependent far below. Alone each would pass; the second of three needs .025.
  expect(found.map(({ against, level, verdict }) => [against, Number(level.toFixed(4)), verdict])).toEqual([
    ['random', 0.975, 'no difference can be shown'],
    ['data-dependent', 0.9833, 'better'],
    ['supervised', 0.975, 'no difference can be shown'],
  ]);
  for (const { interval, verdict } of found)
    expect(interval![0] > 0 || interval![1] < 0).toBe(verdict !== 'no difference can be shown');
});

test('every line is compared, training from scratch on each; a baseline that leads also with the others', () => {
  const wave = (mean: number, phase: number) => Array.from({ length: 60 }, (_, i) => mean + 0.1 * Math.sin(i * phase));
  const measured = [0, 1, 2].flatMap((seed) => [
    cell('pretrained', seed, wave(0.5, 1)),
    cell('pretrained', seed, wave(0.9, 1), 'knn'),
    cell('random', seed, wave(0.4, 2)),
    cell('random', seed, wave(0.3, 2), 'knn'),
    cell('supervised', seed, wave(0.8, 3), 'supervised'),
  ]);
  const found = compareAll(measured, about).map(
    ({ protocol, encoder, against, verdict }) => `${protocol}: ${encoder} ${verdict} ${against}`,
  );
  expect(found).toEqual([
    'linear: pretrained better random',
    'linear: pretrained worse supervised',
    'linear: supervised better random',
    'knn: pretrained better random',
    'knn: pretrained better supervised',
  ]);
});

describe('simulated tables of equal encoders', () => {
  /** Share of tables in which a difference is shown, and in which an interval over the samples of each seed would show it. */
  function falseAlarms(tables: number): { ours: number; pooled: number } {
    const prng = new Prng(11);
    const [seeds, samples] = [3, 80];
    let [ours, pooled] = [0, 0];
    for (let table = 0; table < tables; table++) {
      const ofSample = Array.from({ length: samples }, () => 0.5 * prng.normal());
      const side = (encoder: EncoderKind) =>
        Array.from({ length: seeds }, (_, seed) => {
          const ofSeed = 0.3 * prng.normal();
          return cell(
            encoder,
            seed,
            ofSample.map((value) => value + ofSeed + prng.normal()),
          );
        });
      const [own, other] = [side('pretrained'), side('random')];
      if (compareWith(own, new Map([['random', other]]), about)[0]!.verdict !== 'no difference can be shown') ours += 1;
      const all = own.flatMap(({ values }, seed) => [...values].map((value, i) => value - other[seed]!.values[i]!));
      const flat = compareWith(
        [cell('pretrained', 0, all)],
        new Map([
          [
            'random',
            [
              cell(
                'random',
                0,
                all.map(() => 0),
              ),
            ],
          ],
        ]),
        about,
      );
      if (flat[0]!.verdict !== 'no difference can be shown') pooled += 1;
    }
    return { ours: ours / tables, pooled: pooled / tables };
  }

  test('at most one in twenty shows a difference; control: taking all answers as independent shows many', () => {
    const { ours, pooled } = falseAlarms(1000);
    expect(ours).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 1000));
    expect(pooled).toBeGreaterThan(0.2);
  });
});
