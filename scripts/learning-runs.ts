/** What the learning runs (`npm run acid`) measured, in the words of the documentation; see pages.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isOfNow, type Judged, judge, type Result, spread } from './lib/acid.mjs';
import { markdownTable } from './markdown-table.js';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

const RESULTS = path('benchmarks/results/acid');

/** The names of all kept results, in order. */
export function keptRuns(): string[] {
  return readdirSync(RESULTS)
    .map((file) => file.replace('.json', ''))
    .sort();
}

export function keptRun(name: string): Result {
  return JSON.parse(readFileSync(`${RESULTS}/${name}.json`, 'utf8')) as Result;
}

/** Figures with mean and sample deviation over the runs, how they were made, and whether the claims hold. */
export function learningRun(result: Result): string {
  const { runs } = result;
  const title = runs.length > 1 ? 'mean ± deviation' : 'measured';
  const rows = figuresOf(result).map(({ what, shown }) => [what, shown]);
  const table = markdownTable([`\`npm run acid ${result.name}\``, title], rows, ['left', 'right']);
  return `${table}\n\n${sentences(result)}`;
}

function sentences(result: Result): string {
  const { runs } = result;
  const settings = runs.map(({ seed, setting }) => `${seed} (${setting})`);
  const when = period(runs.map(({ date }) => date));
  return [
    `${runs.length > 1 ? `${runs.length} runs, seeds` : 'One run, seed'} ${settings.join(', ')}; ${when}.`,
    claims(result),
    ...(isOfNow(result) ? [] : ['**Measured by an earlier form of the run.**']),
  ].join(' ');
}

/** The first and the last of some dates, or the one that all are. */
export function period(dates: readonly string[]): string {
  const sorted = [...dates].sort();
  return [...new Set([sorted[0], sorted.at(-1)])].join(' to ');
}

/** How many claims hold, and the names of those that do not, or that hold in every run by less than the spread of the runs explains. */
export function claims(result: Result): string {
  const judged = judge(result);
  if (judged.length === 0) return '**The run claims nothing.**';
  const failing = judged.filter(({ holds }) => !holds);
  if (failing.length === 0) return judged.length === 1 ? 'Its claim holds.' : `All ${judged.length} claims hold.`;
  const isNarrow = ({ margins }: Judged): boolean => margins.every((margin) => margin > 0);
  const named = (which: Judged[]): string => which.map(({ name }) => name.replace(/ #\d+$/, '')).join('; ');
  const [narrow, broken] = [failing.filter(isNarrow), failing.filter((claim) => !isNarrow(claim))];
  return [
    `${judged.length - failing.length} of ${judged.length} claims hold`,
    ...(broken.length > 0 ? [`**these do not: ${named(broken)}**`] : []),
    ...(narrow.length > 0
      ? [`in each of ${result.runs.length} runs, but by less than their spread explains: ${named(narrow)}`]
      : []),
  ]
    .join('; ')
    .concat('.');
}

/** Every figure of a result in words: the mean with three significant digits, at most four decimals, and the deviation over the runs. */
export function figuresOf({ runs }: Result): { what: string; shown: string }[] {
  return Object.keys(runs[0]!.figures).map((what) => ({
    what,
    shown: shown(runs.map(({ figures }) => figures[what] ?? Number.NaN)),
  }));
}

/** Mean and, of several values, sample deviation; in % with `asShare`. */
export function shown(values: readonly number[], asShare = false): string {
  const factor = asShare ? 100 : 1;
  const { mean, deviation } = spread(values.map((value) => factor * value));
  const digits = asShare ? 1 : significant(mean, deviation);
  const unit = asShare ? ' %' : '';
  return `${mean.toFixed(digits)}${values.length > 1 ? ` ± ${deviation.toFixed(digits)}` : ''}${unit}`;
}

/** Decimals that show three significant digits of the mean, at most four. */
function significant(mean: number, deviation: number): number {
  const size = Math.max(Math.abs(mean), deviation, 1e-4);
  return Math.min(4, Math.max(0, 2 - Math.floor(Math.log10(size))));
}
