import { arxiv, constant, sgd } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'deep-cluster',
  title: 'DeepCluster',
  family: 'automatic-labels',
  summary: 'Cluster the features of all images by k-means, learn to predict the clusters, and cluster again.',
  paper: arxiv('1807.05520', 2018, {
    title: 'Deep Clustering for Unsupervised Learning of Visual Features',
    authors: 'Mathilde Caron, Piotr Bojanowski, Armand Joulin, Matthijs Douze',
    code: 'https://github.com/facebookresearch/deepcluster',
  }),
  score: { metric: 'nmi', name: 'NMI of successive clusterings', better: 'higher', isOfTrainingData: true },
  recipes: {
    paper: { backbone: 'caffenet', epochs: 200, batchSize: 256, ...sgd(0.05, 1e-5), ...constant() },
    small: { backbone: 'resnet18', width: 32, epochs: 100, batchSize: 128, ...sgd(0.05, 1e-5), ...constant() },
  },
};
