import { arxiv, linear, sgd } from '../cards.js';
import type { MethodCard } from '../method.js';
import { WORD2VEC } from './skip-gram.card.js';

export const card: MethodCard = {
  name: 'cbow',
  title: 'CBOW',
  family: 'words',
  summary: 'Tell a hidden word from words drawn at random by the mean of the words around it.',
  paper: arxiv('1301.3781', 2013, {
    title: 'Efficient Estimation of Word Representations in Vector Space',
    authors: 'Tomas Mikolov, Kai Chen, Greg Corrado, Jeffrey Dean',
    code: WORD2VEC,
  }),
  score: { metric: 'accuracy', name: 'true words scored above noise words', better: 'higher' },
  uses: ['words RUN nearest king'],
  recipes: {
    // The defaults of word2vec.c. A batch has about 50,000 words.
    paper: { backbone: 'word-table', epochs: 5, batchSize: 400, ...sgd(0.05, 0, { momentum: 0 }), ...linear() },
    small: { backbone: 'word-table', epochs: 15, batchSize: 400, ...sgd(0.05, 0, { momentum: 0 }), ...linear() },
  },
};
