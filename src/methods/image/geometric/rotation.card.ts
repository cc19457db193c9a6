import { arxiv, cosine, sgd, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'rotation',
  title: 'RotNet',
  family: 'geometric',
  summary: 'Turn every image by 0, 90, 180 and 270 degrees and predict by how much each copy was turned.',
  paper: arxiv('1803.07728', 2018, {
    title: 'Unsupervised Representation Learning by Predicting Image Rotations',
    authors: 'Spyros Gidaris, Praveer Singh, Nikos Komodakis',
    code: 'https://github.com/gidariss/FeatureLearningRotNet',
  }),
  score: { metric: 'accuracy', name: 'rotation accuracy', better: 'higher' },
  recipes: {
    // The paper's CIFAR recipe: SGD 0.1 with Nesterov momentum, times 0.2 at epochs 60, 120 and 160 of 200.
    paper: {
      backbone: 'nin',
      epochs: 200,
      batchSize: 128,
      ...sgd(0.1, 5e-4, { useNesterov: true }),
      ...steps([0.3, 0.6, 0.8], 0.2),
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 30,
      batchSize: 128,
      ...sgd(0.1, 5e-4, { useNesterov: true }),
      ...cosine(0.5),
    },
  },
};
