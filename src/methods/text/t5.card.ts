import { adamw, arxiv, linear } from '../cards.js';
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
    paper: { backbone: 't5-base', epochs: 1, batchSize: 128, ...adamw(1e-3, 0), ...linear() },
    small: { backbone: 't5-micro', epochs: 40, batchSize: 32, ...adamw(1e-3, 0.01), ...linear(1), clipNorm: 1 },
  },
};
