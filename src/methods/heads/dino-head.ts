import { fullPrecision, ops, type Tensor } from '../../engine/index.js';
import { BatchNorm, GELU, init, Layer, Linear, Sequential } from '../../engine/nn/index.js';
import { l2Normalize } from '../losses/nt-xent.js';

/** `outputSize` is K, the dimensions of an answer; `useHeadNorm` puts batch norm behind the hidden layers. */
type Options = { hiddenSize: number; bottleneckSize: number; outputSize: number; useHeadNorm: boolean };

/** Three linear layers with GELU between, a bottleneck of unit length, and scores (N, K) against K unit vectors. */
export class DinoHead extends Layer {
  readonly mlp: Sequential;
  readonly last: Tensor;

  constructor(inputSize: number, { hiddenSize, bottleneckSize, outputSize, useHeadNorm }: Options) {
    super();
    const hidden = (size: number): Layer[] => [
      new Linear(size, hiddenSize),
      ...(useHeadNorm ? [new BatchNorm(hiddenSize)] : []),
      new GELU(),
    ];
    this.mlp = new Sequential(...hidden(inputSize), ...hidden(hiddenSize), new Linear(hiddenSize, bottleneckSize));
    for (const layer of this.mlp.layers) {
      if (!(layer instanceof Linear)) continue;
      init.normal_(layer.weight, 0, 0.02);
      init.constant_(layer.bias!, 0);
    }
    // Rows are used at unit length; how fast they turn depends on their initial length, which is that of a linear layer.
    const bound = 1 / Math.sqrt(bottleneckSize);
    this.last = this.parameter('last', ops.zeros([outputSize, bottleneckSize]));
    init.uniform_(this.last, -bound, bound);
  }

  override forward(x: Tensor, isLastFrozen = false): Tensor {
    const bottleneck = this.mlp.forward(x);
    return fullPrecision(x.device, () => {
      const last = isLastFrozen ? this.last.detach() : this.last;
      return l2Normalize(bottleneck.to('float32')).matmul(l2Normalize(last).t());
    });
  }
}
