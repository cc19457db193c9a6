/** Texts of a batch on the host, where they are cut, masked and shuffled token by token. */
import { Prng } from '../../data/index.js';
import { type Generator, ops, scope, type Tensor, tensor } from '../../engine/index.js';

/** The ids that stand for no text. */
export interface SpecialTokens {
  pad: number;
  unknown: number;
  begin: number;
  end: number;
  mask: number;
}

/** The tokens that noise may draw from: ids 0 to `size` - 1. */
export interface Vocabulary {
  size: number;
  special: SpecialTokens;
}

/** Ids that are never hidden: they stand for no text. An unknown word is text. */
export function untouchable({ special }: Vocabulary): ReadonlySet<number> {
  return new Set([special.pad, special.begin, special.end, special.mask]);
}

/** A generator of the host, seeded by the next draw of `random`. */
export function hostRandom(random: Generator): Prng {
  const words = scope(() =>
    ops.randint(0, 2 ** 32, [2], { generator: random, dtype: 'int64', device: random.device }).toNumbers(),
  );
  return new Prng(words[0]!, words[1]!);
}

/**
 * The rows of a matrix (N, T) of whole numbers, each cut to its length.
 *
 * @param lengths (N); all of T where it is left out
 */
export function rowsOf(matrix: Tensor, lengths?: Tensor): number[][] {
  const [count, columns] = matrix.shape as [number, number];
  const values = matrix.toNumbers();
  const ends = lengths?.toNumbers();
  return Array.from({ length: count }, (_, i) => values.slice(i * columns, i * columns + (ends?.[i] ?? columns)));
}

/**
 * Rows of unequal length as an int64 matrix (N, T) on the device of another tensor, filled up behind their ends.
 *
 * @param width T; by default that of the longest row, at least 1
 */
export function paddedRows(rows: readonly (readonly number[])[], fill: number, beside: Tensor, width?: number): Tensor {
  const columns = width ?? Math.max(1, ...rows.map((row) => row.length));
  const values = new BigInt64Array(rows.length * columns).fill(BigInt(fill));
  for (const [i, row] of rows.entries())
    for (let t = 0; t < Math.min(columns, row.length); t++) values[i * columns + t] = BigInt(row[t]!);
  return tensor(values, { shape: [rows.length, columns], device: beside.device });
}

/** Rounds halves to the even neighbor, as Python and NumPy do. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** A token of the whole vocabulary, or of those that stand for text. */
export function randomToken(vocabulary: Vocabulary, drawsSpecial: boolean, random: Prng): number {
  const kept = untouchable(vocabulary);
  for (;;) {
    const id = random.below(vocabulary.size);
    if (drawsSpecial || !kept.has(id)) return id;
  }
}
