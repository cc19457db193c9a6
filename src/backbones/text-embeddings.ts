import { ops, type Tensor } from '../engine/index.js';
import { Embedding, type LayerNorm, Linear, Module } from '../engine/nn/index.js';
import type { TextDesign } from './text-designs.js';
import { makeTransformerNorm, type RmsNorm } from './transformer-block.js';

export interface TextEmbeddingsOptions {
  vocabulary: number;
  /** Most positions. */
  length: number;
  /** D of the blocks. */
  width: number;
  /** D of the tables; where it differs from `width`, a matrix follows (ALBERT's factorized embeddings). */
  embeddingSize: number;
  segments: number;
  dropout: number;
}

/** The sum of a vector for each token, its position and its segment: (N, T, D). */
export class TextEmbeddings extends Module {
  readonly tokens: Embedding;
  readonly positions: Embedding | null;
  readonly segments: Embedding | null;
  readonly norm: LayerNorm | RmsNorm | null;
  readonly project: Linear | null;
  private readonly dropout: number;

  constructor(
    { vocabulary, length, width, embeddingSize, segments, dropout }: TextEmbeddingsOptions,
    { block, positions, normalizesEmbeddings }: TextDesign,
  ) {
    super();
    this.dropout = dropout;
    this.tokens = new Embedding(vocabulary, embeddingSize);
    this.positions = positions === 'learned' ? new Embedding(length, embeddingSize) : null;
    this.segments = segments > 0 ? new Embedding(segments, embeddingSize) : null;
    this.norm = normalizesEmbeddings
      ? makeTransformerNorm(block.norm ?? 'layer', embeddingSize, block.eps ?? 1e-6)
      : null;
    this.project = embeddingSize === width ? null : new Linear(embeddingSize, width);
  }

  /**
   * @param ids int64 (N, T)
   * @param places int64 (T) or (N, T)
   * @param segments int64 (N, T); all 0 when left out
   */
  forward(ids: Tensor, places: Tensor, segments: Tensor | null): Tensor {
    let x = this.tokens.forward(ids);
    if (this.positions !== null) x = x.add(this.positions.forward(places));
    if (this.segments !== null) x = x.add(this.segments.forward(segments ?? ops.zerosLike(ids)));
    if (this.norm !== null) x = this.norm.forward(x);
    if (this.dropout > 0 && this.isTraining) x = ops.dropout(x, this.dropout, true);
    return this.project === null ? x : this.project.forward(x);
  }
}
