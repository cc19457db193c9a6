import { adam, cosine, sgd, steps } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'tracking-patches',
  title: 'Tracking patches',
  family: 'correspondence',
  summary: 'Find the patch in which a track ends by the patch in which it began, among patches of other videos.',
  paper: {
    title: 'Unsupervised Learning of Visual Representations using Videos',
    authors: 'Xiaolong Wang, Abhinav Gupta',
    year: 2015,
    url: 'https://arxiv.org/abs/1505.00687',
    code: 'https://github.com/xiaolonw/caffe-video_triplet',
  },
  score: { metric: 'accuracy', name: 'ends of tracks found among those of other videos', better: 'higher' },
  recipes: {
    paper: { backbone: 'caffenet', epochs: 10, batchSize: 100, ...sgd(1e-3, 5e-4), ...steps([0.25, 0.5, 0.75]) },
    small: { backbone: 'resnet18', width: 16, epochs: 60, batchSize: 50, ...adam(1e-3), ...cosine() },
  },
};
