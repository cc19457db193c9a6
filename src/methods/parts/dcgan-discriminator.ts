import { BatchNorm, Conv2d, init, LeakyReLU, Sequential } from '../../engine/nn/index.js';

/**
 * Real or made? One logit (N, 1, 1, 1) for images (N, channels, side, side): 4x4 convolutions of stride 2, each with twice the
 * channels of the one before, until about 4x4 positions are left, then one convolution over all of them. Batch norm on all but
 * the first, LeakyReLU of slope 0.2, weights from N(0, 0.02).
 *
 * Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional GANs", ICLR 2016.
 *
 * @param width channels after the first convolution
 */
export function dcganDiscriminator(channels: number, side: number, width: number): Sequential {
  const halvings = Math.max(1, Math.round(Math.log2(side / 4)));
  const layers: (Conv2d | BatchNorm | LeakyReLU)[] = [];
  let rest = side;
  for (let i = 0; i < halvings; i++) {
    const size = width * 2 ** i;
    layers.push(new Conv2d(i === 0 ? channels : size / 2, size, 4, { stride: 2, padding: 1, bias: i === 0 }));
    if (i > 0) layers.push(new BatchNorm(size));
    layers.push(new LeakyReLU(0.2));
    rest = Math.floor(rest / 2);
  }
  const discriminator = new Sequential(...layers, new Conv2d(width * 2 ** (halvings - 1), 1, rest));
  for (const [, module] of discriminator.modules())
    if (module instanceof Conv2d) {
      init.normal_(module.weight, 0, 0.02);
      if (module.bias) init.constant_(module.bias, 0);
    }
  return discriminator;
}
