import { ops, type Tensor } from '../../engine/index.js';

/**
 * What a discriminator pays: the mean of the binary cross-entropies of real samples called real and of made ones called made,
 * from logits of any shape; ln 2 while it says nothing.
 *
 * Goodfellow et al., "Generative Adversarial Nets", NIPS 2014, equation 1.
 */
export function discriminatorLoss(real: Tensor, made: Tensor): Tensor {
  const [ofReal, ofMade] = [real.to('float32'), made.to('float32')];
  const realAsReal = ops.binaryCrossEntropyWithLogits(ofReal, ops.onesLike(ofReal));
  const madeAsMade = ops.binaryCrossEntropyWithLogits(ofMade, ops.zerosLike(ofMade));
  return realAsReal.add(madeAsMade).div(2);
}

/** What a generator pays: the binary cross-entropy of its samples called real, the form of the paper that does not saturate. */
export function generatorLoss(made: Tensor): Tensor {
  const logits = made.to('float32');
  return ops.binaryCrossEntropyWithLogits(logits, ops.onesLike(logits));
}

/**
 * The hinge form of the same: the sum of the means of max(0, 1 - score) of real samples and max(0, 1 + score) of made ones; 2 while scores
 * are 0. Who makes samples then takes the scores as they are.
 *
 * Lim, Ye, "Geometric GAN", 2017, https://arxiv.org/abs/1705.02894.
 */
export function hingeLoss(real: Tensor, made: Tensor): Tensor {
  const [ofReal, ofMade] = [real.to('float32'), made.to('float32')];
  return ofReal.rsub(1).relu().mean().add(ofMade.add(1).relu().mean());
}
