import { arxiv, cosine, sgd } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'cvrl',
  title: 'CVRL',
  family: 'contrastive',
  summary: 'Find, for a clip, another clip of the same video among those of all videos of the batch.',
  paper: arxiv('2008.03800', 2021, {
    title: 'Spatiotemporal Contrastive Video Representation Learning',
    authors: 'Rui Qian, Tianjian Meng, Boqing Gong, Ming-Hsuan Yang, Huisheng Wang, Serge Belongie, Yin Cui',
    code: 'https://github.com/tensorflow/models',
  }),
  score: { metric: 'accuracy', name: 'contrastive accuracy', better: 'higher' },
  recipes: {
    paper: { backbone: 'r3d18', epochs: 200, batchSize: 1024, ...sgd(0.32, 1e-6), ...cosine(5) },
    small: { backbone: 'r3d18', width: 16, epochs: 100, batchSize: 32, ...sgd(0.06, 1e-4), ...cosine(2) },
  },
};
