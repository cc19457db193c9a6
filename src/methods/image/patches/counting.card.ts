import { adam, arxiv, cosine, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'counting',
  title: 'Counting',
  family: 'patches',
  summary: 'Count in the quarters of an image and in the whole of it, so that the parts add up.',
  paper: arxiv('1708.06734', 2017, {
    title: 'Representation Learning by Learning to Count',
    authors: 'Mehdi Noroozi, Hamed Pirsiavash, Paolo Favaro',
  }),
  score: {
    metric: 'accuracy',
    name: 'quarters nearer to their own image than to another (chance 50 %)',
    better: 'higher',
  },
  recipes: {
    // The rate falls by 0.9 every 10,000 steps: five times in each tenth of 100 epochs of ImageNet. Length and optimizer are our choice.
    paper: {
      ...{ backbone: 'caffenet', epochs: 100, batchSize: 256 },
      ...adam(1e-4),
      ...steps([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], 0.9 ** 5),
    },
    small: { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 128, ...adam(1e-3), ...cosine(1) },
  },
};
