/**
 * The encoder of CPC of text: a vector for each sentence, and a GRU over the sentences.
 *
 * van den Oord, Li, Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018, section 3.3,
 * https://arxiv.org/abs/1807.03748: vectors of words, a convolution, ReLU and the mean over the sentence make z; a GRU makes the context.
 * The authors published no code.
 */
import { scope, type Tensor } from '../engine/index.js';
import { Conv1d, Embedding, GRU, init } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { Backbone, type BackboneOptions, vocabularySize, wholeNumber } from './backbone.js';
import { at } from './gru-text.js';

const PUBLISHED = { width: 2400, embeddingSize: 620 };
/** Words that the convolution sees at once, the same number on either side. */
const KERNEL = 3;

/**
 * Reads int64 (N, S, L): S sentences of at most L tokens, negative ids behind the end of a sentence, and in all of a sentence that a text does
 * not have. Readable layers: `sentences`, and `context`, whose vector s depends on the sentences up to s. Maps are (N, D, 1, S). Features
 * are the mean of the sentences' vectors, or the last context.
 */
export class SentenceGru extends Backbone {
  override readonly architecture = 'sentence-gru';
  override readonly options: BackboneOptions & { vocabulary: number; width: number; embeddingSize: number };
  override readonly featureSize: number;
  override readonly layers = ['sentences', 'context'];
  readonly tokens: Embedding;
  readonly convolution: Conv1d;
  readonly gru: GRU;

  constructor(options: BackboneOptions) {
    super();
    const width = wholeNumber(options.width ?? PUBLISHED.width, 'width');
    const embeddingSize = wholeNumber(options.embeddingSize ?? PUBLISHED.embeddingSize, 'embeddingSize');
    const vocabulary = vocabularySize(options);
    const { inputChannels, imageSize, length = imageSize } = options;
    this.options = { inputChannels, imageSize, length, vocabulary, width, embeddingSize };
    this.featureSize = width;
    this.tokens = new Embedding(vocabulary, embeddingSize);
    this.convolution = new Conv1d(embeddingSize, width, KERNEL, { padding: (KERNEL - 1) / 2 });
    init.kaimingNormal_(this.convolution.weight, 'fanIn');
    init.constant_(this.convolution.bias!, 0);
    this.gru = new GRU(width, width, { batchFirst: true });
  }

  override layerSize(layer: string): number {
    this.layerIndex(layer);
    return this.featureSize;
  }

  /** Vectors of the sentences (N, S, D). */
  sentences(x: Tensor): Tensor {
    if (x.dtype !== 'int64' || x.ndim !== 3)
      throw expected('ids of the tokens of sentences, int64 (N, S, L),', 'x', x, { code: 'SHAPE' });
    const isReal = x.ge(0).unsqueeze(3).to('float32'); // (N, S, L, 1)
    // Zeros behind the end, as beyond the edge: nothing of the padding is seen.
    const words = this.tokens.forward(x.clampMin(0)).mul(isReal).flatten(0, 1).transpose(1, 2); // (N S, E, L)
    const seen = this.convolution
      .forward(words)
      .relu()
      .transpose(1, 2)
      .unflatten(0, [x.size(0), -1]); // (N, S, L, D)
    return seen
      .mul(isReal)
      .sum([2])
      .div(isReal.sum([2]).clampMin(1));
  }

  /** Contexts (N, S, D) of vectors of sentences. */
  contexts(z: Tensor): Tensor {
    return this.gru.forward(z).output;
  }

  /** Vectors after a layer, (N, S, D). */
  read(x: Tensor, layer?: string): Tensor {
    const z = this.sentences(x);
    return this.layerIndex(layer) === 0 ? z : this.contexts(z);
  }

  override maps(x: Tensor, layer?: string): Tensor {
    return scope(() => this.read(x, layer).transpose(1, 2).unsqueeze(2));
  }

  override features(x: Tensor, layer?: string): Tensor {
    return scope(() => {
      const vectors = this.read(x, layer);
      const isReal = x.amax([2]).ge(0); // (N, S)
      if (this.layerIndex(layer) === 1) return at(vectors, isReal.sum([1]).sub(1).clampMin(0));
      const weights = isReal.unsqueeze(2).to(vectors.dtype);
      return vectors
        .mul(weights)
        .sum([1])
        .div(weights.sum([1]).clampMin(1));
    });
  }
}
