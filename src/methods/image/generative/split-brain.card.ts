import { adam, arxiv, cosine, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'split-brain',
  title: 'Split-brain autoencoder',
  family: 'generative',
  summary:
    'Predict the colors from the lightness with one half of the network and the lightness from the colors with the other.',
  paper: arxiv('1611.09842', 2017, {
    title: 'Split-Brain Autoencoders: Unsupervised Learning by Cross-Channel Prediction',
    authors: 'Richard Zhang, Phillip Isola, Alexei A. Efros',
    code: 'https://github.com/richzhang/splitbrainauto',
  }),
  score: { metric: 'loss', name: 'loss of both halves in nats', better: 'lower' },
  recipes: {
    // The paper's training code is not public: colorization's, by the same authors, for the same AlexNet.
    paper: {
      ...{ backbone: 'caffenet', epochs: 28, batchSize: 80 },
      ...adam(3e-5, 1e-3),
      ...steps([240 / 450, 300 / 450, 400 / 450], 1 / 3),
    },
    small: { backbone: 'alexnet', width: 32, epochs: 50, batchSize: 64, ...adam(1e-3, 1e-4), ...cosine(0.5) },
  },
};
