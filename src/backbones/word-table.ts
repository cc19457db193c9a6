/**
 * A table with one vector per word. The vector of a text is the mean of the vectors of its words.
 *
 * Mikolov, Chen, Corrado, Dean, "Efficient Estimation of Word Representations in Vector Space", 2013, https://arxiv.org/abs/1301.3781.
 */
import { scope, type Tensor } from '../engine/index.js';
import { Embedding, init } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { Backbone, type BackboneOptions, vocabularySize, wholeNumber } from './backbone.js';

/** Numbers per word in word2vec.c's default. */
const PUBLISHED_WIDTH = 100;

/**
 * Reads texts as numbers of words, int64 (N, T), and returns their vectors as maps of one row, (N, D, 1, T). Number 0 is the end of a
 * sentence, and what rows are filled up with: its vector is 0 there, and it does not count in the mean. `width` is D.
 */
export class WordTable extends Backbone {
  override readonly architecture = 'word-table';
  override readonly options: BackboneOptions & { vocabulary: number; width: number };
  override readonly layers = ['words'];
  readonly words: Embedding;

  constructor(options: BackboneOptions) {
    super();
    const { inputChannels, imageSize } = options;
    const vocabulary = vocabularySize(options, 2);
    const width = wholeNumber(options.width ?? PUBLISHED_WIDTH, 'width');
    this.options = { inputChannels, imageSize, vocabulary, width };
    this.words = new Embedding(vocabulary, width);
    init.uniform_(this.words.weight, -0.5 / width, 0.5 / width);
  }

  override get featureSize(): number {
    return this.options.width;
  }

  override layerSize(layer: string): number {
    this.layerIndex(layer);
    return this.options.width;
  }

  override maps(ids: Tensor, layer?: string): Tensor {
    this.layerIndex(layer);
    return scope(() => this.vectors(ids).transpose(1, 2).unsqueeze(2));
  }

  /** The mean over words; 0 for a text without any. */
  override features(ids: Tensor, layer?: string): Tensor {
    this.layerIndex(layer);
    return scope(() => {
      const count = ids.ne(0).sum([1], true).clampMin(1);
      return this.vectors(ids).sum([1]).div(count);
    });
  }

  /** (N, T, D). */
  private vectors(ids: Tensor): Tensor {
    if (ids.ndim !== 2 || ids.dtype !== 'int64')
      throw expected('numbers of words, int64 (N, T)', 'ids', ids, { code: 'SHAPE' });
    return this.words.forward(ids).mul(ids.ne(0).unsqueeze(2));
  }
}
