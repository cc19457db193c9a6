import { noGrad, scope, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { checkFeatures } from '../evaluate/features.js';
import { normalized } from '../evaluate/scores.js';

/** A row and how alike it is. */
export interface Hit {
  row: number;
  /** Cosine of the angle between both features, in [-1, 1]. */
  cosine: number;
}

/** Queries compared at a time: this many rows of similarities are in memory. */
const CHUNK = 64;
/** Products in float32 are wrong by less; what comes within this of the last place is compared again in float64. */
const ROUNDING = 1e-5;

/**
 * Features that can be searched exactly: no index is built, every row is compared.
 *
 * Rows are ranked by their cosines in float64; of equal ones the first comes first.
 */
export class FeatureSearch {
  private readonly directions: Tensor;
  private readonly wide: Float32Array;
  private readonly size: number;
  readonly count: number;

  /**
   * @param features float (N, D)
   * @throws AutodidactError `SHAPE` for another form, `DATA` for a row with NaN or infinity
   */
  constructor(features: Tensor) {
    if (features.ndim !== 2 || features.numel === 0)
      throw expected('features (N, D) of at least one row', 'features', features, { code: 'SHAPE' });
    checkFeatures(features, 'features');
    [this.count, this.size] = features.shape as [number, number];
    this.directions = scope(() => noGrad(() => normalized(features.detach().to('float32'))));
    this.wide = this.directions.toTypedArray() as Float32Array;
  }

  dispose(): void {
    this.directions.dispose();
  }

  /**
   * The k rows that are most like each query, most alike first.
   *
   * @param queries float (Q, D)
   * @param leaveOut for each query the row or the rows that it is itself; null, or left out, where it is none
   * @throws AutodidactError `USAGE` for k below 1, `SHAPE` for queries of another size, `DATA` for NaN or infinity
   */
  nearest(queries: Tensor, k: number, leaveOut: readonly (number | readonly number[] | null)[] = []): Hit[][] {
    if (!(Number.isInteger(k) && k >= 1)) throw expected('a whole number from 1', 'k', k);
    if (queries.ndim !== 2 || queries.size(1) !== this.size)
      throw expected(`features (Q, ${this.size})`, 'queries', queries, {
        code: 'SHAPE',
        remedy: 'They must come from the same encoder.',
      });
    checkFeatures(queries, 'queries');
    const found: Hit[][] = [];
    const own = leaveOut.map((rows) => (rows === null ? [] : [rows].flat()));
    const wanted = k + own.reduce((most, rows) => Math.max(most, rows.length), 1);
    scope(() =>
      noGrad(() => {
        const directions = normalized(queries.detach().to('float32'));
        const wide = directions.toTypedArray() as Float32Array;
        for (let from = 0; from < queries.size(0); from += CHUNK) {
          const part = directions.narrow(0, from, Math.min(CHUNK, queries.size(0) - from));
          const candidates = scope(() => this.candidates(part, wanted));
          for (const [q, rows] of candidates.entries()) {
            const query = wide.subarray((from + q) * this.size, (from + q + 1) * this.size);
            found.push(this.ranked(query, rows, k, own[from + q] ?? []));
          }
        }
      }),
    );
    return found;
  }

  /** For each query all rows that may be among the `wanted` nearest. */
  private candidates(queries: Tensor, wanted: number): number[][] {
    const cosines = queries.mm(this.directions.t()); // (Q, N)
    const [best] = cosines.topk(Math.min(wanted, this.count), 1);
    const last = best.narrow(1, best.size(1) - 1, 1).sub(ROUNDING); // (Q, 1)
    const places = cosines.ge(last).nonzero(); // (M, 2), row by row
    const pairs = places.toNumbers();
    const rows: number[][] = Array.from({ length: queries.size(0) }, () => []);
    for (let i = 0; i < pairs.length; i += 2) rows[pairs[i]!]!.push(pairs[i + 1]!);
    return rows;
  }

  private ranked(query: Float32Array, rows: readonly number[], k: number, own: readonly number[]): Hit[] {
    const hits = rows.filter((row) => !own.includes(row)).map((row) => ({ row, cosine: this.cosine(query, row) }));
    return hits.sort((a, b) => b.cosine - a.cosine || a.row - b.row).slice(0, k);
  }

  private cosine(query: Float32Array, row: number): number {
    const { size, wide } = this;
    let [product, ofQuery, ofRow] = [0, 0, 0];
    for (let i = 0, at = row * size; i < size; i++, at++) {
      product += query[i]! * wide[at]!;
      ofQuery += query[i]! ** 2;
      ofRow += wide[at]! ** 2;
    }
    const norm = Math.sqrt(ofQuery * ofRow);
    return norm === 0 ? 0 : Math.max(-1, Math.min(1, product / norm));
  }

  /**
   * All pairs of rows with a cosine of at least `threshold`, first row below second, in the order of the rows.
   * @throws AutodidactError `DATA` when they are more than `most`
   */
  pairsAbove(threshold: number, most = 1_000_000): (Hit & { other: number })[] {
    const found: (Hit & { other: number })[] = [];
    const block = 512;
    noGrad(() => {
      for (let from = 0; from < this.count; from += block)
        scope(() => {
          const part = this.directions.narrow(0, from, Math.min(block, this.count - from));
          const later = this.directions.narrow(0, from, this.count - from);
          const isPair = part
            .mm(later.t())
            .ge(threshold - ROUNDING)
            .triu(1);
          // Counted first: too many would not fit into memory as numbers.
          if (found.length + isPair.sum().item() > most)
            throw expected(`a threshold that fewer than ${most} pairs reach`, 'threshold', threshold, { code: 'DATA' });
          const pairs = isPair.nonzero().toNumbers();
          for (let i = 0; i < pairs.length; i += 2) {
            const [row, other] = [from + pairs[i]!, from + pairs[i + 1]!];
            const cosine = this.cosine(this.wide.subarray(row * this.size, (row + 1) * this.size), other);
            if (cosine >= threshold) found.push({ row, other, cosine });
          }
        });
    });
    return found;
  }
}
