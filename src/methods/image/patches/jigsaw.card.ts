import { adam, arxiv, cosine, sgd, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'jigsaw',
  title: 'Jigsaw',
  family: 'patches',
  summary: 'Cut an image into nine tiles, shuffle them, and name the permutation out of a fixed set.',
  paper: arxiv('1603.09246', 2016, {
    title: 'Unsupervised Learning of Visual Representations by Solving Jigsaw Puzzles',
    authors: 'Mehdi Noroozi, Paolo Favaro',
    code: 'https://github.com/MehdiNoroozi/JigsawPuzzleSolver',
  }),
  score: { metric: 'accuracy', name: 'permutation accuracy', better: 'higher' },
  recipes: {
    // 350,000 steps of 256 on the 1.3 million images of ImageNet; the rate falls by 10 every 100,000.
    paper: { backbone: 'caffenet', epochs: 70, batchSize: 256, ...sgd(0.01, 5e-4), ...steps([2 / 7, 4 / 7, 6 / 7]) },
    small: { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 128, ...adam(1e-3), ...cosine(1) },
  },
};
