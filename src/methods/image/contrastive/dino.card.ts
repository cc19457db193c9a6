import { adamw, arxiv, cosine } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'dino',
  title: 'DINO',
  family: 'contrastive',
  summary: 'Give, from small crops, the answer that a slowly moving copy of the network gives from large ones.',
  paper: arxiv('2104.14294', 2021, {
    title: 'Emerging Properties in Self-Supervised Vision Transformers',
    authors: 'Mathilde Caron, Hugo Touvron, Ishan Misra, Hervé Jégou, Julien Mairal, Piotr Bojanowski, Armand Joulin',
    code: 'https://github.com/facebookresearch/dino',
  }),
  score: { metric: 'loss', name: 'cross-entropy to the teacher in nats', better: 'lower' },
  recipes: {
    // ViT-S/16: 0.0005 per 256 images.
    paper: { backbone: 'vit-small', epochs: 100, batchSize: 1024, ...adamw(2e-3, 0.04), ...cosine(10), clipNorm: 3 },
    small: { backbone: 'vit-micro', epochs: 200, batchSize: 128, ...adamw(1e-3, 0.04), ...cosine(10), clipNorm: 3 },
  },
};
