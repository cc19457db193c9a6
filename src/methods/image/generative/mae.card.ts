import { adamw, arxiv, cosine } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'mae',
  title: 'MAE',
  family: 'generative',
  summary: 'Hide most patches of an image, encode the others only, and paint what is hidden.',
  paper: arxiv('2111.06377', 2022, {
    title: 'Masked Autoencoders Are Scalable Vision Learners',
    authors: 'Kaiming He, Xinlei Chen, Saining Xie, Yanghao Li, Piotr Dollár, Ross Girshick',
    code: 'https://github.com/facebookresearch/mae',
  }),
  score: { metric: 'explained', name: 'explained share of the hidden pixels', better: 'higher' },
  recipes: {
    // ImageNet: batch 4096 at 1.5e-4 per 256 images, 40 epochs of warm-up.
    paper: { backbone: 'vit-base', epochs: 800, batchSize: 4096, ...adamw(2.4e-3, 0.05), ...cosine(40) },
    small: { backbone: 'vit-micro', epochs: 200, batchSize: 128, ...adamw(1e-3, 0.05), ...cosine(5) },
  },
};
