import { adam, arxiv, cosine, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'synthetic-imagery',
  title: 'Synthetic imagery',
  family: 'automatic-labels',
  summary:
    'Predict depth, normals and contours of rendered scenes, with features that do not separate scenes from photographs.',
  paper: arxiv('1711.09082', 2018, {
    title: 'Cross-Domain Self-Supervised Multi-Task Feature Learning Using Synthetic Imagery',
    authors: 'Zhongzheng Ren, Yong Jae Lee',
    code: 'https://github.com/jason718/game-feature-learning',
  }),
  score: { metric: 'angle', name: 'mean angle to the true normals of rendered scenes in degrees', better: 'lower' },
  recipes: {
    paper: { backbone: 'caffenet', epochs: 30, batchSize: 224, ...adam(1e-3), ...steps([18 / 30, 27 / 30], 0.1) },
    small: { backbone: 'resnet18', width: 16, epochs: 50, batchSize: 64, ...adam(2e-3), ...cosine() },
  },
};
