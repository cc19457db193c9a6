import { groupBy } from '../data/groups.js';
import { LEVEL, moments, sampleError } from './intervals.js';
import type { Comparison, EncoderKind, Verdict } from './result.js';
import { tQuantile, twoSidedP } from './student-t.js';

/** The score of one encoder in one cell of the table with one seed. */
export interface Measured {
  encoder: EncoderKind;
  protocol: string;
  labels: string;
  seed: number;
  score: number;
  /** See `Figures.values`. */
  values: Float64Array;
}

/** Scatter below this part of a difference is rounding. */
const ROUNDING = 1e-9;

/** What is known of a difference before several of them are looked at together. */
interface Difference {
  difference: number;
  /** Standard error, and its degrees of freedom. */
  error: number;
  df: number;
  errors: Comparison['errors'];
  seeds: number;
}

/**
 * The difference of two encoders over the seeds that both have. Seeds (choices of labels, random networks) and test samples are
 * crossed: its variance has a part from each, estimated from the paired differences as in an analysis of variance with two random
 * factors, with Satterthwaite's degrees of freedom. Three seeds therefore give a wide interval where the seeds differ. With one
 * seed only the test samples are accounted for.
 */
export function difference(own: readonly Measured[], others: readonly Measured[]): Difference | null {
  const pairs = own.flatMap((measured) => {
    const other = others.find(({ seed }) => seed === measured.seed);
    return other === undefined ? [] : [[measured, other] as const];
  });
  const seeds = pairs.length;
  if (seeds === 0) return null;
  const rows = pairs.map(([a, b]) => a.values.map((value, i) => value - b.values[i]!)); // seeds x samples
  const samples = rows[0]!.length;
  const bySeed = rows.map((row) => moments(row).mean);
  const bySample = rows[0]!.map((_, i) => moments(rows.map((row) => row[i]!)).mean);
  const { mean } = moments(bySeed);
  const ofSeeds = moments(bySeed).variance / seeds;
  const ofSamples = moments(bySample).variance / samples;
  let residual = 0;
  for (const [s, row] of rows.entries())
    for (let i = 0; i < samples; i++) residual += (row[i]! - bySeed[s]! - bySample[i]! + mean) ** 2;
  const freedom = (seeds - 1) * (samples - 1);
  // Both parts hold the scatter of single answers: counted once.
  const shared = freedom > 0 ? residual / freedom / (seeds * samples) : 0;
  const variance = Math.max(ofSeeds, ofSamples, ofSeeds + ofSamples - shared);
  const share = (part: number, df: number) => (df > 0 ? part ** 2 / df : 0);
  const spread = share(ofSeeds, seeds - 1) + share(ofSamples, samples - 1) + share(shared, freedom);
  // All right for one encoder and all wrong for the other: few samples without scatter are no exact difference either.
  const isCount = pairs.flat().every(({ values }) => values.every((value) => value === 0 || value === 1));
  const scatter = Math.sqrt(variance);
  const exact = isCount ? sampleError(Math.min(1, Math.abs(mean)), samples) : 0;
  return {
    difference: moments(pairs.map(([a, b]) => a.score - b.score)).mean,
    error: scatter > ROUNDING * Math.abs(mean) ? scatter : exact,
    df: spread > 0 ? variance ** 2 / spread : Math.max(1, samples - 1),
    errors: { seeds: seeds > 1 ? known(Math.sqrt(ofSeeds)) : null, samples: known(Math.sqrt(ofSamples)) },
    seeds,
  };
}

/** Null where leaving some samples out leaves nothing to score. */
const known = (error: number): number | null => (Number.isFinite(error) ? error : null);

/** Two-sided; 1 where the scatter is unknown: a difference without any scatter shows nothing of how far to trust it. */
function pValue({ difference: mean, error, df }: Difference): number {
  return error > 0 ? twoSidedP(mean / error, df) : 1;
}

/**
 * Compares an encoder with others under one protocol and amount of labels. The comparisons share an error rate of 5 %: Holm's
 * procedure, whose steps are also the levels of the intervals, so that verdict and interval always agree.
 */
export function compareWith(
  own: readonly Measured[],
  others: ReadonlyMap<EncoderKind, readonly Measured[]>,
  {
    metric,
    better,
    labels,
    protocol,
  }: { metric: string; better: 'higher' | 'lower'; labels: string; protocol: string },
): Comparison[] {
  const found = [...others].flatMap(([against, measured]) => {
    const known = difference(own, measured);
    return known === null ? [] : [{ against, ...known, p: pValue(known) }];
  });
  const levels = new Map<EncoderKind, { level: number; isShown: boolean }>();
  let isShown = true;
  let level = LEVEL;
  for (const [rank, { against, p }] of [...found].sort((a, b) => a.p - b.p).entries()) {
    if (isShown) {
      level = 1 - (1 - LEVEL) / (found.length - rank);
      isShown = p < 1 - level;
    }
    levels.set(against, { level, isShown });
  }
  return found.map(({ against, difference: mean, error, df, errors, seeds }) => {
    const { level, isShown } = levels.get(against)!;
    const half = error > 0 ? tQuantile(level, df) * error : mean === 0 ? 0 : null;
    return {
      ...{ protocol, labels, metric, encoder: own[0]!.encoder, against, difference: mean },
      interval: half === null ? null : [mean - half, mean + half],
      ...{ level, verdict: isShown ? verdictOf(mean, better) : VERDICT_NONE, errors, seeds },
    };
  });
}

const VERDICT_NONE: Verdict = 'no difference can be shown';

function verdictOf(difference: number, better: 'higher' | 'lower'): Verdict {
  return difference > 0 === (better === 'higher') ? 'better' : 'worse';
}

/**
 * All comparisons of a table: for each protocol and amount of labels the pretrained encoder with each baseline and, where a
 * baseline leads, that one with the other baselines. Training from scratch stands beside every protocol.
 */
export function compareAll(
  measured: readonly Measured[],
  { metric, better }: { metric: string; better: 'higher' | 'lower' },
): Comparison[] {
  const lines = new Map<string, { protocol: string; labels: string }>();
  for (const { protocol, labels } of measured)
    if (protocol !== 'supervised') lines.set(JSON.stringify([protocol, labels]), { protocol, labels });
  return [...lines.values()].flatMap((line) => {
    const own = measured.filter(
      ({ labels, protocol }) => labels === line.labels && [line.protocol, 'supervised'].includes(protocol),
    );
    const groups = groupBy(own, ({ encoder }) => encoder);
    const without = (...left: EncoderKind[]) => new Map([...groups].filter(([encoder]) => !left.includes(encoder)));
    const mean = (entries: readonly Measured[]) => moments(entries.map(({ score }) => score)).mean;
    const ranked = [...groups].sort(([, a], [, b]) => (better === 'higher' ? mean(b) - mean(a) : mean(a) - mean(b)));
    const [leader] = ranked[0]!;
    const pretrained = groups.get('pretrained');
    const about = { ...line, metric, better };
    return [
      ...(pretrained === undefined ? [] : compareWith(pretrained, without('pretrained'), about)),
      ...(leader === 'pretrained' ? [] : compareWith(groups.get(leader)!, without('pretrained', leader), about)),
    ];
  });
}
