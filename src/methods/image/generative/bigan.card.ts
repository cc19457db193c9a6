import { adam, arxiv, constant, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'bigan',
  title: 'BiGAN',
  family: 'generative',
  summary: 'Paint images from codes and read codes from images, so that a discriminator cannot tell their pairs apart.',
  paper: arxiv('1605.09782', 2016, {
    title: 'Adversarial Feature Learning',
    authors: 'Jeff Donahue, Philipp Krahenbuhl, Trevor Darrell',
    code: 'https://github.com/jeffdonahue/bigan',
  }),
  score: {
    metric: 'reconstruction',
    name: "distance to one's own reconstruction, as a share of that to another's",
    better: 'lower',
    group: 'generator',
  },
  recipes: {
    // ImageNet at 64 pixels. The rate falls to a hundredth in the second half, exponentially there, in five steps here.
    paper: {
      backbone: 'caffenet',
      epochs: 100,
      batchSize: 128,
      ...adam(2e-4, 2.5e-5),
      ...steps([0.5, 0.6, 0.7, 0.8, 0.9], 0.4),
    },
    small: { backbone: 'dcgan', width: 32, epochs: 100, batchSize: 64, ...adam(2e-4, 2.5e-5), ...constant() },
  },
};
