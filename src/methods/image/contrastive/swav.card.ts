import { adam, arxiv, cosine, lars } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'swav',
  title: 'SwAV',
  family: 'contrastive',
  summary: 'Predict from every crop of an image to which prototypes its other crops were assigned, in balanced shares.',
  paper: arxiv('2006.09882', 2020, {
    title: 'Unsupervised Learning of Visual Features by Contrasting Cluster Assignments',
    authors: 'Mathilde Caron, Ishan Misra, Julien Mairal, Priya Goyal, Piotr Bojanowski, Armand Joulin',
    code: 'https://github.com/facebookresearch/swav',
  }),
  score: { metric: 'loss', name: 'swapped cross-entropy in nats', better: 'lower' },
  recipes: {
    // ImageNet: batch 4096, large rate with LARS, 10 epochs of warm-up, cosine. Batch 256: rate 0.6, queue 3840, 5005 frozen steps.
    paper: { backbone: 'resnet50', epochs: 800, batchSize: 4096, ...lars(4.8, 1e-6), ...cosine(10) },
    small: { backbone: 'resnet18', width: 32, epochs: 200, batchSize: 256, ...adam(1e-3, 1e-6), ...cosine(1) },
  },
};
