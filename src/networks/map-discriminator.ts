import { Conv2d, LeakyReLU, Sequential } from '../engine/nn/index.js';

/**
 * Rendered or real? Logits (N, 1, h', w') for the parts of a backbone's map (N, size, side, side): a 3x3 convolution of stride 2 and
 * two of 1x1 with LeakyReLU between them. Ren and Lee 2018, without the batch norm of their code.
 *
 * @param width channels of the hidden layers
 */
export function mapDiscriminator(size: number, side: number, width: number): Sequential {
  return new Sequential(
    new Conv2d(size, width, 3, { stride: 2, padding: side < 3 ? 1 : 0 }),
    new LeakyReLU(0.2),
    new Conv2d(width, width, 1),
    new LeakyReLU(0.2),
    new Conv2d(width, 1, 1),
  );
}
