import { type Interval, LEVEL, moments, sampleError } from '../evaluate/intervals.js';
import { tQuantile, twoSidedP } from '../evaluate/student-t.js';
import { ERROR, selectionLevel } from './selection-level.js';

/** The scores of one competitor, one per block; all competitors have the same blocks in the same order. */
export interface Scored {
  name: string;
  scores: readonly number[];
}

export const OUTCOMES = ['worse', 'better', 'not worse by more than the margin', 'no difference can be shown'] as const;

/** What a comparison shows of a competitor beside the leader. */
export type Finding = (typeof OUTCOMES)[number];

/** A competitor beside the leader, over the same blocks. */
export interface Standing {
  name: string;
  mean: number;
  /** Sample standard deviation over the blocks; 0 for a single one. */
  std: number;
  /**
   * Leader minus this one, mean over the blocks, in the direction in which higher is better: negative only where the leader was settled
   * before.
   */
  difference: number;
  /** Of the difference, at `level`; null with one block, or without any scatter of a score that is no share. */
  interval: Interval | null;
  level: number;
  outcome: Finding;
  /**
   * Blocks with which a difference d of this size and scatter would be found four times out of five at this level: at least 16 sd^2 / d^2;
   * null for no difference and where there is no interval.
   */
  blocksNeeded: number | null;
}

export interface Ranking {
  leader: { name: string; mean: number; std: number };
  /** The others, best first. */
  others: Standing[];
  blocks: number;
  /** Whether each of the others is worse. */
  isClear: boolean;
}

export interface RankingOptions {
  better: 'higher' | 'lower';
  /** Largest loss that does not matter, in units of the score. */
  margin: number;
  /** Who is compared with the others, where that was settled by other blocks; by default the best of these. */
  leader?: string;
  /** Of a score that is a share: what it is a share of. Left out for any other score. */
  share?: Share;
}

export interface Share {
  /** Samples that score, over all blocks, each counted once. */
  samples: number;
  /** Whether the score is the share of samples that are right; it is not for average precision or a share of pixels. */
  isCount: boolean;
}

/** Scatter below this part of the scores is rounding. */
const ROUNDING = 1e-9;

/**
 * Ranks competitors that were measured in the same blocks, and says what can be told apart. Differences to the leader are taken inside
 * blocks; their intervals are Student's, at the levels of Holm's procedure (Holm 1979) over all comparisons with the leader, lowered for
 * the leader's being chosen by the same blocks (`selectionLevel`). Verdict and interval always agree. Whether one is worse by less than
 * the margin is a one-sided test of its own with Holm's procedure. A leader that was settled before needs no such care: the level is 5 %.
 *
 * Few blocks of few samples often have equal differences. This is no evidence that the difference is exact, so the standard error of a
 * share has a lower limit from the number of samples that score (`leastError`). Other scores without scatter show nothing.
 *
 * The order of the competitors changes nothing.
 */
