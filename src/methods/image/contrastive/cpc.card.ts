import { adam, arxiv, constant, cosine } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'cpc',
  title: 'CPC',
  family: 'contrastive',
  summary: 'Read an image patch by patch from the top and find the patches further down among those of all images.',
  paper: arxiv('1807.03748', 2018, {
    title: 'Representation Learning with Contrastive Predictive Coding',
    authors: 'Aaron van den Oord, Yazhe Li, Oriol Vinyals',
  }),
  score: { metric: 'accuracy', name: 'patches found among those of 100 images', better: 'higher' },
  recipes: {
    // Adam at 0.0002, 32 GPUs with 16 images each; the number of epochs is not published.
    paper: { backbone: 'resnet101', epochs: 200, batchSize: 512, ...adam(2e-4), ...constant() },
    small: { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, ...adam(5e-4), ...cosine(1) },
  },
};
