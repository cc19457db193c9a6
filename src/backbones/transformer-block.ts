/**
 * Blocks of transformers (Vaswani et al., "Attention Is All You Need", 2017, https://arxiv.org/abs/1706.03762) over images, clips and
 * text. State-dict keys are timm's: `norm1`, `attn.qkv`, `attn.proj`, `norm2`, `mlp.fc1`, `mlp.fc2`.
 */
import { ops, type Tensor } from '../engine/index.js';
import { Layer, LayerNorm, Linear } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import type { LayerCache } from './key-value-cache.js';
import { type Rotation, rotate } from './rotary.js';

/** `layer`: layer norm with gain and bias; `rms`: root mean square with a gain; `plain-rms`: without. */
export type TransformerNorm = 'layer' | 'rms' | 'plain-rms';

/** The function inside the feed-forward part; `swiglu` gates it (Shazeer 2020) and needs a first layer of twice the size. */
export type Activation = 'gelu' | 'gelu-tanh' | 'relu' | 'relu-squared' | 'swiglu';

export interface BlockOptions {
  /** `pre`: x + f(norm(x)), as in GPT-2; `post`: norm(x + f(x)), as in the first transformer, GPT-1 and BERT. Default `pre`. */
  normPlace?: 'pre' | 'post';
  /** Default `layer`. */
  norm?: TransformerNorm;
  /** Added to the variance; default 1e-6. */
  eps?: number;
  /** Default `gelu`. */
  activation?: Activation;
  /** Units inside the feed-forward part; by default four times the width. */
  hidden?: number;
  /** Whether linear layers have biases; default true. */
  bias?: boolean;
  /** Normalizes each query and key (Henry et al. 2020, with the root mean square); default false. */
  normalizesQueries?: boolean;
  /** Probability with which attention weights and both branches are dropped in training; default 0. */
  dropout?: number;
}

/** What the attention of one pass may look at, the same for all blocks. */
export interface AttentionPass {
  /** Booleans that broadcast to (N, heads, T, keys), true where a query may look at a key. */
  mask?: Tensor | null;
  /** Restricts query i to keys 0 to i; only where there are as many keys as queries, and without a mask. */
  isCausal?: boolean;
  /** Turns queries and keys by their positions. */
  rotation?: Rotation | null;
}

/** Divides by the root mean square over the last dimension (Zhang and Sennrich 2019). */
export class RmsNorm extends Layer {
  weight: Tensor | null;

  constructor(
    features: number,
    private readonly eps: number,
    { gain = true } = {},
  ) {
    super();
    this.weight = gain ? this.parameter('weight', ops.ones([features])) : null;
  }

  override forward(x: Tensor): Tensor {
    const normalized = byRootMeanSquare(x, this.eps);
    return this.weight === null ? normalized : normalized.mul(this.weight);
  }
}

function byRootMeanSquare(x: Tensor, eps: number): Tensor {
  return x.mul(x.square().mean(-1, true).add(eps).rsqrt());
}

export function makeTransformerNorm(kind: TransformerNorm, features: number, eps: number): LayerNorm | RmsNorm {
  if (kind === 'layer') return new LayerNorm(features, { eps });
  return new RmsNorm(features, eps, { gain: kind === 'rms' });
}

const DEFAULTS = {
  normPlace: 'pre',
  norm: 'layer',
  eps: 1e-6,
  activation: 'gelu',
  bias: true,
  normalizesQueries: false,
  dropout: 0,
} as const;

/** Multi-head self-attention over (N, T, D). */
export class SelfAttention extends Layer {
  readonly qkv: Linear;
  readonly proj: Linear;
  private readonly settings: Required<Omit<BlockOptions, 'hidden'>>;

  constructor(
    width: number,
    private readonly heads: number,
    options: BlockOptions = {},
  ) {
    super();
    if (width % heads !== 0) throw expected(`a multiple of the ${heads} heads`, 'width', width);
    this.settings = { ...DEFAULTS, ...options };
    this.qkv = new Linear(width, 3 * width, { bias: this.settings.bias });
    this.proj = new Linear(width, width, { bias: this.settings.bias });
  }

  override forward(x: Tensor, pass: AttentionPass = {}, cache?: LayerCache): Tensor {
    const [q, k, v] = this.read(x, pass);
    const [keys, values] = cache === undefined ? [k, v] : cache.extend(k, v);
    const dropout = this.isTraining ? this.settings.dropout : 0;
    const mixed = ops.scaledDotProductAttention(q, keys, values, pass.mask ?? null, dropout, pass.isCausal ?? false);
    return this.proj.forward(mixed.transpose(1, 2).flatten(2)); // (N, heads, T, D / heads) -> (N, T, D)
  }

