import { full } from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { Layer } from './module.js';

export class ReLU extends Layer {
  override forward(x: Tensor): Tensor {
    return x.relu();
  }
}

/** x where it is positive, `negativeSlope` x elsewhere. */
export class LeakyReLU extends Layer {
  constructor(readonly negativeSlope = 0.01) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return x.leakyRelu(this.negativeSlope);
  }
}

/** LeakyReLU with a learned slope, shared (`features` 1) or per channel of (N, C, ...) (He et al. 2015). */
export class PReLU extends Layer {
  weight: Tensor;

  constructor(features = 1, slope = 0.25) {
    super();
    this.weight = this.parameter('weight', full([features], slope, { dtype: 'float32' }));
  }

  override forward(x: Tensor): Tensor {
    return x.prelu(this.weight);
  }
}

/** x times the normal distribution function (Hendrycks and Gimpel 2016), or its tanh approximation, as in GPT-2. */
export class GELU extends Layer {
  constructor(readonly approximate: 'none' | 'tanh' = 'none') {
    super();
  }

  override forward(x: Tensor): Tensor {
    return x.gelu({ approximate: this.approximate });
  }
}

/** x sigmoid(x), also called swish. */
export class SiLU extends Layer {
  override forward(x: Tensor): Tensor {
    return x.silu();
  }
}

export class Tanh extends Layer {
  override forward(x: Tensor): Tensor {
    return x.tanh();
  }
}

export class Sigmoid extends Layer {
  override forward(x: Tensor): Tensor {
    return x.sigmoid();
  }
}
