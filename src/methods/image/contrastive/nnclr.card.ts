import { arxiv, cosine, lars, sgd } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'nnclr',
  title: 'NNCLR',
  family: 'contrastive',
  summary: 'Match each view with the nearest neighbor of the other view among earlier images.',
  paper: arxiv('2104.14548', 2021, {
    title: 'With a Little Help from My Friends: Nearest-Neighbor Contrastive Learning of Visual Representations',
    authors: 'Debidatta Dwibedi, Yusuf Aytar, Jonathan Tompson, Pierre Sermanet, Andrew Zisserman',
  }),
  score: { metric: 'accuracy', name: 'contrastive accuracy', better: 'higher' },
  recipes: {
    // ImageNet: LARS at 0.3 per 256 images, 10 epochs of warm-up, cosine.
    paper: { backbone: 'resnet50', epochs: 1000, batchSize: 4096, ...lars(4.8, 1e-6), ...cosine(10) },
    small: { backbone: 'resnet18', width: 32, epochs: 200, batchSize: 256, ...sgd(0.06, 5e-4), ...cosine(1) },
  },
};
