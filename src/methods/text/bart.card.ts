import { adamw, arxiv, linear } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'bart',
  title: 'BART',
  family: 'text',
  summary: 'Write a text in order that is read with its sentences shuffled and spans of words hidden.',
  paper: arxiv('1910.13461', 2020, {
    title:
      'BART: Denoising Sequence-to-Sequence Pre-training for Natural Language Generation, Translation, and Comprehension',
    authors:
      'Mike Lewis, Yinhan Liu, Naman Goyal, Marjan Ghazvininejad, Abdelrahman Mohamed, Omer Levy, Ves Stoyanov, Luke Zettlemoyer',
    code: 'https://github.com/facebookresearch/fairseq',
  }),
  score: { metric: 'accuracy', name: 'next tokens told', better: 'higher' },
  recipes: {
    // 500,000 steps; the command that an author gave in issue 1899 of fairseq.
    paper: { backbone: 'bart-large', epochs: 40, batchSize: 8000, ...adamw(4e-4, 0.01), ...linear(0.8), clipNorm: 0.1 },
    small: { backbone: 'bart-micro', epochs: 40, batchSize: 32, ...adamw(1e-3, 0.01), ...linear(1), clipNorm: 1 },
  },
};
