import { adamw, arxiv, cosine } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'i-jepa',
  title: 'I-JEPA',
  family: 'contrastive',
  summary: 'From one part of an image, predict how a slowly moving copy of the encoder represents other parts.',
  paper: arxiv('2301.08243', 2023, {
    title: 'Self-Supervised Learning from Images with a Joint-Embedding Predictive Architecture',
    authors: 'Mahmoud Assran, Quentin Duval, Ishan Misra, Piotr Bojanowski, Pascal Vincent, Michael Rabbat et al.',
    code: 'https://github.com/facebookresearch/ijepa',
  }),
  score: { metric: 'loss', name: 'smooth L1 distance', better: 'lower' },
  recipes: {
    // ImageNet: batch 2048, 0.001 after 15 epochs of warm-up. The published weight decay rises from 0.04 to 0.4.
    paper: { backbone: 'vit-base', epochs: 600, batchSize: 2048, ...adamw(1e-3, 0.04), ...cosine(15) },
    small: { backbone: 'vit-micro', epochs: 200, batchSize: 128, ...adamw(1e-3, 0.04), ...cosine(5) },
  },
};
