import { adamw, arxiv, linear } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'sentence-order',
  title: 'Sentence order',
  family: 'text',
  summary: 'Say in which order shuffled sentences stood, all at once or pair by pair.',
  paper: arxiv('1607.06952', 2016, {
    title: 'Neural Sentence Ordering',
    authors: 'Xinchi Chen, Xipeng Qiu, Xuanjing Huang',
  }),
  score: { metric: 'exact', name: 'texts put in their very order', better: 'higher' },
  recipes: {
    paper: { backbone: 'bert-base', epochs: 40, batchSize: 256, ...adamw(1e-4, 0.01), ...linear(0.4), clipNorm: 1 },
    small: { backbone: 'bert-micro', epochs: 40, batchSize: 32, ...adamw(1e-3, 0.01), ...linear(1), clipNorm: 1 },
  },
};
