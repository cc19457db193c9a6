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
      const places = ops.arange(0, count, 1, { dtype: 'int64', device: rows.device });
      const slots = places.add(this.pushed).remainder(capacity);
      this.features.indexCopy_(0, slots, rows.to(this.features.dtype));
      this.pushed.add_(count);
    });
  }
}
