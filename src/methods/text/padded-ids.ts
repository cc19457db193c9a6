import type { Tokens } from '../../data/index.js';
import { ops, scope, type Tensor } from '../../engine/index.js';
import type { TokenRows } from '../method.js';

/** Ids of the tokens, -1 beyond the length of a row: int64 (N, T), what a transformer over tokens reads. */
export function paddedIds({ ids, lengths }: Tokens): Tensor {
  return scope(() => {
    const places = ops.arange(0, ids.size(1), 1, { dtype: 'int64', device: ids.device });
    return ids.maskedFill(places.ge(lengths.unsqueeze(1)), -1);
  });
}

/** Rows of ids for networks that take -1 for padding. */
export function plainRows(most: number, around: Partial<Pick<TokenRows, 'begin' | 'end' | 'isFixed'>> = {}): TokenRows {
  const toInput = (ids: Tensor, isReal: Tensor) => ids.maskedFill(isReal.logicalNot(), -1);
  return { most, begin: null, end: null, ...around, toInput };
}
