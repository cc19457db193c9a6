import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isOfNow, judge, type Result, SETTINGS, sourceOf, tableOf } from '../scripts/lib/acid.mjs';
import { temporaryFolder } from './support/tiny.js';

const run = (seed: number, margin: number) => ({
  ...{ date: '2026-01-01', machine: 'two cores', source: sourceOf('moco') },
  ...{ seed, setting: '1 thread', seconds: 1, figures: { 'k-NN': 0.5 + margin } },
  claims: [{ name: 'learns #1', value: 0.5 + margin, bound: 0.5, margin }],
});
const result = (...margins: number[]): Result => ({
  name: 'moco',
  runs: margins.map((margin, seed) => run(seed, margin)),
});

describe('the claims of several learning runs', () => {
  it('hold where every margin is positive and their mean exceeds what the spread explains', () => {
    // Mean .03, deviation .01: the interval begins at .03 - 2.920 * .01 / sqrt(3).
    const [judged] = judge(result(0.02, 0.03, 0.04));
    expect(judged!.least).toBeCloseTo(0.03 - (2.92 * 0.01) / Math.sqrt(3), 12);
    expect(judged!.holds).toBe(true);
  });

  it('do not hold with one run against them, with a wide spread, or with no number', () => {
    for (const margins of [
      [0.5, 0.5, -0.001],
      [0.001, 0.001, 0.5],
      [0.1, Number.NaN, 0.1],
    ])
      expect(judge(result(...margins))[0]!.holds).toBe(false);
  });

  it('of a run in which they were never made do not hold', () => {
    const some = result(0.1, 0.1, 0.1);
    some.runs[1]!.claims = [];
    expect(judge(some)[0]!.holds).toBe(false);
  });

  it('of a single run stand by its sign', () => {
    expect([0.1, -0.1].map((margin) => judge(result(margin))[0]!.holds)).toEqual([true, false]);
  });

  it('are printed with mean and spread, and the failing ones with their margins', () => {
    expect(tableOf([result(0.5, 0.5, -0.1)])).toBe(
      'moco: 0 of 1 claims hold over 3 runs\n  k-NN: 0.8000 ± 0.35\n  does not hold: learns #1; margins 0.500, 0.500, -0.100',
    );
  });

  it('come from one and two threads, with and without AVX-512, within three seeds', () => {
    const three = SETTINGS.slice(0, 3).map(({ environment }) => environment);
    expect(new Set(three.map(({ AUTODIDACT_THREADS }) => AUTODIDACT_THREADS))).toEqual(new Set(['1', '2']));
    expect(new Set(three.map(({ ONEDNN_MAX_CPU_ISA }) => ONEDNN_MAX_CPU_ISA))).toEqual(new Set([undefined, 'AVX2']));
  });
});

describe('the version of a learning run', () => {
  const folder = temporaryFolder();
  const files: Record<string, string> = {
    'one.acid.ts': "import { a } from './a.js';\n",
    'a.ts': "import { b } from './b.js';\nimport { z } from 'zod';\n",
    'b.ts': "import { a } from './a.js';\n",
    'c.ts': '',
  };
  const sourceWith = (changed: string | null): string => {
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, name), name === changed ? `${text}// changed` : text);
    return sourceOf('one', folder);
  };

  it('is that of its file and of all that it takes from the files beside it', () => {
    const source = sourceWith(null);
    for (const name of ['one.acid.ts', 'a.ts', 'b.ts']) expect(sourceWith(name)).not.toBe(source);
    expect(sourceWith('c.ts')).toBe(source);
  });

  it('is told of results that another one gave', () => {
    const [run] = result(0.1).runs;
    expect(isOfNow(result(0.1))).toBe(true);
    expect(isOfNow({ name: 'moco', runs: [run!, { ...run!, source: 'of before' }] })).toBe(false);
  });
});
