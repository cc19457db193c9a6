import { adam, arxiv, cosine, lars } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'barlow-twins',
  title: 'Barlow Twins',
  family: 'contrastive',
  summary:
    'Make each component of the embedding agree between two views of an image and differ from all other components.',
  paper: arxiv('2103.03230', 2021, {
    title: 'Barlow Twins: Self-Supervised Learning via Redundancy Reduction',
    authors: 'Jure Zbontar, Li Jing, Ishan Misra, Yann LeCun, Stéphane Deny',
    code: 'https://github.com/facebookresearch/barlowtwins',
  }),
  score: { metric: 'loss', name: 'loss', better: 'lower' },
  recipes: {
    // ImageNet: LARS at 0.2 per 256 images.
    paper: { backbone: 'resnet50', epochs: 1000, batchSize: 2048, ...lars(1.6, 1e-6), ...cosine(10) },
    // The loss grows with the size of the embedding; Adam does not mind its scale.
    small: { backbone: 'resnet18', width: 32, epochs: 200, batchSize: 256, ...adam(1e-3, 1e-6), ...cosine(1) },
  },
};
