import { dcganConvolutions, dcganDepth } from '../backbones/dcgan.js';
import { Conv2d, init, Sequential } from '../engine/nn/index.js';

/**
 * Real or made? One logit (N, 1, 1, 1) for images (N, channels, side, side): the convolutions of the `dcgan` backbone, until about
 * 4x4 positions are left, then one convolution over all of them.
 *
 * Radford, Metz, Chintala, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
 * ICLR 2016, as the code of the context encoder has it: no convolution has a bias.
 *
 * @param width channels after the first convolution
 */
export function dcganDiscriminator(channels: number, side: number, width: number): Sequential {
  const depth = dcganDepth(side);
  const units = dcganConvolutions(channels, depth, width);
  const last = units.at(-1)!.layers[0] as Conv2d;
  const logit = new Conv2d(last.outChannels, 1, Math.floor(side / 2 ** depth), { bias: false });
  init.normal_(logit.weight, 0, 0.02);
  return new Sequential(...units, logit);
}
