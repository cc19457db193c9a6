import { adam, arxiv, cosine, sgd, steps } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'motion-segmentation',
  title: 'Motion segmentation',
  family: 'automatic labels',
  summary: 'Find what moves in videos by its motion, and segment it in single frames.',
  paper: arxiv('1612.06370', 2017, {
    title: 'Learning Features by Watching Objects Move',
    authors: 'Deepak Pathak, Ross Girshick, Piotr Dollár, Trevor Darrell, Bharath Hariharan',
    code: 'https://github.com/pathak22/unsupervised-video',
  }),
  score: { metric: 'iou', name: 'intersection over union with what moves', better: 'higher' },
  recipes: {
    // The network is the code's; how it was trained is not in it.
    paper: { backbone: 'caffenet', epochs: 30, batchSize: 128, ...sgd(0.01, 5e-4), ...steps([0.5, 0.75], 0.1) },
    small: { backbone: 'resnet18', width: 16, epochs: 60, batchSize: 32, ...adam(1e-3), ...cosine(1) },
  },
};
