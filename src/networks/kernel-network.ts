import { noGrad, ops, type Tensor } from '../engine/index.js';
import { BatchNorm, Conv2d, init, Layer } from '../engine/nn/index.js';

/**
 * AMDIM's embedding of a map's positions for comparison (`FakeRKHSConvNet` of its code): a 1x1 residual branch that starts at
 * zero beside a linear shortcut that starts as the identity, then batch norm. (N, in, H, W) to (N, out, H, W).
 */
export class KernelNetwork extends Layer {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly shortcut: Conv2d;
  readonly norm: BatchNorm;

  constructor(inSize: number, outSize: number) {
    super();
    this.conv1 = new Conv2d(inSize, outSize, 1, { bias: false });
    this.conv2 = new Conv2d(outSize, outSize, 1, { bias: false });
    this.shortcut = new Conv2d(inSize, outSize, 1);
    this.norm = new BatchNorm(outSize);
    init.constant_(this.conv2.weight, 0);
    if (outSize >= inSize)
      noGrad(() => {
        const weight = this.shortcut.weight.uniform_(-0.01, 0.01);
        weight
          .view([outSize, inSize])
          .narrow(0, 0, inSize)
          .maskedFill_(ops.eye(inSize, { dtype: 'bool' }), 1);
      });
  }

  override forward(x: Tensor): Tensor {
    const branch = this.conv2.forward(this.conv1.forward(x).relu_());
    return this.norm.forward(branch.add(this.shortcut.forward(x)));
  }
}
