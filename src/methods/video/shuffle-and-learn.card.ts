import { adam, arxiv, cosine, sgd, steps } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'shuffle-and-learn',
  title: 'Shuffle and learn',
  family: 'video',
  summary: 'Look at three frames of a video and say whether they are in the order of time.',
  paper: arxiv('1603.08561', 2016, {
    title: 'Shuffle and Learn: Unsupervised Learning using Temporal Order Verification',
    authors: 'Ishan Misra, C. Lawrence Zitnick, Martial Hebert',
    code: 'https://github.com/imisra/shuffle-tuple',
  }),
  score: { metric: 'balancedAccuracy', name: 'balanced accuracy of the order (2)', better: 'higher' },
  recipes: {
    // 100,000 steps of 128 tuples of UCF101: 32 clips give as many here.
    paper: { backbone: 'caffenet', epochs: 335, batchSize: 32, ...sgd(1e-3, 5e-4), ...steps([0.8]) },
    small: { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, ...adam(1e-3), ...cosine(1) },
  },
};
