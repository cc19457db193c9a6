/**
 * What a learning run claims, with the margin by which it holds. `npm run acid` gathers the margins of several seeds and judges
 * them together; a file that is run by vitest alone fails on the first margin that is not positive.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'vitest';

/** One comparison of a run. */
export interface Claim {
  /** The test that it stands in, and its number there. */
  name: string;
  value: number;
  bound: number;
  /** Positive where the claim holds, in the units of the value. */
  margin: number;
}

/** Tells the runs of one file apart: the seed of networks, order, augmentation and generated data. */
export const SEED = Number(process.env.AUTODIDACT_ACID_SEED ?? 0);

/** The file that the runner reads; undefined without it. */
const RECORD = process.env.AUTODIDACT_ACID_RECORD;

const claims: Claim[] = [];

/** Compares a measured value with a bound, which may be another measured value. */
export function claim(value: number | undefined) {
  const record = (bound: number | undefined, margin: (value: number, bound: number) => number): void => {
    const [one, other] = [value ?? Number.NaN, bound ?? Number.NaN];
    const test = expect.getState().currentTestName ?? 'a claim outside of tests';
    const count = claims.filter(({ name }) => name.startsWith(`${test} #`)).length;
    const made = { name: `${test} #${count + 1}`, value: one, bound: other, margin: margin(one, other) };
    claims.push(made);
    if (RECORD === undefined) expect.soft(made.margin, `${made.value} beside ${made.bound}`).toBeGreaterThan(0);
  };
  return {
    isAbove: (bound: number | undefined) => record(bound, (one, other) => one - other),
    isBelow: (bound: number | undefined) => record(bound, (one, other) => other - one),
    /** Within `tolerance` of the bound. */
    isNear: (bound: number, tolerance: number) => record(bound, (one, other) => tolerance - Math.abs(one - other)),
  };
}

/** Prints the measured figures, and hands them with the claims to the runner. Called once, when all tests of the file are done. */
export function keepResult(name: string, figures: Readonly<Record<string, number>>): void {
  const rounded = Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, rounding(value)]));
  for (const [key, value] of Object.entries(rounded)) process.stdout.write(`  ${key}: ${value}\n`);
  if (RECORD === undefined) return;
  mkdirSync(dirname(RECORD), { recursive: true });
  writeFileSync(RECORD, JSON.stringify({ name, figures: rounded, claims }));
}

function rounding(value: number): number {
  return Number(value.toPrecision(4));
}
