import { arxiv, cosine, lars, sgd } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'simclr',
  title: 'SimCLR',
  family: 'contrastive',
  summary: 'Crop and recolor every image twice and find the two views of one image among all views of the batch.',
  paper: arxiv('2002.05709', 2020, {
    title: 'A Simple Framework for Contrastive Learning of Visual Representations',
    authors: 'Ting Chen, Simon Kornblith, Mohammad Norouzi, Geoffrey Hinton',
    code: 'https://github.com/google-research/simclr',
  }),
  score: { metric: 'accuracy', name: 'contrastive accuracy', better: 'higher' },
  recipes: {
    // ImageNet: batch 4096, LARS at 0.3 per 256 images, 10 epochs of warm-up, cosine.
    paper: { backbone: 'resnet50', epochs: 1000, batchSize: 4096, ...lars(4.8, 1e-6), ...cosine(10) },
    small: { backbone: 'resnet18', width: 32, epochs: 100, batchSize: 256, ...sgd(0.06, 5e-4), ...cosine(1) },
  },
};
