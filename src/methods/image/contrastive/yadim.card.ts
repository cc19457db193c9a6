import { adam, arxiv, cosine, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'yadim',
  title: 'YADIM',
  family: 'contrastive',
  summary: 'From one place of a view of an image, know every place of its other view among those of all other images.',
  paper: arxiv('2009.00104', 2020, {
    title: 'A Framework For Contrastive Self-Supervised Learning And Designing A New Approach',
    authors: 'William Falcon, Kyunghyun Cho',
    code: 'https://github.com/Lightning-Universe/lightning-bolts',
  }),
  score: { metric: 'accuracy', name: 'places told from all other images', better: 'higher' },
  recipes: {
    // The paper does not give its training; that of AMDIM, by the same authors' report.
    paper: {
      backbone: 'resnet34',
      epochs: 300,
      batchSize: 200,
      ...adam(2e-4, 1e-5),
      ...steps([250 / 300, 280 / 300], 0.2),
      warmupEpochs: 1,
    },
    small: { backbone: 'resnet18', width: 32, epochs: 100, batchSize: 128, ...adam(1e-3, 1e-5), ...cosine(1) },
  },
};
