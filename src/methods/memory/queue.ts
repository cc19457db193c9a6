import { noGrad, ops, type Tensor } from '../../engine/index.js';
import { Module } from '../../engine/nn/index.js';
import { expected } from '../../errors.js';
import { l2Normalize } from '../losses/nt-xent.js';

/** Rows that the queue holds (the option `queueSize`), the length of a row, and the most rows that one `push` brings. */
type Options = { capacity: number; size: number; batch: number };

/**
 * The newest rows of past batches, first in, first out, as buffers: they live across steps and go into the checkpoint.
 *
 * It starts full of random unit vectors, as MoCo's; `isFull` once all of them have been replaced. The capacity need not be a
 * multiple of the batch: batches wrap around its end.
 */
export class FeatureQueue extends Module {
  /** (capacity, size), in the order of the slots, not of age. */
  readonly features: Tensor;
  /** Rows pushed so far, int64 scalar; modulo the capacity it is the slot of the oldest row, which goes next. */
  private readonly pushed: Tensor;

  /** @throws AutodidactError `USAGE` when a batch does not fit */
  constructor({ capacity, size, batch }: Options) {
    super();
    if (capacity < batch)
      throw expected(`room for at least the ${batch} vectors of one batch`, 'queueSize', capacity, {
        remedy: `Raise it, best to a multiple of ${batch}, or lower --batch-size.`,
      });
    this.features = this.buffer('features', l2Normalize(ops.randn([capacity, size])));
    this.pushed = this.buffer('pushed', ops.zeros([], { dtype: 'int64' }));
  }

  /** Whether every row comes from a batch. */
  get isFull(): boolean {
    return this.pushed.item() >= this.features.size(0);
  }

  /** Replaces the oldest rows by these (n, size), n at most the capacity. */
  push(rows: Tensor): void {
    const [capacity] = this.features.shape as [number, number];
    const count = rows.size(0);
    if (rows.ndim !== 2 || rows.size(1) !== this.features.size(1) || count > capacity)
      throw expected(`at most ${capacity} rows of ${this.features.size(1)}`, 'rows', rows, { code: 'SHAPE' });
    noGrad(() => {
      this.features.indexCopy_(0, this.oldest(count), rows.to(this.features.dtype));
      this.pushed.add_(count);
    });
  }

  /** The slots of the oldest rows, int64 (n). */
  protected oldest(count: number): Tensor {
    const places = ops.arange(0, count, 1, { dtype: 'int64', device: this.pushed.device });
    return places.add(this.pushed).remainder(this.features.size(0));
  }
}

/**
 * A queue that knows the image of each row, so that no image meets itself: a queue of thousands holds keys of a small data set's every
 * image. Its capacity is at most the number of images, or one batch.
 */
export class ImageQueue extends FeatureQueue {
  /** int64 (capacity): the position in the data of each row's image; -1 for rows that no batch brought. */
  readonly images: Tensor;
  /** A sentence for people where the capacity is less than was asked for. */
  readonly warnings: readonly string[];

  /**
   * @param count images in the data
   * @throws AutodidactError `USAGE` when a batch does not fit
   */
  constructor({ capacity, size, batch, count }: Options & { count: number }) {
    const filled = Math.min(capacity, Math.max(batch, count));
    super({ capacity: filled, size, batch });
    this.images = this.buffer('images', ops.full([filled], -1, { dtype: 'int64' }));
    this.warnings =
      filled < capacity ? [`The queue holds ${filled} vectors, not ${capacity}: there are ${count} images.`] : [];
  }

  /** Replaces the oldest rows by these (n, size), which are of these images, int64 (n). */
  pushOf(rows: Tensor, images: Tensor): void {
    const slots = noGrad(() => this.oldest(rows.size(0)));
    this.push(rows);
    noGrad(() => this.images.indexCopy_(0, slots, images));
  }

  /** Which rows are of the same image as each of these, int64 (N): bool (N, capacity). */
  isOf(images: Tensor): Tensor {
    return noGrad(() => this.images.eq(images.unsqueeze(1)));
  }

  /** Which rows no batch brought: bool (capacity). */
  get isEmpty(): Tensor {
    return noGrad(() => this.images.lt(0));
  }
}
