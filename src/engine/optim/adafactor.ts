import { scope } from '../scope.js';
import type { Tensor } from '../tensor.js';
import {
  type Batch,
  checkRate,
  type Group,
  Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
  type Slots,
} from './optimizer.js';

export interface AdafactorOptions extends OptimizerOptions {
  /** The mean of squares forgets by 1 - step^-decayExponent; 0.8 by default. */
  decayExponent?: number;
  /** Largest root mean square of an update before it is scaled; 1 by default. */
  clippingThreshold?: number;
  /** Added to the squares of gradients; 1e-30 by default. */
  eps?: number;
  /** Least root mean square of a parameter, so that zeros can grow; 1e-3 by default. */
  leastScale?: number;
  /** Parameters whose two longest dimensions have this length or more keep rows and columns alone; 128 by default. */
  leastFactored?: number;
}

/**
 * Adafactor (Shazeer and Stern 2018, algorithms 4 to 6, without momentum): the learning rate is relative to the parameter, and the mean of
 * squares of a matrix is kept as means of its rows and of its columns, R C^T / mean(R).
 *
 *     b = 1 - step^-0.8;  V = b V + (1 - b) (g^2 + eps);  u = g / sqrt(V)
 *     p -= learningRate max(leastScale, rms(p)) u / max(1, rms(u) / clippingThreshold)
 *
 * Dimensions are chosen as in mesh_tensorflow, optimize.py, which T5 uses: the two longest, from 128 on, for tensors of any rank. The
 * code that PEGASUS uses (tensor2tensor, adafactor.py) factors every matrix and nothing else (`leastFactored: 1`). A step counts
 * the updates of the parameter; both codes count those of the run. Weight decay, which they do not have, is decoupled: p -= learningRate
 * weightDecay p, as in PyTorch's Adafactor.
 */
export class Adafactor extends Optimizer {
  protected override readonly slots = { step: 'count', square: 'shaped' } as const;
  readonly decayExponent: number;
  readonly clippingThreshold: number;
  readonly eps: number;
  readonly leastScale: number;
  readonly leastFactored: number;

  constructor(params: readonly Tensor[] | readonly ParameterGroup[], options: AdafactorOptions) {
    super(params, options);
    this.decayExponent = checkRate('decayExponent', options.decayExponent ?? 0.8);
    this.clippingThreshold = checkRate('clippingThreshold', options.clippingThreshold ?? 1);
    this.eps = checkRate('eps', options.eps ?? 1e-30);
    this.leastScale = checkRate('leastScale', options.leastScale ?? 1e-3);
    this.leastFactored = checkRate('leastFactored', options.leastFactored ?? 128);
  }

  /** Of a factored parameter the means of rows, over its second longest dimension, and of columns, over its longest. */
  protected override slotsOf({ shape }: Tensor): Slots {
    const dims = this.#factored(shape);
    if (dims === null) return this.slots;
    const without = (gone: number): number[] => shape.map((size, dim) => (dim === gone ? 1 : size));
    return { step: 'count', row: without(dims[1]), column: without(dims[0]) };
  }

  protected override update(batch: Batch, group: Group): void {
    const { params, gradients } = batch;
    const steps = batch.state('step');
    const isFactored = this.#factored(params[0]!.shape) !== null;
    const means = (isFactored ? ['row', 'column'] : ['square']).map((slot) => batch.state(slot));
    for (const [i, param] of params.entries()) {
      // What one parameter needs is freed before the next: this rule is chosen to save memory.
      scope(() => {
        const share = steps[i]!.add_(1).pow(-this.decayExponent).to(param.dtype);
        const own = means.map((ofAll) => ofAll[i]!);
        this.#move(param, this.#normalized(gradients[i]!, own, share), group);
      });
    }
  }

  /** The gradient over the root of its mean square, which takes in `share` of the present one. */
  #normalized(gradient: Tensor, [row, column]: readonly Tensor[], share: Tensor): Tensor {
    const squares = gradient.square().add_(this.eps);
    if (column === undefined) return row!.lerp_(squares, share).rsqrt().mul(gradient);
    const [longest, second] = this.#factored(gradient.shape)!;
    row!.lerp_(squares.mean(second, true), share);
    column.lerp_(squares.mean(longest, true), share);
    return row!.div(row!.mean(longest, true)).rsqrt().mul(gradient).mul(column.rsqrt());
  }

  #move(param: Tensor, update: Tensor, { learningRate, weightDecay }: Group): void {
    const clip = rms(update).div(this.clippingThreshold).clampMin(1);
    const rate = rms(param).clampMin(this.leastScale).div(clip);
    if (weightDecay > 0) param.mul_(1 - learningRate * weightDecay);
    param.addcmul_(update, rate, { value: -learningRate });
  }

  /** The longest and the second longest dimension, the first of equals before; null for a parameter that keeps all squares. */
  #factored(shape: readonly number[]): readonly [number, number] | null {
    const [longest, second] = shape.map((_, dim) => dim).sort((a, b) => shape[b]! - shape[a]!);
    return second === undefined || shape[second]! < this.leastFactored ? null : [longest!, second];
  }
}

/** Root mean square, a scalar on the device. */
const rms = (values: Tensor): Tensor => values.vectorNorm().div(Math.sqrt(values.numel));
