import { adam, arxiv, cosine, lars } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'vicreg',
  title: 'VICReg',
  family: 'contrastive',
  summary:
    'Draw two views of an image together while every component of the embedding keeps its variance and stays uncorrelated.',
  paper: arxiv('2105.04906', 2022, {
    title: 'VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning',
    authors: 'Adrien Bardes, Jean Ponce, Yann LeCun',
    code: 'https://github.com/facebookresearch/vicreg',
  }),
  score: { metric: 'loss', name: 'loss', better: 'lower' },
  recipes: {
    // ImageNet: LARS at 0.2 per 256 images.
    paper: { backbone: 'resnet50', epochs: 1000, batchSize: 2048, ...lars(1.6, 1e-6), ...cosine(10) },
    small: { backbone: 'resnet18', width: 32, epochs: 200, batchSize: 256, ...adam(1e-3, 1e-6), ...cosine(1) },
  },
};
