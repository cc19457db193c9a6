import { adam, arxiv, linear } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'simcse',
  title: 'SimCSE',
  family: 'text',
  summary: 'Find the second reading of a text, through other dropout, among those of other texts.',
  paper: arxiv('2104.08821', 2021, {
    title: 'SimCSE: Simple Contrastive Learning of Sentence Embeddings',
    authors: 'Tianyu Gao, Xingcheng Yao, Danqi Chen',
    code: 'https://github.com/princeton-nlp/SimCSE',
  }),
  score: { metric: 'accuracy', name: 'readings found', better: 'higher' },
  recipes: {
    // One pass over a million sentences, from BERT.
    paper: { backbone: 'bert-base', epochs: 1, batchSize: 64, ...adam(3e-5), ...linear() },
    small: { backbone: 'bert-micro', epochs: 20, batchSize: 64, ...adam(3e-4), ...linear() },
  },
};
