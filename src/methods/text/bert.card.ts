import { adamw, arxiv, linear } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'bert',
  title: 'BERT',
  family: 'text',
  summary: 'Say what the hidden tokens of a text were, and whether one segment follows another.',
  paper: arxiv('1810.04805', 2019, {
    title: 'BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding',
    authors: 'Jacob Devlin, Ming-Wei Chang, Kenton Lee, Kristina Toutanova',
    code: 'https://github.com/google-research/bert',
  }),
  score: { metric: 'accuracy', name: 'hidden tokens told', better: 'higher' },
  recipes: {
    // 1,000,000 steps over 3.3 billion words, 10,000 of them warm-up; four days on 16 TPUs by the paper.
    paper: { backbone: 'bert-base', epochs: 40, batchSize: 256, ...adamw(1e-4, 0.01), ...linear(0.4), clipNorm: 1 },
    small: { backbone: 'bert-micro', epochs: 40, batchSize: 32, ...adamw(1e-3, 0.01), ...linear(1), clipNorm: 1 },
  },
};
