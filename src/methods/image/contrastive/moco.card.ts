import { arxiv, cosine, sgd } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'moco',
  title: 'MoCo',
  family: 'contrastive',
  summary: 'Find the other view of an image among a long queue of keys made by a slowly moving copy of the encoder.',
  paper: arxiv('1911.05722', 2020, {
    title: 'Momentum Contrast for Unsupervised Visual Representation Learning',
    authors: 'Kaiming He, Haoqi Fan, Yuxin Wu, Saining Xie, Ross Girshick',
    code: 'https://github.com/facebookresearch/moco',
  }),
  score: { metric: 'accuracy', name: 'contrastive accuracy', better: 'higher' },
  recipes: {
    // Version 2 on ImageNet; version 1 divides the rate by 10 at epochs 120 and 160 instead of the cosine.
    paper: { backbone: 'resnet50', epochs: 200, batchSize: 256, ...sgd(0.03, 1e-4), ...cosine() },
    // The CIFAR notebook's 0.06 at 512, scaled to 256.
    small: { backbone: 'resnet18', width: 32, epochs: 200, batchSize: 256, ...sgd(0.03, 5e-4), ...cosine() },
  },
};
