import { arxiv, constant, sgd } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'deeper-cluster',
  title: 'DeeperCluster',
  family: 'automatic-labels',
  summary: 'Turn every image and predict its rotation together with its cluster, in two levels of clusters.',
  paper: arxiv('1905.01278', 2019, {
    title: 'Unsupervised Pre-Training of Image Features on Non-Curated Data',
    authors: 'Mathilde Caron, Piotr Bojanowski, Julien Mairal, Armand Joulin',
    code: 'https://github.com/facebookresearch/DeeperCluster',
  }),
  score: { metric: 'superAccuracy', name: 'super-class accuracy', better: 'higher', isOfTrainingData: true },
  recipes: {
    // The code's defaults; 64 processes of 48 images each.
    paper: { backbone: 'vgg16', epochs: 100, batchSize: 3072, ...sgd(0.1, 1e-5), ...constant() },
    small: { backbone: 'resnet18', width: 32, epochs: 100, batchSize: 128, ...sgd(0.1, 1e-5), ...constant() },
  },
};
