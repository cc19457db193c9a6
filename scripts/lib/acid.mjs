/**
 * What several runs of a learning run say together.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './setup.mjs';

/** @typedef {import('./acid.d.mts').Result} Result */

/** oneDNN and PyTorch's own kernels are held to the instructions that a processor without AVX-512 has. */
const WITHOUT_AVX512 = { ONEDNN_MAX_CPU_ISA: 'AVX2', ATEN_CPU_CAPABILITY: 'avx2' };

/**
 * In what surroundings the runs stand, in turn by their seeds.
 *
 * @type {typeof import('./acid.d.mts').SETTINGS}
 */
export const SETTINGS = [
  { words: '1 thread', environment: { AUTODIDACT_THREADS: '1' } },
  { words: '1 thread, without AVX-512', environment: { AUTODIDACT_THREADS: '1', ...WITHOUT_AVX512 } },
  { words: '2 threads', environment: { AUTODIDACT_THREADS: '2' } },
  { words: '2 threads, without AVX-512', environment: { AUTODIDACT_THREADS: '2', ...WITHOUT_AVX512 } },
];

/** One-sided 95 % quantiles of Student's t by degrees of freedom, from 1; more runs take the last. */
const STUDENT = [6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833];

/**
 * A claim holds when its margin is positive in every run and the one-sided 95 % interval of the mean margin leaves out 0. Of a
 * single run only the first can be said.
 *
 * @param {Result} result
 * @returns {import('./acid.d.mts').Judged[]}
 */
export function judge({ runs }) {
  const names = [...new Set(runs.flatMap(({ claims }) => claims.map(({ name }) => name)))];
  return names.map((name) => {
    const margins = runs.map(({ claims }) => claims.find((claim) => claim.name === name)?.margin ?? Number.NaN);
    const { mean, deviation } = spread(margins);
    const quantile = STUDENT[Math.min(margins.length - 1, STUDENT.length) - 1] ?? 0;
    const least = margins.length === 1 ? mean : mean - (quantile * deviation) / Math.sqrt(margins.length);
    return { name, margins, mean, deviation, least, holds: margins.every((margin) => margin > 0) && least > 0 };
  });
}

/** Mean and sample deviation, 0 for a single value. @param {readonly number[]} values */
export function spread(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/**
 * Tells the versions of a learning run apart: a hash of its file and of what it takes from the files beside it. The library has no part in
 * it, or each of its changes would cost a night.
 *
 * @param {string} name @param {string} [folder] of the learning runs
 */
export function sourceOf(name, folder = join(ROOT, 'tests', 'acid')) {
  const hash = createHash('sha256');
  const files = [`${name}.acid.ts`];
  // The list grows while it is read.
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    hash.update(text);
    for (const [, imported] of text.matchAll(/from '\.\/([\w-]+)\.js'/g))
      if (!files.includes(`${imported}.ts`)) files.push(`${imported}.ts`);
  }
  return hash.digest('hex').slice(0, 12);
}

/** Whether every run is of the learning run as it stands. @param {Result} result */
export function isOfNow({ name, runs }) {
  const source = sourceOf(name);
  return runs.every((run) => run.source === source);
}

/** Figures with mean and spread, then the claims that do not hold. A result without claims says nothing. @param {readonly Result[]} results */
export function tableOf(results) {
  return results
    .flatMap((result) => {
      const judged = judge(result);
      const failing = judged.filter(({ holds }) => !holds);
      const names = [...new Set(result.runs.flatMap(({ figures }) => Object.keys(figures)))];
      return [
        `${result.name}: ${judged.length - failing.length} of ${judged.length} claims hold over ${result.runs.length} runs`,
        ...names.map((name) => {
          const { mean, deviation } = spread(result.runs.map(({ figures }) => figures[name] ?? Number.NaN));
          return `  ${name}: ${mean.toPrecision(4)} ± ${deviation.toPrecision(2)}`;
        }),
        ...failing.map(
          ({ name, margins }) => `  does not hold: ${name}; margins ${margins.map((m) => m.toPrecision(3)).join(', ')}`,
        ),
      ];
    })
    .join('\n');
}
