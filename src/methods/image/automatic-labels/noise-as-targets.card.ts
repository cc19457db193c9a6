import { adam, arxiv, constant, cosine, sgd } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'noise-as-targets',
  title: 'Noise as targets',
  family: 'automatic-labels',
  summary: 'Map every image to a random point of its own, and let images trade points so that similar ones come close.',
  paper: arxiv('1704.05310', 2017, {
    title: 'Unsupervised Learning by Predicting Noise',
    authors: 'Piotr Bojanowski, Armand Joulin',
    code: 'https://github.com/facebookresearch/noise-as-targets',
  }),
  score: { metric: 'loss', name: 'squared distance to the target', better: 'lower', isOfTrainingData: true },
  recipes: {
    // The code's 0.01 for the sum over 256 images.
    paper: { backbone: 'caffenet', epochs: 100, batchSize: 256, ...sgd(2.56, 0, { momentum: 0 }), ...constant() },
    small: { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 128, ...adam(1e-3), ...cosine(1) },
  },
};
