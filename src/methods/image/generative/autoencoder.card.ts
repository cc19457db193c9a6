import { adam, constant, cosine } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'autoencoder',
  title: 'Autoencoder',
  family: 'generative',
  summary: 'Squeeze every image into a few numbers and restore it from them.',
  paper: {
    title: 'Reducing the Dimensionality of Data with Neural Networks',
    authors: 'Geoffrey E. Hinton, Ruslan R. Salakhutdinov',
    year: 2006,
    url: 'https://www.science.org/doi/10.1126/science.1127647',
  },
  score: { metric: 'explained', name: 'explained share of the variance', better: 'higher' },
  recipes: {
    // No published recipe fits a convolutional autoencoder of today: that of the context encoder, whose baseline it is.
    paper: { backbone: 'caffenet', epochs: 100, batchSize: 64, ...adam(2e-3), ...constant() },
    small: { backbone: 'alexnet', width: 32, epochs: 50, batchSize: 64, ...adam(1e-3), ...cosine(0.5) },
  },
};
