import { type Generator, ops, type Tensor, withoutGraph } from '../../engine/index.js';
import { Module } from '../../engine/nn/index.js';

/** Which samples of a batch are exchanged for older ones, drawn by `HistoryPool.draw`. */
export interface Exchange {
  /** Whether each sample gives way to an older one, bool (N). */
  isOld: Tensor;
  /** The place in the pool of each sample, int64 (N), never the same for two that are exchanged. */
  slots: Tensor;
}

/**
 * A discriminator's memory (Shrivastava et al., "Learning from Simulated and Unsupervised Images through Adversarial Training",
 * CVPR 2017, section 2.3): half of what it is shown comes from earlier steps, so that the network that deceives it cannot return
 * to an old trick. As in the code of CycleGAN, the pool is filled first; then each sample is, with probability 1/2, exchanged for
 * one of the pool. The maps are buffers and go into the checkpoint.
 */
export class HistoryPool extends Module {
  /** (capacity, ...), of which the first `filled` are in use. */
  readonly maps: Tensor;
  private readonly filled: Tensor;

  constructor(
    readonly capacity: number,
    shape: readonly number[],
  ) {
    super();
    this.maps = this.buffer('maps', ops.zeros([capacity, ...shape]));
    this.filled = this.buffer('filled', ops.zeros([], { dtype: 'int64' }));
  }

  /** Draws which of `count` samples are exchanged, and with which places. */
  draw(count: number, random: Generator): Exchange {
    const device = random.device;
    // Of more samples than places, those without one stay as they are.
    const order = ops.randperm(Math.max(count, this.capacity), { generator: random, dtype: 'int64', device });
    const slots = order.narrow(0, 0, count);
    const isOld = ops.rand([count], { generator: random, device }).lt(0.5);
    return { isOld: isOld.logicalAnd(slots.lt(this.capacity)), slots: slots.clampMax(Math.max(0, this.capacity - 1)) };
  }

  /** What the discriminator is shown: the samples (N, ...), with those that are exchanged replaced by older ones. */
  shown(samples: Tensor, { isOld, slots }: Exchange): Tensor {
    if (this.capacity === 0 || this.filled.item() < this.capacity) return samples;
    const condition = isOld.view([-1, ...Array<number>(samples.ndim - 1).fill(1)]);
    return ops.where(condition.expand(samples.shape), this.maps.indexSelect(0, slots).to(samples.dtype), samples);
  }

  /** Takes in the samples: into the free places while there are any, then those that were exchanged. */
  keep(samples: Tensor, { isOld, slots }: Exchange): void {
    if (this.capacity === 0) return;
    withoutGraph(() => {
      const filled = this.filled.item();
      if (filled < this.capacity) {
        const taken = Math.min(samples.size(0), this.capacity - filled);
        this.maps.narrow(0, filled, taken).copy_(samples.narrow(0, 0, taken));
        this.filled.add_(taken);
        return;
      }
      const exchanged = isOld.nonzero().flatten();
      if (exchanged.numel === 0) return;
      const places = slots.indexSelect(0, exchanged);
      this.maps.indexCopy_(0, places, samples.indexSelect(0, exchanged).to(this.maps.dtype));
    });
  }
}
