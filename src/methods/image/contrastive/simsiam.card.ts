import { arxiv, cosine, sgd } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'simsiam',
  title: 'SimSiam',
  family: 'contrastive',
  summary: 'Predict the embedding of one view of an image from another, with the predicted side held constant.',
  paper: arxiv('2011.10566', 2021, {
    title: 'Exploring Simple Siamese Representation Learning',
    authors: 'Xinlei Chen, Kaiming He',
    code: 'https://github.com/facebookresearch/simsiam',
  }),
  score: { metric: 'loss', name: 'negative cosine', better: 'lower' },
  recipes: {
    // ImageNet: 0.05 per 256 images, no warm-up.
    paper: { backbone: 'resnet50', epochs: 100, batchSize: 512, ...sgd(0.1, 1e-4), ...cosine() },
    // The paper's CIFAR run (appendix D): 0.03 per 256 images, weight decay 5e-4.
    small: { backbone: 'resnet18', width: 32, epochs: 200, batchSize: 256, ...sgd(0.03, 5e-4), ...cosine() },
  },
};
