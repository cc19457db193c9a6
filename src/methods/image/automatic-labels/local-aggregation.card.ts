import { arxiv, sgd, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'local-aggregation',
  title: 'Local aggregation',
  family: 'automatic-labels',
  summary:
    'Cluster a memory of all images several times and draw each image towards those that share a cluster with it.',
  paper: arxiv('1903.12355', 2019, {
    title: 'Local Aggregation for Unsupervised Learning of Visual Embeddings',
    authors: 'Chengxu Zhuang, Alex Lin Zhai, Daniel Yamins',
    code: 'https://github.com/neuroailab/LocalAggregation',
  }),
  score: { metric: 'nmi', name: 'NMI of successive clusterings', better: 'higher', isOfTrainingData: true },
  recipes: {
    // The code's ResNet-18: 200 epochs, the warm start of 10 among them; the rate falls by 10 at steps 1,600,000 and 1,873,411 of
    // 2,001,800, after epochs 160 and 187.
    paper: { backbone: 'resnet18', epochs: 200, batchSize: 128, ...sgd(0.03, 1e-4), ...steps([0.8, 0.936]) },
    small: { backbone: 'resnet18', width: 32, epochs: 200, batchSize: 128, ...sgd(0.03, 5e-4), ...steps([0.6, 0.8]) },
  },
};
