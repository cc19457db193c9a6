import { adam, arxiv, constant, cosine, sgd } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'patch-position',
  title: 'Relative patch position',
  family: 'patches',
  summary: 'Cut two neighboring patches out of an image and predict in which of eight directions the second lies.',
  paper: arxiv('1505.05192', 2015, {
    title: 'Unsupervised Visual Representation Learning by Context Prediction',
    authors: 'Carl Doersch, Abhinav Gupta, Alexei A. Efros',
    code: 'https://github.com/cdoersch/deepcontext',
  }),
  score: { metric: 'accuracy', name: 'direction accuracy (8)', better: 'higher' },
  recipes: {
    // Plain SGD at 1e-5 on the loss summed over some 2,000 pairs of a batch of 512 patches, for over a million steps of ImageNet;
    // here on the mean.
    paper: { backbone: 'caffenet', epochs: 35, batchSize: 32, ...sgd(0.02, 0, { momentum: 0 }), ...constant() },
    small: { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, ...adam(1e-3), ...cosine(1) },
  },
};
