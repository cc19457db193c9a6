import { adafactor, adamw, arxiv, inverseSqrt, linear } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 't5',
  title: 'T5 span corruption',
  family: 'text',
  summary: 'Write the spans of a text that were replaced by numbered marks.',
  paper: arxiv('1910.10683', 2020, {
    title: 'Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer',
    authors:
      'Colin Raffel, Noam Shazeer, Adam Roberts, Katherine Lee, Sharan Narang, Michael Matena, Yanqi Zhou, Wei Li, Peter J. Liu',
    code: 'https://github.com/google-research/text-to-text-transfer-transformer',
  }),
  score: { metric: 'accuracy', name: 'next tokens told', better: 'higher' },
  recipes: {
    // 524,288 steps, less than a pass over the text; the rate falls from step 10,000 on.
    paper: { backbone: 't5-base', epochs: 1, batchSize: 128, ...adafactor(0.01), ...inverseSqrt(10_000 / 524_288) },
    small: { backbone: 't5-micro', epochs: 40, batchSize: 32, ...adamw(1e-3, 0.01), ...linear(1), clipNorm: 1 },
  },
};
