import { adam, arxiv, constant, cosine } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'cpc-v2',
  title: 'CPC v2',
  family: 'contrastive',
  summary:
    'Read an image patch by patch from all four sides and find the patches further on among those of all images.',
  paper: arxiv('1905.09272', 2019, {
    title: 'Data-Efficient Image Recognition with Contrastive Predictive Coding',
    authors: 'Olivier J. Hénaff, Aravind Srinivas, Jeffrey De Fauw, Ali Razavi, Carl Doersch, S. M. Ali Eslami et al.',
  }),
  score: { metric: 'accuracy', name: 'patches found among those of 100 images', better: 'higher' },
  recipes: {
    // Adam with decays 0.8 and 0.999, batches of 512. The paper's ResNet-161 has a third stack of 46 blocks; 101 layers are the nearest here.
    paper: { backbone: 'resnet101', width: 128, epochs: 200, batchSize: 512, ...adam(4e-4), ...constant() },
    small: { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, ...adam(5e-4), ...cosine(1) },
  },
};
