import { adam, arxiv, cosine, sgd, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'exemplar',
  title: 'Exemplar-CNN',
  family: 'automatic-labels',
  summary: 'Make a class of each of many patches by transforming it, and tell the classes apart.',
  paper: arxiv('1406.6909', 2014, {
    title: 'Discriminative Unsupervised Feature Learning with Convolutional Neural Networks',
    authors: 'Alexey Dosovitskiy, Jost Tobias Springenberg, Martin Riedmiller, Thomas Brox',
  }),
  score: { metric: 'accuracy', name: 'accuracy on the seeds', better: 'higher', isOfTrainingData: true },
  recipes: {
    // 150 visits of each seed, over which the paper's rate falls from 0.01; how often it falls is our choice.
    paper: { backbone: 'alexnet', epochs: 150, batchSize: 128, ...sgd(0.01, 0), ...steps([0.5, 0.7, 0.9], 1 / 3) },
    small: { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 128, ...adam(1e-3), ...cosine(1) },
  },
};
