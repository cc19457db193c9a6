import { adam, arxiv, constant, cosine } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'cpc-text',
  title: 'CPC of text',
  family: 'text',
  summary: 'Read the sentences so far and find those that come next among the sentences of all texts.',
  paper: arxiv('1807.03748', 2018, {
    title: 'Representation Learning with Contrastive Predictive Coding',
    authors: 'Aaron van den Oord, Yazhe Li, Oriol Vinyals',
  }),
  score: { metric: 'accuracy', name: 'next sentences found', better: 'higher' },
  recipes: {
    paper: { backbone: 'sentence-gru', epochs: 10, batchSize: 64, ...adam(2e-4), ...constant() },
    small: { backbone: 'sentence-gru', width: 128, epochs: 30, batchSize: 32, ...adam(1e-3), ...cosine(1) },
  },
};
