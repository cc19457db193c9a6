import { adafactor, adamw, arxiv, inverseSqrt, linear } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'pegasus',
  title: 'PEGASUS',
  family: 'text',
  summary: 'Write the sentences that say most of a text, from the text without them.',
  paper: arxiv('1912.08777', 2020, {
    title: 'PEGASUS: Pre-training with Extracted Gap-sentences for Abstractive Summarization',
    authors: 'Jingqing Zhang, Yao Zhao, Mohammad Saleh, Peter J. Liu',
    code: 'https://github.com/google-research/pegasus',
  }),
  score: { metric: 'accuracy', name: 'next tokens told', better: 'higher' },
  recipes: {
    // 500,000 steps; the rate falls from step 10,000 on.
    paper: { backbone: 'pegasus-large', epochs: 40, batchSize: 8192, ...adafactor(0.01), ...inverseSqrt(0.02) },
    small: { backbone: 'pegasus-micro', epochs: 40, batchSize: 32, ...adamw(1e-3, 0.01), ...linear(1), clipNorm: 1 },
  },
};
