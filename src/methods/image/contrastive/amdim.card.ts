import { adam, arxiv, cosine, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'amdim',
  title: 'AMDIM',
  family: 'contrastive',
  summary:
    'From the whole of one view of an image, know every place of its other view among those of all other images.',
  paper: arxiv('1906.00910', 2019, {
    title: 'Learning Representations by Maximizing Mutual Information Across Views',
    authors: 'Philip Bachman, R Devon Hjelm, William Buchwalter',
    code: 'https://github.com/Philip-Bachman/amdim-public',
  }),
  score: { metric: 'accuracy', name: 'places told from all other images', better: 'higher' },
  recipes: {
    // The code's defaults, a run on STL-10: Adam at 0.0002 with decays 0.8 and 0.999, 500 steps of warm-up, which are an epoch there, a
    // fifth of the rate after 250 and 280 epochs. On ImageNet: batch 480, 50 epochs, a fifth after 30 and 45.
    paper: {
      backbone: 'amdim',
      epochs: 300,
      batchSize: 200,
      ...adam(2e-4, 1e-5),
      ...steps([250 / 300, 280 / 300], 0.2),
      warmupEpochs: 1,
    },
    small: { backbone: 'amdim', width: 32, epochs: 100, batchSize: 128, ...adam(1e-3, 1e-5), ...cosine(1) },
  },
};
