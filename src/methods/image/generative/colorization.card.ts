import { adam, arxiv, cosine, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'colorization',
  title: 'Colorization',
  family: 'generative',
  summary: 'Take the colors away and predict them from the lightness, each as one of 313 bins.',
  paper: arxiv('1603.08511', 2016, {
    title: 'Colorful Image Colorization',
    authors: 'Richard Zhang, Phillip Isola, Alexei A. Efros',
    code: 'https://github.com/richzhang/colorization',
  }),
  score: { metric: 'accuracy', name: 'accuracy of the top bin (313)', better: 'higher' },
  recipes: {
    // AlexNet for features: batch 80. The rate falls after 225,000 and 500,000 iterations, as in the code's solver; that it ends
    // after 640,000 (40 epochs of ImageNet) is our choice.
    paper: { backbone: 'caffenet', epochs: 40, batchSize: 80, ...adam(3e-5, 1e-3), ...steps([0.35, 0.78], 0.1) },
    small: { backbone: 'alexnet', width: 32, epochs: 50, batchSize: 64, ...adam(1e-3, 1e-4), ...cosine(0.5) },
  },
};
