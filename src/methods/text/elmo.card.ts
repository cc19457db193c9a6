import { adam, arxiv, constant, cosine } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'elmo',
  title: 'Bidirectional language model (ELMo)',
  family: 'text',
  summary: 'Tell each token from those before it, and by a second network from those behind it.',
  paper: arxiv('1802.05365', 2018, {
    title: 'Deep contextualized word representations',
    authors:
      'Matthew E. Peters, Mark Neumann, Mohit Iyyer, Matt Gardner, Christopher Clark, Kenton Lee, Luke Zettlemoyer',
    code: 'https://github.com/allenai/bilm-tf',
  }),
  score: { metric: 'perplexity', name: 'perplexity of a token', better: 'lower' },
  recipes: {
    // Two weeks on three GPUs of 128 rows each, by the README.
    paper: {
      ...{ backbone: 'bi-lm', epochs: 10, batchSize: 384, optimizer: 'adagrad', learningRate: 0.2, weightDecay: 0 },
      ...{ ...constant(), clipNorm: 10 },
    },
    small: { backbone: 'bi-lm', width: 512, epochs: 10, batchSize: 32, ...adam(2e-3), ...cosine(), clipNorm: 10 },
  },
};
