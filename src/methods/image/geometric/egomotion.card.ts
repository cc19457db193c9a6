import { adam, arxiv, cosine, sgd, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'egomotion',
  title: 'Egomotion',
  family: 'geometric',
  summary: 'Tell from two frames, over a still image or of a video, how the camera moved: right, down, around, nearer.',
  paper: arxiv('1505.01596', 2015, {
    title: 'Learning to See by Moving',
    authors: 'Pulkit Agrawal, Joao Carreira, Jitendra Malik',
    code: 'https://github.com/pulkitag/learning-to-see-by-moving',
  }),
  score: { metric: 'accuracy', name: 'accuracy, mean over the degrees of freedom', better: 'higher' },
  recipes: {
    // The code's recipe on KITTI: the released network has seen 60,000 batches of a million pairs.
    paper: {
      backbone: 'caffenet',
      epochs: 8,
      batchSize: 128,
      ...sgd(0.001, 5e-4),
      ...steps([1 / 3, 2 / 3], 0.5),
    },
    small: { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, ...adam(1e-3), ...cosine(1) },
  },
};
