import { type Generator, noGrad, ops, scope } from '../../engine/index.js';
import type { Conv2d } from '../../engine/nn/index.js';

/**
 * Normal weights and biases of 0.
 * @param deviation of the weights; by default that of He et al. 2015 for ReLU
 */
export function startConvolution({ weight, bias }: Conv2d, random: Generator, deviation?: number): void {
  const fanIn = weight.numel / weight.size(0);
  scope(() =>
    noGrad(() => {
      const draws = ops.randn(weight.shape, { generator: random });
      weight.copy_(draws.mul(deviation ?? Math.sqrt(2 / fanIn)));
      bias?.fill_(0);
    }),
  );
}
