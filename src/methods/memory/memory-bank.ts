import { noGrad, ops, type Tensor } from '../../engine/index.js';
import { Module } from '../../engine/nn/index.js';
import { l2Normalize } from '../losses/nt-xent.js';

/**
 * One remembered embedding for every sample of the data set, as a buffer: it lives across steps and goes into the checkpoint.
 *
 * Rows start uniform in +-sqrt(3 / size), which makes them of length one on average; every row that was updated once has length
 * one exactly (Wu et al. 2018, official code).
 */
export class MemoryBank extends Module {
  /** (count, size) */
  readonly features: Tensor;

  constructor({ count, size }: { count: number; size: number }) {
    super();
    const most = Math.sqrt(3 / size);
    const drawn = ops.rand([count, size]).mul(2 * most);
    this.features = this.buffer('features', drawn.sub(most));
  }

  /**
   * Moves the rows of some samples towards their new embeddings: row = decay row + (1 - decay) embedding, scaled to length one. All
   * other rows stay as they are.
   *
   * @param indices samples, int64 (N), each at most once
   * @param embeddings (N, size)
   * @param decay share of the old row that stays
   */
  update(indices: Tensor, embeddings: Tensor, decay: number): void {
    noGrad(() => {
      const rows = this.features.indexSelect(0, indices);
      this.features.indexCopy_(0, indices, l2Normalize(embeddings.to(rows.dtype).lerp(rows, decay)));
    });
  }
}
