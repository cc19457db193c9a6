import { AutodidactError, expected } from '../../errors.js';
import { noGrad } from '../autograd.js';
import { cudnnRnnFlattenWeight, empty, gru, lstm, zeros } from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { uniform_ } from './init.js';
import { Module } from './module.js';

export interface RecurrentOptions {
  /** Number of stacked layers; 1 by default. */
  layers?: number;
  /** Whether a second set of weights reads the sequence backwards; its outputs follow the forward ones. */
  bidirectional?: boolean;
  /** Whether sequences are (N, L, C) instead of (L, N, C); false by default, as in PyTorch. */
  batchFirst?: boolean;
  bias?: boolean;
  /** Dropout probability of the outputs of every layer but the last, in training. */
  dropout?: number;
}

export interface LSTMOptions extends RecurrentOptions {
  /** Size of the projected outputs (Sak et al. 2014); no projection by default. */
  projectionSize?: number;
}

/** Shared by `GRU` and `LSTM`: weights under PyTorch's names, `weight_ih_l0`, `bias_hh_l1_reverse`. */
abstract class Recurrent extends Module {
  /** cuDNN's code of the cell type. */
  protected abstract readonly cudnnMode: number;
  readonly layers: number;
  readonly directions: 1 | 2;
  readonly batchFirst: boolean;
  readonly bias: boolean;
  readonly dropout: number;
  readonly #names: string[] = [];
  /** Handle of the first weight when the weights were last packed into one block. */
  #flattened: number | null = null;

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    /** Size of one direction's outputs. */
    readonly outputSize: number,
    gates: number,
    options: RecurrentOptions,
  ) {
    super();
    this.layers = options.layers ?? 1;
    this.directions = options.bidirectional ? 2 : 1;
    this.batchFirst = options.batchFirst ?? false;
    this.bias = options.bias ?? true;
    this.dropout = options.dropout ?? 0;
    if (!Number.isInteger(this.layers) || this.layers < 1)
      throw expected('an integer of at least 1', 'layers', this.layers);
    for (let layer = 0; layer < this.layers; layer++) {
      const inputs = layer === 0 ? inputSize : outputSize * this.directions;
      for (const suffix of [`l${layer}`, `l${layer}_reverse`].slice(0, this.directions))
        this.#makeWeights(suffix, inputs, gates * hiddenSize);
    }
  }

  #makeWeights(suffix: string, inputs: number, rows: number): void {
    const shapes: [name: string, shape: number[]][] = [
      ['weight_ih', [rows, inputs]],
      ['weight_hh', [rows, this.outputSize]],
    ];
    if (this.bias) shapes.push(['bias_ih', [rows]], ['bias_hh', [rows]]);
    if (this.outputSize !== this.hiddenSize) shapes.push(['weight_hr', [this.outputSize, this.hiddenSize]]);
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const [kind, shape] of shapes) {
      const name = `${kind}_${suffix}`;
      this.#properties[name] = this.parameter(name, uniform_(empty(shape), -bound, bound));
      this.#names.push(name);
    }
  }

  get #properties(): Record<string, Tensor> {
    return this as unknown as Record<string, Tensor>;
  }

  /** All weights in the operators' order: layer by layer, forward before backward. */
  protected weights(): Tensor[] {
    const weights = this.#names.map((name) => this.#properties[name]!);
    const [first] = weights;
    if (first!.id !== this.#flattened && first!.device.startsWith('cuda')) {
      this.#flatten(weights);
      this.#flattened = first!.id;
    }
    return weights;
  }

  /** Packs the weights into one block in cuDNN's order; otherwise cuDNN would pack them at every call. */
  #flatten(weights: readonly Tensor[]): void {
    const projectionSize = this.outputSize === this.hiddenSize ? 0 : this.outputSize;
    noGrad(() =>
      cudnnRnnFlattenWeight(
        weights,
        weights.length / (this.layers * this.directions),
        ...([this.inputSize, this.cudnnMode, this.hiddenSize, projectionSize, this.layers] as const),
        this.batchFirst,
        this.directions === 2,
      ).dispose(),
    );
  }

  /** A weight of one layer and direction, such as `weight_ih_l0`; null where there is none. */
  protected weight(name: string): Tensor | null {
    return this.#properties[name] ?? null;
  }

  /** A state of zeros, (layers x directions, N, size). */
  protected initialState(x: Tensor, size: number): Tensor {
    if (x.ndim !== 3)
      throw new AutodidactError('SHAPE', `Expected three dimensions for a sequence, received ${x.describe()}`);
    const batch = x.size(this.batchFirst ? 0 : 1);
    return zeros([this.layers * this.directions, batch, size], { dtype: x.dtype, device: x.device });
  }
}

/**
 * Gated recurrent units (Cho et al. 2014) with PyTorch's gates (reset, update, new) and state-dict keys; the reset gate is
 * applied after the recurrent product.
 */
export class GRU extends Recurrent {
  protected readonly cudnnMode = 3;

  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(inputSize, hiddenSize, hiddenSize, 3, options);
  }

  /**
   * Runs over sequences (L, N, C), or (N, L, C) with `batchFirst`.
   *
   * @param state (layers x directions, N, H); zeros when left out
   * @returns the last layer's outputs, (L, N, directions x H) or batch first, and the state after the last step
   */
  forward(x: Tensor, state?: Tensor): { output: Tensor; state: Tensor } {
    const [output, last] = gru(
      x,
      state ?? this.initialState(x, this.hiddenSize),
      this.weights(),
      this.bias,
      this.layers,
      this.dropout,
      this.isTraining,
      this.directions === 2,
      this.batchFirst,
    );
    return { output, state: last };
  }
}

/** What an LSTM carries from step to step: outputs (layers x directions, N, P) and cells (layers x directions, N, H). */
export interface LSTMState {
  hidden: Tensor;
  cell: Tensor;
}

/** Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gates) with PyTorch's gates and state-dict keys. */
export class LSTM extends Recurrent {
  protected readonly cudnnMode = 2;

  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    super(inputSize, hiddenSize, options.projectionSize ?? hiddenSize, 4, options);
  }

  /**
   * Runs over sequences (L, N, C), or (N, L, C) with `batchFirst`.
   *
   * @param state zeros when left out
   * @returns the last layer's outputs, (L, N, directions x P) or batch first, and the state after the last step; P is the
   *   projection's size, or the hidden size without a projection
   */
  forward(x: Tensor, state?: LSTMState): { output: Tensor; state: LSTMState } {
    const { hidden, cell } = state ?? {
      hidden: this.initialState(x, this.outputSize),
      cell: this.initialState(x, this.hiddenSize),
    };
    const [output, lastHidden, lastCell] = lstm(
      x,
      [hidden, cell],
      this.weights(),
      this.bias,
      this.layers,
      this.dropout,
      this.isTraining,
      this.directions === 2,
      this.batchFirst,
    );
    return { output, state: { hidden: lastHidden, cell: lastCell } };
  }
}
