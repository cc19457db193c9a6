import { expected } from '../../errors.js';
import { dropout, featureDropout } from '../ops.generated.js';
import type { Tensor } from '../tensor.js';
import { Layer } from './module.js';

function checkShare(p: number): void {
  if (!(p >= 0 && p <= 1)) throw expected('a number from 0 to 1', 'p', p);
}

/**
 * In training, sets elements to zero with probability `p` and divides the others by 1 - p (Srivastava et al. 2014). Draws
 * from the default generator.
 *
 * @throws AutodidactError `USAGE` when `p` is outside [0, 1]
 */
export class Dropout extends Layer {
  constructor(readonly p = 0.5) {
    super();
    checkShare(p);
  }

  override forward(x: Tensor): Tensor {
    return dropout(x, this.p, this.isTraining);
  }
}

/** Dropout of whole channels of (N, C, H, W) (Tompson et al. 2015). */
export class Dropout2d extends Layer {
  constructor(readonly p = 0.5) {
    super();
    checkShare(p);
  }

  override forward(x: Tensor): Tensor {
    return featureDropout(x, this.p, this.isTraining);
  }
}
