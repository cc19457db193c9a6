/**
 * The share of each image method's training step that making the views takes: ResNet-18 as published on images of 3x64x64, 32 to
 * a step, with the method's options for small images, in the precision that a run takes by itself; methods that need a
 * transformer have the smallest. Every method of the registry
 * is measured, in a process of its own. Run it with `npm run bench views` on an idle machine.
 *
 *   npm run bench views -- [method ...]    measures only these, and keeps nothing
 */
import { findMethod, methods } from '../src/methods/registry.js';
import { ours, printRows, type Row, report } from './lib/run.js';

/** At most this share of a step, or `REASONS` says why not. */
const LIMIT = 0.15;
const CONFIG = { width: 64, size: 64, batch: 32, threads: 2, warmup: 1, steps: 4 };

/** Why the views of these methods take more than their limit. */
const REASONS: Readonly<Record<string, string>> = {};

interface Measured {
  /** Medians over the steps, in seconds. */
  views: number;
  step: number;
  precision: string;
}

const named = process.argv.slice(2).map((name) => findMethod(name).name);
const all = methods.filter(({ modalities }) => modalities[0] === 'image').map(({ name }) => name);
const rows: Row[] = [];
const raw: Record<string, Measured> = {};
let precision = '';
for (const name of named.length > 0 ? named : all) {
  const measured = ours<Measured>('views.ts', { ...CONFIG, method: name });
  const share = measured.views / measured.step;
  const isMet = share <= LIMIT;
  precision = measured.precision;
  raw[name] = measured;
  rows.push({
    what: name,
    measured: `${percent(share)} (${milliseconds(measured.views)} of ${milliseconds(measured.step)})`,
    target: `<= ${percent(LIMIT)}`,
    isMet,
    ...(isMet ? {} : { reason: REASONS[name] ?? 'not explained' }),
  });
}
if (named.length > 0) printRows(rows);
else
  report(
    'views',
    `Views: their share of each method's training step on ResNet-18, 32 images of 3x64x64, ${precision}`,
    rows,
    raw,
  );
const unexplained = Object.keys(raw).filter((name) => raw[name]!.views / raw[name]!.step > LIMIT && !REASONS[name]);
if (unexplained.length > 0) {
  process.stderr.write(`Above ${percent(LIMIT)} without a reason in REASONS: ${unexplained.join(', ')}\n`);
  process.exitCode = 1;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

function milliseconds(seconds: number): string {
  return `${Number((1000 * seconds).toPrecision(3))} ms`;
}
