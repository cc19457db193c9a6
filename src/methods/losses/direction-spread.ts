import { noGrad, type Tensor } from '../../engine/index.js';
import { l2Normalize } from './nt-xent.js';

/**
 * Spread of embeddings (N, d) over the sphere: the standard deviation of every dimension of the L2-normalized rows over the batch,
 * averaged and multiplied by sqrt(d). Near 1 when they point everywhere, 0 when all point the same way (Chen and He 2021, figure 2).
 */
export function directionSpread(z: Tensor): Tensor {
  return noGrad(() =>
    l2Normalize(z.detach().to('float32'))
      .std([0], { correction: 0 })
      .mean()
      .mul(Math.sqrt(z.size(1))),
  );
}
