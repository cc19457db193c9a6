import { fullPrecision } from '../autograd.js';
import { conv1d, conv2d, conv3d, convTranspose2d, empty, pad } from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { defaultUniform_ } from './init.js';
import { Layer } from './module.js';

export interface ConvOptions {
  stride?: number | readonly number[];
  padding?: number | readonly number[];
  dilation?: number | readonly number[];
  groups?: number;
  bias?: boolean;
}

const sizes = (value: number | readonly number[], dims: number): number[] =>
  typeof value === 'number' ? Array<number>(dims).fill(value) : [...value];

abstract class Conv extends Layer {
  weight: Tensor;
  bias: Tensor | null;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: number | readonly number[],
    dims: number,
    readonly options: ConvOptions,
  ) {
    super();
    const kernel = sizes(kernelSize, dims);
    const shape = [outChannels, inChannels / (options.groups ?? 1), ...kernel];
    const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
    this.weight = this.parameter('weight', defaultUniform_(empty(shape), fanIn));
    const hasBias = options.bias ?? true;
    this.bias = hasBias ? this.parameter('bias', defaultUniform_(empty([outChannels]), fanIn)) : null;
  }
}

/** Convolution over (N, C, L). */
export class Conv1d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: number, options: ConvOptions = {}) {
    super(inChannels, outChannels, kernelSize, 1, options);
  }

  override forward(x: Tensor): Tensor {
    const { stride, padding, dilation, groups } = this.options;
    return conv1d(x, this.weight, this.bias, stride, padding, dilation, groups);
  }
}

/** What stands beyond the edges: zeros, or the picture mirrored without repeating its edge. */
export type PaddingMode = 'zeros' | 'reflect';

/** Convolution over (N, C, H, W). */
export class Conv2d extends Conv {
  private readonly paddingMode: PaddingMode;
  /**
   * oneDNN's kernel for the weight gradient may write past its buffer, which gives wrong gradients or ends the process,
   * when a 1 x 1 convolution is strided, channels last, and has fewer input channels than a block of 8 (AVX2) or 16
   * (AVX-512). Such a convolution runs without stride on the pixels it reads, with the same result.
   * https://github.com/uxlfoundation/oneDNN/issues/6035
   */
  private readonly readsPixelsFirst: boolean;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number | readonly number[],
    { paddingMode = 'zeros', ...options }: ConvOptions & { paddingMode?: PaddingMode } = {},
  ) {
    super(inChannels, outChannels, kernelSize, 2, options);
    this.paddingMode = paddingMode;
    const { stride = 1, padding = 0, groups = 1 } = options;
    const isPointwise =
      sizes(kernelSize, 2).every((size) => size === 1) && sizes(padding, 2).every((size) => size === 0);
    const isStrided = sizes(stride, 2).some((step) => step > 1);
    this.readsPixelsFirst = isPointwise && isStrided && groups === 1 && inChannels < 16;
  }

  override forward(x: Tensor): Tensor {
    const { stride, padding = 0, dilation, groups } = this.options;
    if (this.paddingMode === 'reflect' && padding !== 0) {
      const [down, across] = sizes(padding, 2) as [number, number];
      return conv2d(
        pad(x, [across, across, down, down], 'reflect'),
        this.weight,
        this.bias,
        stride,
        0,
        dilation,
        groups,
      );
    }
    if (!this.readsPixelsFirst) return conv2d(x, this.weight, this.bias, stride, padding, dilation, groups);
    const [down, across] = sizes(stride!, 2);
    return conv2d(x.slice(-2, 0, null, down!).slice(-1, 0, null, across!), this.weight, this.bias);
  }
}

/**
 * Convolution over (N, C, T, H, W). On the CPU it stays in float32 under autocast: oneDNN's bfloat16 kernels give wrong weight
 * gradients there, and with some shapes wrong outputs. https://github.com/pytorch/pytorch/pull/188426
 */
export class Conv3d extends Conv {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number | readonly number[],
    options: ConvOptions = {},
  ) {
    super(inChannels, outChannels, kernelSize, 3, options);
  }

  override forward(x: Tensor): Tensor {
    const { stride, padding, dilation, groups } = this.options;
    const run = (input: Tensor) => conv3d(input, this.weight, this.bias, stride, padding, dilation, groups);
    return x.device === 'cpu' ? fullPrecision('cpu', () => run(x.to(this.weight.dtype))) : run(x);
  }
}

export interface ConvTransposeOptions extends ConvOptions {
  outputPadding?: number | readonly number[];
}

/** Transposed ("up-") convolution over (N, C, H, W); the weight is (in, out / groups, kH, kW) as in PyTorch. */
export class ConvTranspose2d extends Layer {
  weight: Tensor;
  bias: Tensor | null;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: number | readonly number[],
    readonly options: ConvTransposeOptions = {},
  ) {
    super();
    const kernel = sizes(kernelSize, 2);
    const shape = [inChannels, outChannels / (options.groups ?? 1), ...kernel];
    // As in PyTorch, the fan-in comes from the weight's second dimension here too.
    const fanIn = shape.slice(1).reduce((product, size) => product * size, 1);
    this.weight = this.parameter('weight', defaultUniform_(empty(shape), fanIn));
    const hasBias = options.bias ?? true;
    this.bias = hasBias ? this.parameter('bias', defaultUniform_(empty([outChannels]), fanIn)) : null;
  }

  override forward(x: Tensor): Tensor {
    const { stride, padding, outputPadding, groups, dilation } = this.options;
    return convTranspose2d(x, this.weight, this.bias, stride, padding, outputPadding, groups, dilation);
  }
}
