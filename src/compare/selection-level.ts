import { Prng } from '../data/prng.js';
import { twoSidedP } from '../evaluate/student-t.js';

/** Share of the tables in which equal competitors may be told apart. */
export const ERROR = 0.025;

const SEED = 1979;
const TABLES = 10_000;

/** By the shape of the table; a simulation takes tenths of a second. */
const known = new Map<string, number>();

/**
 * The level of Holm's procedure over the comparisons of the best of k competitors with the others, such that k equal competitors are
 * told apart in one of forty tables. Without this, at a level of 5 %, it would happen in 9 to 12 % (k = 8, 3 to 10 blocks): the leader
 * was chosen by the very blocks that judge it. Found by simulation of normal scores with a fixed seed; exactly `ERROR` for two
 * competitors, where a two-sided test accounts for the choice already.
 *
 * @param competitors k, at least 2
 * @param blocks scores per competitor, at least 2
 */
export function selectionLevel(competitors: number, blocks: number): number {
  if (competitors === 2) return ERROR;
  const key = `${competitors} ${blocks}`;
  const found = known.get(key) ?? simulate(competitors, blocks);
  known.set(key, found);
  return found;
}

function simulate(competitors: number, blocks: number): number {
  const prng = new Prng(SEED, competitors, blocks);
  const largest = new Float64Array(TABLES);
  const scores = new Float64Array(competitors * blocks);
  for (let table = 0; table < TABLES; table++) {
    for (let i = 0; i < scores.length; i++) scores[i] = prng.normal();
    largest[table] = largestT(scores, competitors, blocks);
  }
  largest.sort();
  const critical = largest[Math.ceil((1 - ERROR) * TABLES) - 1]!;
  return Math.min(ERROR, (competitors - 1) * twoSidedP(critical, blocks - 1));
}

/** The largest paired t of the leader against another; scores (competitors, blocks) in a row. */
function largestT(scores: Float64Array, competitors: number, blocks: number): number {
  let leader = 0;
  let best = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < competitors; i++) {
    let sum = 0;
    for (let b = 0; b < blocks; b++) sum += scores[i * blocks + b]!;
    if (sum > best) [leader, best] = [i, sum];
  }
  let largest = 0;
  for (let i = 0; i < competitors; i++) {
    if (i === leader) continue;
    let [sum, squares] = [0, 0];
    for (let b = 0; b < blocks; b++) {
      const difference = scores[leader * blocks + b]! - scores[i * blocks + b]!;
      sum += difference;
      squares += difference ** 2;
    }
    const variance = (squares - sum ** 2 / blocks) / (blocks - 1);
    largest = Math.max(largest, sum / blocks / Math.sqrt(variance / blocks));
  }
  return largest;
}
