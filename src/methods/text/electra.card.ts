import { adamw, arxiv, linear } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'electra',
  title: 'ELECTRA',
  family: 'text',
  summary: 'Say of every token of a text whether a small network has put it there.',
  paper: arxiv('2003.10555', 2020, {
    title: 'ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators',
    authors: 'Kevin Clark, Minh-Thang Luong, Quoc V. Le, Christopher D. Manning',
    code: 'https://github.com/google-research/electra',
  }),
  score: { metric: 'accuracy', name: 'original and replaced tokens told apart, balanced', better: 'higher' },
  recipes: {
    // 1,000,000 steps of 128 texts of 128 tokens, 10,000 of them warm-up.
    paper: { backbone: 'electra-small', epochs: 40, batchSize: 128, ...adamw(5e-4, 0.01), ...linear(0.4), clipNorm: 1 },
    small: { backbone: 'bert-micro', epochs: 40, batchSize: 32, ...adamw(1e-3, 0.01), ...linear(1), clipNorm: 1 },
  },
};
