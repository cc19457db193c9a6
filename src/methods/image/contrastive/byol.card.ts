import { arxiv, cosine, lars, sgd } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'byol',
  title: 'BYOL',
  family: 'contrastive',
  summary:
    'Predict from one view how a slowly moving copy of the network represents the other view, without negatives.',
  paper: arxiv('2006.07733', 2020, {
    title: 'Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning',
    authors: 'Jean-Bastien Grill, Florian Strub, Florent Altché, Corentin Tallec, Pierre H. Richemond et al.',
    code: 'https://github.com/google-deepmind/deepmind-research/tree/master/byol',
  }),
  score: { metric: 'loss', name: '2 - 2 cos, both ways', better: 'lower' },
  recipes: {
    // ImageNet: batch 4096, LARS at 0.2 per 256 images, 10 epochs of warm-up, cosine.
    paper: { backbone: 'resnet50', epochs: 1000, batchSize: 4096, ...lars(3.2, 1.5e-6), ...cosine(10) },
    small: { backbone: 'resnet18', width: 32, epochs: 200, batchSize: 256, ...sgd(0.12, 5e-4), ...cosine(1) },
  },
};
