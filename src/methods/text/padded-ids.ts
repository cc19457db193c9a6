import type { Tokens } from '../../data/index.js';
import { ops, scope, type Tensor } from '../../engine/index.js';

/** Ids of the tokens, -1 beyond the length of a row: int64 (N, T), what a transformer over tokens reads. */
export function paddedIds({ ids, lengths }: Tokens): Tensor {
  return scope(() => {
    const places = ops.arange(0, ids.size(1), 1, { dtype: 'int64', device: ids.device });
    return ids.maskedFill(places.ge(lengths.unsqueeze(1)), -1);
  });
}
