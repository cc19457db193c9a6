import { expected } from '../../errors.js';
import { empty, linear, ones, scaledDotProductAttention, zeros } from '../ops.generated.js';
import type { Device, Tensor } from '../tensor.js';
import { constant_, xavierUniform_ } from './init.js';
import { Linear } from './linear.js';
import { Module } from './module.js';

export interface AttentionInput {
  /** (N, S, E); the query itself when left out: self-attention. */
  key?: Tensor;
  /** (N, S, E); the key when left out. */
  value?: Tensor;
  /**
   * Broadcast to (N, heads, L, S): booleans that are true where a query may attend to a key (the opposite of PyTorch's
   * module), or numbers that are added to the scores.
   */
  mask?: Tensor;
  /** Booleans (N, S), true for real keys and false for padding. */
  keyMask?: Tensor;
  /** Restricts query i to the keys 0 to i. */
  isCausal?: boolean;
}

/**
 * Multi-head attention (Vaswani et al. 2017, section 3.2), batch first, with the state-dict keys of PyTorch's module. A query
 * without any allowed key yields the output projection of zero.
 *
 * @throws AutodidactError `USAGE` when `heads` does not divide `features`
 */
export class MultiheadAttention extends Module {
  in_proj_weight: Tensor;
  in_proj_bias: Tensor | null;
  readonly out_proj: Linear;
  /** Dropout probability of the attention weights, in training. */
  readonly dropout: number;

  constructor(
    readonly features: number,
    readonly heads: number,
    options: { dropout?: number; bias?: boolean } = {},
  ) {
    super();
    if (!(heads >= 1) || !Number.isInteger(heads) || features % heads !== 0)
      throw expected(`a divisor of ${features}`, 'heads', heads);
    const { dropout = 0, bias = true } = options;
    this.dropout = dropout;
    this.in_proj_weight = this.parameter('in_proj_weight', xavierUniform_(empty([3 * features, features])));
    this.in_proj_bias = bias ? this.parameter('in_proj_bias', zeros([3 * features])) : null;
    this.out_proj = new Linear(features, features, { bias });
    if (this.out_proj.bias !== null) constant_(this.out_proj.bias, 0);
  }

  /** From queries (N, L, E) to (N, L, E). */
  forward(query: Tensor, { key = query, value = key, ...masks }: AttentionInput = {}): Tensor {
    const [q, k, v] = this.#project(query, key, value);
    const isOnlyCausal = masks.isCausal === true && masks.mask === undefined && masks.keyMask === undefined;
    const mask = isOnlyCausal ? null : joinMasks(masks, query.size(1), key.size(1), query.device);
    const dropout = this.isTraining ? this.dropout : 0;
    const attended = scaledDotProductAttention(q, k, v, mask, dropout, isOnlyCausal);
    return this.out_proj.forward(attended.transpose(1, 2).flatten(2)); // (N, h, L, E/h) -> (N, L, E)
  }

  /** Queries, keys and values, each (N, heads, length, E / heads). */
  #project(query: Tensor, key: Tensor, value: Tensor): [q: Tensor, k: Tensor, v: Tensor] {
    const isSelf = key === query && value === key;
    const weights = this.in_proj_weight.chunk(3);
    const biases = this.in_proj_bias?.chunk(3);
    const parts = isSelf
      ? linear(query, this.in_proj_weight, this.in_proj_bias).chunk(3, -1)
      : [query, key, value].map((x, i) => linear(x, weights[i]!, biases?.[i]));
    return parts.map((x) => x.unflatten(-1, [this.heads, -1]).transpose(1, 2)) as [Tensor, Tensor, Tensor];
  }
}

/** Combines the masks into the single one that the operator takes: booleans, or numbers with -infinity. */
function joinMasks(
  { mask, keyMask, isCausal }: Pick<AttentionInput, 'mask' | 'keyMask' | 'isCausal'>,
  length: number,
  keys: number,
  device: Device,
): Tensor | null {
  const conditions: Tensor[] = [];
  if (keyMask !== undefined) conditions.push(keyMask.unsqueeze(1).unsqueeze(1)); // (N, S) -> (N, 1, 1, S)
  if (isCausal) conditions.push(ones([length, keys], { dtype: 'bool', device }).tril());
  const isBoolean = mask?.dtype === 'bool';
  if (mask !== undefined && isBoolean) conditions.push(mask);
  const allowed = conditions.length === 0 ? null : conditions.reduce((all, condition) => all.logicalAnd(condition));
  if (mask === undefined || isBoolean) return allowed;
  return allowed === null ? mask : mask.maskedFill(allowed.logicalNot(), Number.NEGATIVE_INFINITY);
}
