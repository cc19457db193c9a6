import { ops, type Tensor } from '../engine/index.js';
import { Conv2d, Layer, Sequential } from '../engine/nn/index.js';

/**
 * One block of CPC v2's context network: 1x1, 1x3, and a 2x1 convolution over this row and the one above, added to what came in.
 * A place sees its own row, on both sides, and one row more above it; nothing below.
 */
class ContextBlock extends Layer {
  readonly narrow: Conv2d;
  readonly across: Conv2d;
  readonly down: Conv2d;
  readonly wide: Conv2d;

  constructor(size: number, hidden: number) {
    super();
    this.narrow = new Conv2d(size, hidden, 1);
    this.across = new Conv2d(hidden, hidden, [1, 3], { padding: [0, 1] });
    this.down = new Conv2d(hidden, hidden, [2, 1]);
    this.wide = new Conv2d(hidden, size, 1);
  }

  override forward(x: Tensor): Tensor {
    const across = this.across.forward(this.narrow.forward(x).relu_());
    // A row of zeros on top, and none below: the first row has nothing above it.
    const down = this.down.forward(ops.pad(across, [0, 0, 1, 0])).relu_();
    return x.add(this.wide.forward(down));
  }
}

/**
 * The masked network that gathers what has been seen so far: (N, size, G, G) to the same, where row r of the result depends on the
 * rows 0 to r of the input. Hénaff et al. 2019, appendix (pseudo-code): five blocks of 256 channels, then ReLU. The PixelCNN of
 * CPC v1 has no published layout; this is its form in version 2.
 */
export class ContextNetwork extends Layer {
  readonly blocks: Sequential;

  constructor(size: number, hidden: number, count: number) {
    super();
    this.blocks = new Sequential(...Array.from({ length: count }, () => new ContextBlock(size, hidden)));
  }

  override forward(x: Tensor): Tensor {
    return this.blocks.forward(x).relu();
  }
}
