import { noGrad } from '../autograd.js';
import { linalgQr, randn } from '../ops.generated.js';
import type { Generator } from '../random.js';
import type { Tensor } from '../tensor.js';

/** Fan-in and fan-out of a weight (out, in, ...kernel): inputs of one output, outputs of one input. */
export function fans(weight: Tensor): [fanIn: number, fanOut: number] {
  const [out = 1, input = 1, ...kernel] = weight.shape;
  const area = kernel.reduce((product, size) => product * size, 1);
  return [input * area, out * area];
}

export function uniform_(tensor: Tensor, low: number, high: number, generator?: Generator): Tensor {
  return noGrad(() => tensor.uniform_(low, high, { generator }));
}

export function normal_(tensor: Tensor, mean = 0, std = 1, generator?: Generator): Tensor {
  return noGrad(() => tensor.normal_(mean, std, { generator }));
}

export function constant_(tensor: Tensor, value: number): Tensor {
  return noGrad(() => tensor.fill_(value));
}

/** Truncated normal within `cut` standard deviations, by inverting the distribution function: no draw is rejected. */
export function truncatedNormal_(tensor: Tensor, mean = 0, std = 1, cut = 2): Tensor {
  const edge = 2 * normalCdf(cut) - 1;
  return noGrad(() =>
    tensor
      .uniform_(-edge, edge)
      .erfinv_()
      .mul_(std * Math.SQRT2)
      .add_(mean)
      .clamp_(mean - cut * std, mean + cut * std),
  );
}

function normalCdf(x: number): number {
  // Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7.
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const half = 0.5 * poly * Math.exp((-x * x) / 2);
  return x >= 0 ? 1 - half : half;
}

/** He et al. 2015: normal with variance 2 / fan (for ReLU). */
export function kaimingNormal_(weight: Tensor, mode: 'fanIn' | 'fanOut' = 'fanIn'): Tensor {
  const [fanIn, fanOut] = fans(weight);
  return normal_(weight, 0, Math.sqrt(2 / (mode === 'fanIn' ? fanIn : fanOut)));
}

/** PyTorch's default for linear and convolution layers: uniform within 1 / sqrt(fan in). */
export function defaultUniform_(tensor: Tensor, fanIn: number): Tensor {
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  return uniform_(tensor, -bound, bound);
}

/** Glorot and Bengio 2010: uniform with variance 2 / (fan in + fan out), times the gain squared. */
export function xavierUniform_(weight: Tensor, gain = 1): Tensor {
  const [fanIn, fanOut] = fans(weight);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform_(weight, -bound, bound);
}

/** A random (semi-)orthogonal matrix (Saxe et al. 2013), from the QR decomposition of a normal one. */
export function orthogonal_(weight: Tensor, gain = 1): Tensor {
  return noGrad(() => {
    const [rows = 1, ...rest] = weight.shape;
    const columns = rest.reduce((product, size) => product * size, 1);
    const isTall = rows >= columns;
    const normal = randn([Math.max(rows, columns), Math.min(rows, columns)]);
    const [q, r] = linalgQr(normal);
    const signed = q.mul(r.diagonal().sign());
    return weight.copy_((isTall ? signed : signed.t()).reshape(weight.shape)).mul_(gain);
  });
}
