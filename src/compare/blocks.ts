import { splitByOwner } from '../data/split.js';
import { AutodidactError } from '../errors.js';

/** One repetition that all competitors go through alike. */
export interface Block {
  name: string;
  /** Of networks, the order of samples, the choice of labels and its validation folds. */
  seed: number;
  /** Positions in the training samples: what is pretrained on, and among which labels are chosen. */
  pool: Int32Array;
  /** Positions in the training samples that score, and take no part otherwise; null where the test samples score. */
  held: Int32Array | null;
}

/** Share of the labeled samples that score in a block, at most so many. */
export const SHARE = 0.2;
const MOST = 2000;
/** Far from the seeds of the blocks that choose. */
const FRESH = 10_000_000;

/**
 * The blocks that choose. Each holds out its own part of the labeled training samples, which differs from block to block: the scatter
 * over blocks is then that of everything, the choice of samples included.
 *
 * @param strata [count], class of each training sample, -1 where nothing is known of it
 * @param owners [count], what each sample is a part of, such as a document: its samples are held out together
 * @throws AutodidactError `DATA` when no sample can be held out
 */
export function choosingBlocks<Owner>(
  strata: Int32Array,
  count: number,
  seed: number,
  owners: readonly Owner[],
): Block[] {
  const labeled = strata.filter((stratum) => stratum >= 0).length;
  return Array.from({ length: count }, (_, i) => {
    const own = seed * 1000 + i;
    const { held } =
      labeled === 0
        ? { held: new Int32Array() }
        : splitByOwner(strata, owners, { fraction: Math.min(SHARE, MOST / labeled), seed: own });
    if (held.length === 0)
      throw new AutodidactError('DATA', 'No labeled sample can be held out: every class has a single one', {
        remedy: 'Label at least two samples of each class.',
      });
    return { name: String(i + 1), seed: own, pool: without(strata.length, held), held };
  });
}

/** The blocks that score on the test samples, with new seeds and choices of labels: nothing of them was seen before. */
export function freshBlocks(samples: number, count: number, seed: number): Block[] {
  const pool = Int32Array.from({ length: samples }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => ({
    name: `fresh-${i + 1}`,
    seed: FRESH + seed * 1000 + i,
    pool,
    held: null,
  }));
}

function without(count: number, left: Int32Array): Int32Array {
  const isLeft = new Uint8Array(count);
  for (const position of left) isLeft[position] = 1;
  return Int32Array.from({ length: count }, (_, i) => i).filter((i) => isLeft[i] === 0);
}
