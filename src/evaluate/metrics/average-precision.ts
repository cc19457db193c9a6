/** What a ranking by score found, best first. Answers that do not count, such as those to difficult objects, are not in it. */
export interface Ranking {
  /** 1 where the answer at this rank is right, 0 where it is wrong. */
  readonly hits: ArrayLike<number>;
  /** How many right answers there are to find, at least 1. */
  readonly positives: number;
}

/**
 * Area under the envelope of precision over recall: at each recall the highest precision at this recall or a higher one. PASCAL VOC's
 * rule from 2010 on.
 *
 * Source: VOCdevkit, `VOCap.m`.
 */
export function areaUnderEnvelope({ hits, positives }: Ranking): number {
  let found = 0;
  for (let rank = 0; rank < hits.length; rank++) found += hits[rank]!;
  let highest = 0;
  let sum = 0;
  for (let rank = hits.length - 1; rank >= 0; rank--) {
    highest = Math.max(highest, found / (rank + 1));
    if (hits[rank] === 1) {
      sum += highest;
      found -= 1;
    }
  }
  return sum / positives;
}

/**
 * Mean over the recalls 0, 0.1, ..., 1 of the highest precision at this recall or a higher one. PASCAL VOC's rule until 2009. Whether a
 * recall is reached is decided in integers: a threshold of 3 * 0.1 misses a recall of exactly 3 in 10, as `np.arange` in ports does.
 *
 * Source: VOCdevkit 2007, `VOCevaldet.m`.
 */
export function elevenPoints({ hits, positives }: Ranking): number {
  const best = new Float64Array(11);
  let found = 0;
  for (let rank = 0; rank < hits.length; rank++) {
    found += hits[rank]!;
    const reached = Math.min(10, Math.floor((10 * found) / positives));
    best[reached] = Math.max(best[reached]!, found / (rank + 1));
  }
  for (let k = 9; k >= 0; k--) best[k] = Math.max(best[k]!, best[k + 1]!);
  return best.reduce((sum, value) => sum + value, 0) / 11;
}

/**
 * The same with the thresholds of `np.arange(0, 1.1, 0.1)`, three of which are a hair above 0.3, 0.6 and 0.7.
 *
 * Source: py-faster-rcnn, `voc_eval.py`; detectron2, `pascal_voc_evaluation.py`.
 */
export function portedElevenPoints({ hits, positives }: Ranking): number {
  let sum = 0;
  for (let k = 0; k <= 10; k++) {
    let [best, found] = [0, 0];
    for (let rank = 0; rank < hits.length; rank++) {
      found += hits[rank]!;
      if (found / positives >= k * 0.1) best = Math.max(best, found / (rank + 1));
    }
    sum += best / 11;
  }
  return sum;
}

/**
 * Mean over the recalls 0, 0.01, ..., 1 of the highest precision at this recall or a higher one, with the rounding of pycocotools.
 *
 * Source: pycocotools, `cocoeval.py`, `accumulate`.
 */
export function hundredAndOnePoints({ hits, positives }: Ranking): number {
  const count = hits.length;
  const precision = new Float64Array(count);
  const recall = new Float64Array(count);
  let found = 0;
  for (let rank = 0; rank < count; rank++) {
    found += hits[rank]!;
    recall[rank] = found / positives;
    precision[rank] = found / (rank + 1 + Number.EPSILON);
  }
  for (let rank = count - 1; rank > 0; rank--) precision[rank - 1] = Math.max(precision[rank - 1]!, precision[rank]!);
  let sum = 0;
  let rank = 0;
  for (let point = 0; point <= 100; point++) {
    while (rank < count && recall[rank]! < point * 0.01) rank++;
    if (rank === count) break;
    sum += precision[rank]!;
  }
  return sum / 101;
}

/**
 * Mean precision over the right answers, by scikit-learn's rule: the precision at each score is weighed by the recall that this score
 * adds, and answers of equal score stand together.
 *
 * @param scores of all samples, in any order
 * @param truth 1 for a positive, 0 for a negative
 * @returns NaN without a positive
 *
 * Source: scikit-learn, `average_precision_score`.
 */
export function stepwiseArea(scores: ArrayLike<number>, truth: ArrayLike<number>): number {
  const order = byFallingScore(scores);
  let found = 0;
  let before = 0;
  let sum = 0;
  for (let rank = 0; rank < order.length; rank++) {
    found += truth[order[rank]!]!;
    const isLastOfScore = rank + 1 === order.length || scores[order[rank + 1]!] !== scores[order[rank]!];
    if (!isLastOfScore) continue;
    sum += ((found - before) * found) / (rank + 1);
    before = found;
  }
  return sum / found;
}

/** Positions from the highest score to the lowest; equal scores stay in their order. */
export function byFallingScore(scores: ArrayLike<number>): Int32Array {
  const order = Int32Array.from({ length: scores.length }, (_, i) => i);
  return order.sort((a, b) => scores[b]! - scores[a]! || a - b);
}
