/**
 * The two language models of ELMo: LSTMs that read a text from the left and from the right.
 *
 * Peters et al., "Deep contextualized word representations", 2018, section 3, https://arxiv.org/abs/1802.05365; code:
 * github.com/allenai/bilm-tf, `bilm/training.py`. A token is read from its characters or by a vector of its own. The directions share
 * nothing but that; each layer's output depends on the tokens of its side alone.
 */
import { ops, scope, type Tensor } from '../engine/index.js';
import { ClippedLSTM, Dropout, Embedding, init, type LSTMState } from '../engine/nn/index.js';
import { Backbone, type BackboneOptions, vocabularySize, wholeNumber } from './backbone.js';
import { CharacterCnn } from './character-cnn.js';
import { lengthsOf, reversed } from './gru-text.js';

const PUBLISHED_WIDTH = 4096;
/** Cells for each dimension of a projected output. */
const CELLS = 8;
const LAYERS = 2;
const CLIP = 3;

/** What each layer of one direction carries to the next stretch of a text. */
export type DirectionState = readonly LSTMState[];

/** Outputs of one direction: the vectors of the tokens and of each layer, (N, T, P), and the state after the last token. */
export interface DirectionOutput {
  layers: Tensor[];
  /** With dropout: what the scores of the next token are made of. */
  top: Tensor;
  states: LSTMState[];
}

/**
 * Reads int64 (N, T), negative ids behind the end of a row. Readable layers: `tokens`, `lstm1`, `lstm2`, each with both directions side by
 * side (that of the tokens twice), and `mixture`, their mean, where ELMo's weights begin. Maps are (N, D, 1, T); features are means over
 * the tokens. `width` is the number of cells; outputs have an eighth of it for each direction.
 */
export class BiLm extends Backbone {
  override readonly architecture = 'bi-lm';
  override readonly options: BackboneOptions & { vocabulary: number; width: number; characters: number };
  override readonly featureSize: number;
  override readonly layers = ['tokens', 'lstm1', 'lstm2', 'mixture'];
  /** P. */
  readonly projection: number;
  readonly tokens: Embedding | CharacterCnn;
  readonly forwards: readonly ClippedLSTM[];
  readonly backwards: readonly ClippedLSTM[];
  private readonly drop: Dropout;

  constructor(options: BackboneOptions) {
    super();
    const width = wholeNumber(options.width ?? PUBLISHED_WIDTH, 'width', CELLS);
    const { inputChannels, imageSize, length = imageSize, dropout = 0, characters = 0 } = options;
    const vocabulary = vocabularySize(options);
    this.options = { inputChannels, imageSize, length, vocabulary, width, dropout, characters };
    this.projection = Math.floor(width / CELLS);
    this.featureSize = 2 * this.projection;
    this.tokens =
      characters > 0
        ? new CharacterCnn(vocabulary, characters, this.projection, width / PUBLISHED_WIDTH)
        : new Embedding(vocabulary, this.projection);
    if (this.tokens instanceof Embedding) init.normal_(this.tokens.weight, 0, 1 / Math.sqrt(this.projection));
    const make = (): ClippedLSTM[] => Array.from({ length: LAYERS }, () => this.makeLayer(width));
    this.forwards = make();
    this.backwards = make();
    this.drop = new Dropout(dropout);
  }

  private makeLayer(cells: number): ClippedLSTM {
    const lstm = new ClippedLSTM(this.projection, cells, {
      ...{ batchFirst: true, cellClip: CLIP, projectionClip: CLIP },
      projectionSize: this.projection,
    });
    for (const [name, value] of lstm.namedParameters()) if (name.startsWith('bias')) init.constant_(value, 0);
    // TensorFlow's cells add 1 to the gate that keeps the cell.
    scope(() => init.constant_(lstm.stateDict().get('bias_ih_l0')!.narrow(0, cells, cells), 1));
    return lstm;
  }

  override withTables<T>(run: () => T): T {
    return this.tokens instanceof CharacterCnn ? this.tokens.withTable(run) : run();
  }

  override layerSize(layer: string): number {
    this.layerIndex(layer);
    return this.featureSize;
  }

  /**
   * One direction over a text; the backward one reads each row from its last token, and its outputs stand where their token stands.
   *
   * @param states of the stretch before, in the order of reading
   */
  direction(x: Tensor, which: 'forward' | 'backward', states?: DirectionState): DirectionOutput {
    const lengths = lengthsOf(x);
    const turn = (value: Tensor): Tensor => (which === 'forward' ? value : reversed(value, lengths));
    const embedded = turn(this.tokens.forward(x.clampMin(0)));
    const layers = [embedded];
    const ends: LSTMState[] = [];
    let input = embedded;
    for (const [i, lstm] of (which === 'forward' ? this.forwards : this.backwards).entries()) {
      const { output, state } = lstm.forward(this.drop.forward(input), states?.[i]);
      // From the first layer on, each adds to what it reads.
      input = i === 0 ? output : output.add(input);
      layers.push(input);
      ends.push(state);
    }
    return { layers: layers.map(turn), top: turn(this.drop.forward(input)), states: ends };
  }

  /** The layers' vectors of both directions side by side, (N, T, D) each; `mixture` last. */
  read(x: Tensor): Tensor[] {
    const [left, right] = (['forward', 'backward'] as const).map((which) => this.direction(x, which).layers);
    const layers = left!.map((value, i) => ops.cat([value, right![i]!], 2));
    return [...layers, ops.stack(layers, 0).mean([0])];
  }

  override maps(x: Tensor, layer?: string): Tensor {
    return scope(() => this.read(x)[this.layerIndex(layer)]!.transpose(1, 2).unsqueeze(2));
  }

  override features(x: Tensor, layer?: string): Tensor {
    return scope(() => {
      const vectors = this.read(x)[this.layerIndex(layer)]!;
      const weights = x.ge(0).unsqueeze(2).to(vectors.dtype);
      return vectors
        .mul(weights)
        .sum([1])
        .div(weights.sum([1]).clampMin(1));
    });
  }
}
