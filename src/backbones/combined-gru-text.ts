/**
 * The encoder of combine-skip: a GRU that reads a sentence from its beginning, and beside it one with half of its units from the end.
 *
 * Kiros et al., "Skip-Thought Vectors", 2015, section 3, https://arxiv.org/abs/1506.06726; code: github.com/ryankiros/skip-thoughts,
 * `skipthoughts.py`, `encode`: the vector of each is brought to length 1, then both stand side by side.
 */
import { ops, scope, type Tensor } from '../engine/index.js';
import { Backbone, type BackboneOptions } from './backbone.js';
import { GruText } from './gru-text.js';

/**
 * Reads int64 (N, T), negative ids behind the end of a row. Maps are (N, 2 D, 1, T); the only layer is `gru`. Features are the states of
 * both networks after the last token, each of length 1; `width` is the number D of each network's units. They share no weight.
 */
export class CombinedGruText extends Backbone {
  override readonly architecture = 'combined-gru-text';
  override readonly options: BackboneOptions & { vocabulary: number; width: number; embeddingSize: number };
  override readonly featureSize: number;
  override readonly layers = ['gru'];
  readonly uni: GruText;
  readonly bi: GruText;

  constructor(options: BackboneOptions) {
    super();
    this.uni = new GruText({ ...options, bidirectional: false });
    this.bi = new GruText({ ...options, bidirectional: true });
    const { inputChannels, imageSize, length, vocabulary, width, embeddingSize } = this.uni.options;
    this.options = { inputChannels, imageSize, length, vocabulary, width, embeddingSize };
    this.featureSize = 2 * width;
  }

  override layerSize(layer: string): number {
    this.layerIndex(layer);
    return this.featureSize;
  }

  override maps(x: Tensor, layer?: string): Tensor {
    return scope(() => joined([this.uni.maps(x, layer), this.bi.maps(x, layer)]));
  }

  override features(x: Tensor, layer?: string): Tensor {
    return scope(() => joined([this.uni.features(x, layer), this.bi.features(x, layer)]));
  }
}

/** Vectors (N, D, ...) of both networks, each of length 1, side by side: (N, 2 D, ...). */
export function joined(vectors: readonly Tensor[]): Tensor {
  return ops.cat(
    vectors.map((x) => x.mul(x.mul(x).sum([1], true).clampMin(1e-24).rsqrt())),
    1,
  );
}
