import { adam, arxiv, constant, cosine } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'skip-thoughts',
  title: 'Skip-thoughts',
  family: 'text',
  summary: 'Read a sentence and write the one before it and the one after it.',
  paper: arxiv('1506.06726', 2015, {
    title: 'Skip-Thought Vectors',
    authors:
      'Ryan Kiros, Yukun Zhu, Ruslan Salakhutdinov, Richard S. Zemel, Antonio Torralba, Raquel Urtasun, Sanja Fidler',
    code: 'https://github.com/ryankiros/skip-thoughts',
  }),
  score: { metric: 'accuracy', name: 'next tokens told', better: 'higher' },
  recipes: {
    // Batches are of texts here, of several triples each. A norm of 5 of the gradient of the sum over 64 sentences of about 13 words.
    paper: { backbone: 'gru-text', epochs: 5, batchSize: 64, ...adam(2e-4), ...constant(), clipNorm: 5 / (64 * 13) },
    small: { backbone: 'gru-text', width: 256, epochs: 20, batchSize: 16, ...adam(1e-3), ...cosine(1), clipNorm: 1 },
  },
};
