import type { TextTransformer } from '../backbones/text-transformer.js';
import { initializeText } from '../backbones/text-transformer.js';
import {
  type Activation,
  activate,
  makeTransformerNorm,
  type RmsNorm,
  SelfAttention,
} from '../backbones/transformer-block.js';
import { ops, scope, type Tensor } from '../engine/index.js';
import { Embedding, type LayerNorm, Linear, Module, MultiheadAttention } from '../engine/nn/index.js';

/** What a decoder reads beside its own tokens. */
export interface ReadText {
  /** (N, S, D), from the encoder. */
  vectors: Tensor;
  /** Booleans (N, S), false for padding; null where all tokens are real. */
  isReal: Tensor | null;
}

/** A block that looks at the tokens before, then at a text that has been read, over (N, T, D). */
class DecoderBlock extends Module {
  readonly norm1: LayerNorm | RmsNorm;
  readonly attn: SelfAttention;
  readonly norm2: LayerNorm | RmsNorm;
  readonly cross: MultiheadAttention;
  readonly norm3: LayerNorm | RmsNorm;
  readonly fc1: Linear;
  readonly fc2: Linear;
  private readonly isPreNorm: boolean;
  private readonly activation: Activation;

  constructor(
    width: number,
    heads: number,
    { block }: TextTransformer['design'],
    private readonly dropout: number,
  ) {
    super();
    const { normPlace = 'pre', norm = 'layer', eps = 1e-6, activation = 'gelu', bias = true } = block;
    this.isPreNorm = normPlace === 'pre';
    this.activation = activation;
    const makeNorm = () => makeTransformerNorm(norm, width, eps);
    this.norm1 = makeNorm();
    this.attn = new SelfAttention(width, heads, { ...block, dropout });
    this.norm2 = makeNorm();
    this.cross = new MultiheadAttention(width, heads, { dropout, bias });
    this.norm3 = makeNorm();
    this.fc1 = new Linear(width, 4 * width, { bias });
    this.fc2 = new Linear(4 * width, width, { bias });
  }

  forward(x: Tensor, { vectors, isReal }: ReadText): Tensor {
    const keys = { key: vectors, ...(isReal === null ? {} : { keyMask: isReal }) };
    const branches = [
      [this.norm1, (y: Tensor) => this.attn.forward(y, { isCausal: true })],
      [this.norm2, (y: Tensor) => this.cross.forward(y, keys)],
      [this.norm3, (y: Tensor) => this.fc2.forward(activate(this.fc1.forward(y), this.activation))],
    ] as const;
    for (const [norm, branch] of branches) {
      const made = branch(this.isPreNorm ? norm.forward(x) : x);
      const sum = x.add(this.dropout > 0 && this.isTraining ? ops.dropout(made, this.dropout, true) : made);
      x = this.isPreNorm ? sum : norm.forward(sum);
    }
    return x;
  }
}

/**
 * Writes a text token by token, looking at what an encoder has read (Vaswani et al. 2017). Its design is that of the encoder, whose vectors
 * of tokens it shares for reading and for its scores.
 */
export class TextDecoder extends Module {
  readonly positions: Embedding;
  readonly embeddingNorm: LayerNorm | RmsNorm | null;
  readonly project: Linear | null;
  readonly blocks: readonly DecoderBlock[];
  readonly norm: LayerNorm | RmsNorm | null;
  readonly back: Linear | null;
  bias: Tensor;
  private readonly dropout: number;

  /** @param length most tokens that it writes */
  constructor(encoder: TextTransformer, length: number) {
    super();
    const { design, heads } = encoder;
    const { width, embeddingSize, dropout, blocks, vocabulary } = encoder.options;
    const { normPlace = 'pre', norm = 'layer', eps = 1e-6 } = design.block;
    this.dropout = dropout;
    this.positions = new Embedding(length, embeddingSize);
    this.embeddingNorm = design.normalizesEmbeddings ? makeTransformerNorm(norm, embeddingSize, eps) : null;
    this.project = embeddingSize === width ? null : new Linear(embeddingSize, width);
    this.blocks = Array.from({ length: blocks }, () => new DecoderBlock(width, heads, design, dropout));
    this.norm = normPlace === 'pre' ? makeTransformerNorm(norm, width, eps) : null;
    this.back = embeddingSize === width ? null : new Linear(width, embeddingSize);
    this.bias = this.parameter('bias', ops.zeros([vocabulary]));
    initializeText(this, design, design.initialization.positions);
  }

  /**
   * Vectors of the tokens, (N, T, D): that of a token depends on it and those before.
   *
   * @param ids int64 (N, T); what stands behind the end of a row does not matter
   * @param table vectors of the tokens, (V, E)
   */
  forward(ids: Tensor, table: Tensor, read: ReadText): Tensor {
    const places = ops.arange(0, ids.size(1), 1, { dtype: 'int64', device: ids.device });
    let x = ops.embedding(table, ids.clampMin(0)).add(this.positions.forward(places));
    if (this.embeddingNorm !== null) x = this.embeddingNorm.forward(x);
    if (this.dropout > 0 && this.isTraining) x = ops.dropout(x, this.dropout, true);
    if (this.project !== null) x = this.project.forward(x);
    for (const block of this.blocks) x = scope(() => block.forward(x, read));
    return this.norm === null ? x : this.norm.forward(x);
  }

  /** Logits (M, V) of what follows vectors (M, D). */
  score(x: Tensor, table: Tensor): Tensor {
    return ops.linear(this.back === null ? x : this.back.forward(x), table, this.bias);
  }
}
