import { fullPrecision, noGrad } from '../autograd.js';
import { randn, zeros } from '../ops.generated.js';
import { scope } from '../scope.js';
import type { Tensor } from '../tensor.js';
import type { Conv2d } from './conv.js';
import type { Linear } from './linear.js';
import { Layer } from './module.js';

/** Steps of the power iteration before the first pass; each pass in training makes one more. */
const FIRST_STEPS = 10;
const EPSILON = 1e-12;

/**
 * A linear layer or convolution without bias, divided by the largest singular value of its weight (outputs, all else), and a bias of its own.
 * The singular value comes from one step of a power iteration per pass in training, which goes on from the last vector.
 *
 * Miyato, Kataoka, Koyama, Yoshida, "Spectral Normalization for Generative Adversarial Networks", ICLR 2018, https://arxiv.org/abs/1802.05957,
 * algorithm 1.
 */
export class SpectralNorm extends Layer {
  /** Left singular vector, (outputs). */
  readonly u: Tensor;
  readonly bias: Tensor;

  constructor(readonly layer: Linear | Conv2d) {
    super();
    const outputs = layer.weight.size(0);
    this.u = this.buffer('u', unit(randn([outputs])));
    this.bias = this.parameter('bias', zeros([outputs]));
    for (let i = 0; i < FIRST_STEPS; i++) scope(() => noGrad(() => void this.sigma()));
  }

  override forward(x: Tensor): Tensor {
    const y = this.layer.forward(x).div(this.sigma());
    return y.add(y.ndim === 4 ? this.bias.view([1, -1, 1, 1]) : this.bias);
  }

  /** The estimate of the largest singular value, a scalar; its gradient is that of u' W v with constant u and v. */
  sigma(): Tensor {
    return fullPrecision(this.u.device, () => {
      const weight = this.layer.weight.flatten(1);
      const v = noGrad(() => unit(weight.t().mv(this.u)));
      const product = weight.mv(v);
      const u = noGrad(() => unit(product));
      if (this.isTraining) noGrad(() => this.u.copy_(u));
      return u.dot(product);
    });
  }
}

const unit = (x: Tensor): Tensor => x.div(x.vectorNorm(2, [0]).clampMin(EPSILON));
