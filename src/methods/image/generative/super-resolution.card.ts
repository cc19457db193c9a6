import { adam, arxiv, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'super-resolution',
  title: 'Super-resolution (SRGAN)',
  family: 'generative',
  summary:
    'Make every image small, and paint the large one again; then so that a discriminator takes it for a true one.',
  paper: arxiv('1609.04802', 2017, {
    title: 'Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network',
    authors: 'Christian Ledig, Lucas Theis, Ferenc Huszar, Jose Caballero, Andrew Cunningham et al.',
  }),
  score: { metric: 'psnr', name: 'PSNR of the Y channel in dB', better: 'higher', group: 'generator' },
  recipes: {
    // A million steps of SRResNet and 200,000 of SRGAN, of which the second half at a tenth of the rate: with 16 crops in a batch
    // about 15 passes over the 1.28 million images of ImageNet.
    paper: { backbone: 'srresnet', epochs: 15, batchSize: 16, ...adam(1e-4), ...steps([0.9165]) },
    // A discriminator learns nothing at the rate at which SRResNet learns fastest: it begins with the lower one.
    small: { backbone: 'srresnet', width: 16, epochs: 20, batchSize: 16, ...adam(2e-3), ...steps([0.7], 0.25) },
  },
};
