/**
 * The encoder of skip-thoughts: a GRU over the vectors of tokens.
 *
 * Kiros et al., "Skip-Thought Vectors", 2015, section 2.1, https://arxiv.org/abs/1506.06726; code: github.com/ryankiros/skip-thoughts,
 * `training/layers.py`. The reset gate follows the recurrent product there, as in PyTorch's GRU; in the paper's formula it comes before.
 */
import { ops, scope, type Tensor } from '../engine/index.js';
import { Embedding, GRU, init } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { Backbone, type BackboneOptions, vocabularySize, wholeNumber } from './backbone.js';

const PUBLISHED = { width: 2400, embeddingSize: 620 };
const RANGE = 0.1;

/**
 * Reads int64 (N, T), negative ids behind the end of a row. Maps are (N, D, 1, T); the only layer is `gru`. Features are its state after the
 * last token; `width` is their number. `bidirectional` reads half of them from the end.
 */
export class GruText extends Backbone {
  override readonly architecture = 'gru-text';
  override readonly options: BackboneOptions & { vocabulary: number; width: number; embeddingSize: number };
  override readonly featureSize: number;
  override readonly layers = ['gru'];
  readonly tokens: Embedding;
  /** One, or one for each direction. */
  readonly readers: readonly GRU[];

  constructor(options: BackboneOptions) {
    super();
    const width = wholeNumber(options.width ?? PUBLISHED.width, 'width');
    const embeddingSize = wholeNumber(options.embeddingSize ?? PUBLISHED.embeddingSize, 'embeddingSize');
    const vocabulary = vocabularySize(options);
    const bidirectional = options.bidirectional ?? false;
    if (bidirectional && width % 2 !== 0) throw expected('an even number for two directions', 'width', width);
    const { inputChannels, imageSize, length = imageSize } = options;
    this.options = { inputChannels, imageSize, length, vocabulary, width, embeddingSize, bidirectional };
    this.featureSize = width;
    this.tokens = new Embedding(vocabulary, embeddingSize);
    init.uniform_(this.tokens.weight, -RANGE, RANGE);
    const directions = bidirectional ? 2 : 1;
    this.readers = Array.from(
      { length: directions },
      () => new GRU(embeddingSize, width / directions, { batchFirst: true }),
    );
    for (const reader of this.readers) initializeGru(reader);
  }

  override layerSize(layer: string): number {
    this.layerIndex(layer);
    return this.featureSize;
  }

  /** The states after each token, (N, T, D); those of the second direction after all tokens that follow. */
  read(x: Tensor): Tensor {
    const lengths = lengthsOf(x);
    const embedded = this.tokens.forward(x.clampMin(0));
    const outputs = this.readers.map((reader, direction) => {
      if (direction === 0) return reader.forward(embedded).output;
      return reversed(reader.forward(reversed(embedded, lengths)).output, lengths);
    });
    return outputs.length === 1 ? outputs[0]! : ops.cat(outputs, 2);
  }

  override maps(x: Tensor, layer?: string): Tensor {
    this.layerIndex(layer);
    return this.read(x).transpose(1, 2).unsqueeze(2);
  }

  override features(x: Tensor, layer?: string): Tensor {
    this.layerIndex(layer);
    return scope(() => {
      const states = this.read(x);
      const last = at(states, lengthsOf(x).sub(1).clampMin(0));
      if (this.readers.length === 1) return last;
      const half = this.featureSize / 2;
      return ops.cat([last.narrow(1, 0, half), states.select(1, 0).narrow(1, half, half)], 1);
    });
  }
}

/** Number of tokens of each row, int64 (N). @throws AutodidactError `SHAPE` for anything but rows of ids */
export function lengthsOf(x: Tensor): Tensor {
  if (x.dtype !== 'int64' || x.ndim !== 2 || x.size(1) === 0)
    throw expected('ids of tokens, int64 (N, T),', 'x', x, { code: 'SHAPE' });
  return x.ge(0).sum([1]);
}

/** Rows of (N, T, D) from their last token to the first; what stands behind the end stays. */
export function reversed(x: Tensor, lengths: Tensor): Tensor {
  const places = ops.arange(0, x.size(1), 1, { dtype: 'int64', device: x.device });
  const ends = lengths.unsqueeze(1);
  const mirrored = ops.where(places.lt(ends), ends.sub(1).sub(places), places.expand([x.size(0), -1]));
  return x.gather(1, mirrored.unsqueeze(2).expand([-1, -1, x.size(2)]));
}

/** The vector of each row (N, T, D) at its place (N): (N, D). */
export function at(x: Tensor, places: Tensor): Tensor {
  return x.gather(1, places.view([-1, 1, 1]).expand([-1, 1, x.size(2)])).squeeze(1);
}

/** As in the code: recurrent matrices orthogonal, others uniform within 0.1, biases 0. */
export function initializeGru(gru: GRU): void {
  for (const [name, value] of gru.namedParameters()) {
    if (name.startsWith('bias')) init.constant_(value, 0);
    else if (name.startsWith('weight_hh')) for (const gate of value.chunk(3, 0)) init.orthogonal_(gate);
    else init.uniform_(value, -RANGE, RANGE);
  }
}
