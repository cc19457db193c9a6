import { expected } from '../../errors.js';
import { embedding, empty } from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { constant_, normal_ } from './init.js';
import { Layer } from './module.js';

/**
 * A learned vector for each of `count` symbols: int64 (...) to (..., features). Initialized from the standard normal.
 *
 * @throws AutodidactError `USAGE` when `paddingIndex` is not a symbol
 */
export class Embedding extends Layer {
  weight: Tensor;
  /** Symbol whose vector starts at zero and receives no gradient; null for none. */
  readonly paddingIndex: number | null;

  constructor(
    readonly count: number,
    readonly features: number,
    options: { paddingIndex?: number } = {},
  ) {
    super();
    this.paddingIndex = options.paddingIndex ?? null;
    checkPadding(this.paddingIndex, count);
    const weight = normal_(empty([count, features]));
    if (this.paddingIndex !== null) constant_(weight.select(0, this.paddingIndex), 0);
    this.weight = this.parameter('weight', weight);
  }

  override forward(indices: Tensor): Tensor {
    return embedding(this.weight, indices, this.paddingIndex ?? -1);
  }
}

function checkPadding(index: number | null, count: number): void {
  if (index !== null && !(Number.isInteger(index) && index >= 0 && index < count))
    throw expected(`an integer from 0 to ${count - 1}`, 'paddingIndex', index);
}