  /** The weights that `forward` gives to the values, (N, heads, T, T), computed one by one: for pictures and tests. */
  weights(x: Tensor, { mask = null, isCausal = false, rotation = null }: AttentionPass = {}): Tensor {
    const [q, k] = this.read(x, { rotation });
    const scores = q.matmul(k.transpose(2, 3)).div(Math.sqrt(q.size(3)));
    const allowed = isCausal ? ops.ones([q.size(2), k.size(2)], { dtype: 'bool', device: x.device }).tril() : mask;
    if (allowed === null) return scores.softmax(-1);
    return scores.maskedFill(allowed.logicalNot(), Number.NEGATIVE_INFINITY).softmax(-1).nanToNum(0);
  }

  /** Queries, keys and values, (N, heads, T, D / heads) each. */
  private read(x: Tensor, { rotation = null }: AttentionPass): [q: Tensor, k: Tensor, v: Tensor] {
    const [n = 0, t = 0, d = 0] = x.shape;
    const parts = this.qkv
      .forward(x)
      .reshape([n, t, 3, this.heads, d / this.heads])
      .permute([2, 0, 3, 1, 4]);
    const [q, k, v] = parts.unbind(0) as [Tensor, Tensor, Tensor];
    if (!this.settings.normalizesQueries && rotation === null) return [q, k, v];
    let both = parts.narrow(0, 0, 2); // (2, N, heads, T, D / heads): queries and keys
    if (this.settings.normalizesQueries) both = byRootMeanSquare(both, this.settings.eps);
    if (rotation !== null) both = rotate(both, rotation);
    const [turnedQ, turnedK] = both.to(v.dtype).unbind(0) as [Tensor, Tensor];
    return [turnedQ, turnedK, v];
  }
}

class Mlp extends Layer {
  readonly fc1: Linear;
  readonly fc2: Linear;

  constructor(
    width: number,
    hidden: number,
    private readonly activation: Activation,
    bias: boolean,
  ) {
    super();
    this.fc1 = new Linear(width, activation === 'swiglu' ? 2 * hidden : hidden, { bias });
    this.fc2 = new Linear(hidden, width, { bias });
  }

  override forward(x: Tensor): Tensor {
    return this.fc2.forward(activate(this.fc1.forward(x), this.activation));
  }
}

/** Applies the function; `swiglu` gates the second half of the last dimension by the first. */
export function activate(x: Tensor, activation: Activation): Tensor {
  if (activation === 'gelu') return x.gelu();
  if (activation === 'gelu-tanh') return x.gelu({ approximate: 'tanh' });
  if (activation === 'relu') return x.relu();
  if (activation === 'relu-squared') return x.relu().square();
  const [gate, value] = x.chunk(2, -1) as [Tensor, Tensor];
  return gate.silu().mul(value);
}

/** A transformer block over (N, T, D); by default that of vision transformers. */
export class TransformerBlock extends Layer {
  readonly norm1: LayerNorm | RmsNorm;
  readonly attn: SelfAttention;
  readonly norm2: LayerNorm | RmsNorm;
  readonly mlp: Mlp;
  private readonly isPreNorm: boolean;
  private readonly dropout: number;

  constructor(width: number, heads: number, options: BlockOptions = {}) {
    super();
    const { normPlace, norm, eps, activation, bias, dropout } = { ...DEFAULTS, ...options };
    this.isPreNorm = normPlace === 'pre';
    this.dropout = dropout;
    this.norm1 = makeTransformerNorm(norm, width, eps);
    this.attn = new SelfAttention(width, heads, options);
    this.norm2 = makeTransformerNorm(norm, width, eps);
    this.mlp = new Mlp(width, options.hidden ?? 4 * width, activation, bias);
  }

  override forward(x: Tensor, pass: AttentionPass = {}, cache?: LayerCache): Tensor {
    if (this.isPreNorm) {
      const mixed = x.add(this.drop(this.attn.forward(this.norm1.forward(x), pass, cache)));
      return mixed.add(this.drop(this.mlp.forward(this.norm2.forward(mixed))));
    }
    const mixed = this.norm1.forward(x.add(this.drop(this.attn.forward(x, pass, cache))));
    return this.norm2.forward(mixed.add(this.drop(this.mlp.forward(mixed))));
  }

  /** The weights of this block's attention, (N, heads, T, T), when the block reads x. */
  attention(x: Tensor, pass: AttentionPass): Tensor {
    return this.attn.weights(this.isPreNorm ? this.norm1.forward(x) : x, pass);
  }

  private drop(branch: Tensor): Tensor {
    return this.dropout > 0 && this.isTraining ? ops.dropout(branch, this.dropout, true) : branch;
  }
}