export function rank(
  competitors: readonly Scored[],
  { better, margin, leader: settled, share }: RankingOptions,
): Ranking {
  const sign = better === 'higher' ? 1 : -1;
  const figures = competitors
    .map(({ name, scores }) => ({ name, scores, mean: moments(scores).mean, std: Math.sqrt(moments(scores).variance) }))
    .sort((a, b) => sign * (b.mean - a.mean) || (a.name < b.name ? -1 : 1))
    .sort((a, b) => Number(b.name === settled) - Number(a.name === settled));
  const [leader, ...rest] = figures;
  if (leader === undefined) throw new RangeError('a ranking needs at least one competitor');
  const blocks = leader.scores.length;
  const compared = rest.map(({ name, scores, mean, std }) => {
    const found = moments(scores.map((score, b) => sign * (leader.scores[b]! - score)));
    const rounding = ROUNDING * Math.max(...scores.map(Math.abs), ...leader.scores.map(Math.abs));
    const difference = Math.abs(found.mean) > rounding ? found.mean : 0;
    const deviation = Math.sqrt(found.variance);
    const scattered = deviation > rounding ? deviation / Math.sqrt(blocks) : 0;
    const error = share === undefined ? scattered : Math.max(scattered, leastError(difference, share));
    return { name, mean, std, difference, error };
  });
  const df = blocks - 1;
  const apart = holm(
    compared.map(({ difference, error }) => (error > 0 && df > 0 ? twoSidedP(Math.abs(difference) / error, df) : 1)),
    // Among the comparisons that are left, the leader is the best of one competitor more.
    (comparisons) => (settled !== undefined ? 1 - LEVEL : df > 0 ? selectionLevel(comparisons + 1, blocks) : ERROR),
  );
  const within = holm(
    compared.map(({ difference, error }) => (error > 0 && df > 0 ? oneSidedP((margin - difference) / error, df) : 1)),
    () => 1 - LEVEL,
  );
  const others = compared.map(({ name, mean, std, difference, error }, i): Standing => {
    const { level, isShown } = apart[i]!;
    const half = error > 0 && df > 0 ? tQuantile(1 - level, df) * error : null;
    return {
      ...{ name, mean, std, difference, level: 1 - level },
      interval: half === null ? null : [difference - half, difference + half],
      outcome: isShown ? (difference > 0 ? 'worse' : 'better') : within[i]!.isShown ? OUTCOMES[2] : OUTCOMES[3],
      blocksNeeded: half === null ? null : needed(Math.abs(difference), error * Math.sqrt(blocks), level),
    };
  });
  return {
    leader: { name: leader.name, mean: leader.mean, std: leader.std },
    ...{ others, blocks, isClear: others.every(({ outcome }) => outcome === 'worse') },
  };
}

/** Those whose mean is that of the leader. */
export const tied = ({ others }: Ranking): Standing[] => others.filter(({ difference }) => difference === 0);

/**
 * Holm's procedure: the level at which each hypothesis was tested, and whether it was rejected.
 * @param alpha the error rate of a family of so many hypotheses
 */
export function holm(
  pValues: readonly number[],
  alpha: (hypotheses: number) => number,
): { level: number; isShown: boolean }[] {
  const result = pValues.map(() => ({ level: 0, isShown: false }));
  let isShown = true;
  let level = 0;
  for (const [rank, i] of [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!).entries()) {
    if (isShown) {
      const left = pValues.length - rank;
      level = alpha(left) / left;
      isShown = pValues[i]! < level;
    }
    result[i] = { level, isShown };
  }
  return result;
}

/** Probability of a larger t. */
function oneSidedP(t: number, df: number): number {
  return t > 0 ? twoSidedP(t, df) / 2 : 1 - twoSidedP(t, df) / 2;
}

/** The normal quantile that is exceeded one time in five. */
const POWER = 0.8416212335729143;
/** Beyond, nobody cares for the last digits. */
const MOST_EXACT = 1e6;

function needed(difference: number, deviation: number, level: number): number | null {
  if (difference === 0) return null;
  const ratio = (deviation / difference) ** 2;
  // What is asked for falls with the number of blocks: the first number that reaches it is found by halving.
  const asked = (count: number) => (tQuantile(1 - level, count - 1) + POWER) ** 2 * ratio;
  let low = Math.max(2, Math.ceil(16 * ratio));
  if (low > MOST_EXACT) return low;
  let high = Math.max(low, Math.ceil(asked(low)));
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (middle < asked(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The least standard error of a difference d between two shares. For counts at least a share |d| of the samples is right for one
 * competitor and wrong for the other, and the error is least where no other sample is. For other shares it is that of equal ones, about
 * 1 / m: the weight of one sample.
 */
function leastError(difference: number, { samples, isCount }: Share): number {
  return sampleError(isCount ? Math.min(1, Math.abs(difference)) : 0, samples);
}
