import { linear, sgd } from '../cards.js';
import type { MethodCard } from '../method.js';

export const WORD2VEC = 'https://github.com/tmikolov/word2vec';

export const card: MethodCard = {
  name: 'skip-gram',
  title: 'Skip-gram',
  family: 'words',
  summary: 'Tell the words that stand around a word from words drawn at random.',
  paper: {
    title: 'Distributed Representations of Words and Phrases and their Compositionality',
    authors: 'Tomas Mikolov, Ilya Sutskever, Kai Chen, Greg Corrado, Jeffrey Dean',
    year: 2013,
    url: 'https://arxiv.org/abs/1310.4546',
    code: WORD2VEC,
  },
  score: { metric: 'accuracy', name: 'true words scored above noise words', better: 'higher' },
  uses: ['words RUN nearest king'],
  recipes: {
    // The defaults of word2vec.c. A batch has about 50,000 words.
    paper: { backbone: 'word-table', epochs: 5, batchSize: 400, ...sgd(0.025, 0, { momentum: 0 }), ...linear() },
    small: { backbone: 'word-table', epochs: 15, batchSize: 400, ...sgd(0.025, 0, { momentum: 0 }), ...linear() },
  },
};
