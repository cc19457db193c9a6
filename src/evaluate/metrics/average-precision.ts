import { expected } from '../../errors.js';

/** `11-points` is PASCAL VOC's rule of 2007, `area` that of 2010 and later. */
export type VocRule = '11-points' | 'area';

/**
 * PASCAL VOC's average precision of a ranked list of answers.
 *
 * `11-points`: mean over the recalls 0, 0.1, ..., 1 of the highest precision at no less recall, decided in whole numbers: a recall of
 * exactly 3 of 10 reaches 0.3, which scripts that compare rounded numbers miss. `area`: the area under the precision that never rises.
 *
 * @param isHit whether each answer is right, best first; answers that count neither way are left out before
 * @param positives number of objects, at least 1
 * @throws AutodidactError `USAGE` for no objects, or more hits than objects
 *
 * Source: the development kit of PASCAL VOC, VOCevaldet.m and VOCap.m.
 */
export function vocAveragePrecision(isHit: readonly boolean[], positives: number, rule: VocRule): number {
  const hits = isHit.filter(Boolean).length;
  if (!(Number.isInteger(positives) && positives >= Math.max(1, hits)))
    throw expected(`a whole number from ${Math.max(1, hits)}`, 'positives', positives);
  const points: { hits: number; precision: number }[] = [];
  let found = 0;
  for (const [i, hit] of isHit.entries()) if (hit) points.push({ hits: ++found, precision: found / (i + 1) });
  // The highest precision from each hit on.
  let highest = 0;
  for (const point of points.toReversed()) {
    highest = Math.max(highest, point.precision);
    point.precision = highest;
  }
  if (rule === 'area') return points.reduce((sum, { precision }) => sum + precision, 0) / positives;
  let sum = 0;
  for (let tenth = 0; tenth <= 10; tenth++)
    sum += points.find((point) => 10 * point.hits >= tenth * positives)?.precision ?? 0;
  return sum / 11;
}

/** A label that counts neither way, such as PASCAL VOC's difficult objects. */
export const UNDECIDED = 255;

/**
 * Average precision of scores: the sum over thresholds of precision times the gain in recall, without smoothing. Equal scores are one
 * threshold, so that their order says nothing.
 *
 * @param scores [N]
 * @param labels [N]: 1 where the label holds, 0 where not, `UNDECIDED` where it does not count
 * @returns NaN where the label holds nowhere
 *
 * Source: scikit-learn's `average_precision_score`.
 */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  if (scores.length !== labels.length)
    throw expected(`${scores.length} labels`, 'labels', labels.length, { code: 'SHAPE' });
  const order = Array.from({ length: scores.length }, (_, i) => i)
    .filter((i) => labels[i] !== UNDECIDED)
    .sort((a, b) => scores[b]! - scores[a]!);
  const positives = order.filter((i) => labels[i] === 1).length;
  if (positives === 0) return Number.NaN;
  let [hits, seen, sum] = [0, 0, 0];
  for (let from = 0; from < order.length; from = seen) {
    const before = hits;
    while (seen < order.length && scores[order[seen]!] === scores[order[from]!])
      if (labels[order[seen++]!] === 1) hits++;
    sum += ((hits - before) / positives) * (hits / seen);
  }
  return sum;
}

/**
 * Mean of `averagePrecision` over the labels that hold somewhere, for samples that may have several labels each.
 *
 * @param scores one row per sample, one column per label
 * @param labels the same form, see `averagePrecision`
 */
export function meanAveragePrecision(
  scores: readonly ArrayLike<number>[],
  labels: readonly ArrayLike<number>[],
): { mean: number; perLabel: number[] } {
  const columns = scores[0]?.length ?? 0;
  const perLabel = Array.from({ length: columns }, (_, c) =>
    averagePrecision(
      scores.map((row) => row[c]!),
      labels.map((row) => row[c]!),
    ),
  );
  const known = perLabel.filter((value) => !Number.isNaN(value));
  return { mean: known.reduce((sum, value) => sum + value, 0) / known.length, perLabel };
}
