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
    // The code's AlexNet for features (train_alexnet/solver0 to solver3): batch 80, 450,000 iterations, which are 28 epochs of ImageNet;
    // 3e-5 falls to 1e-5, 3e-6 and 1e-6 after 240,000, 300,000 and 400,000, about to a third each time.
    paper: {
      ...{ backbone: 'caffenet', epochs: 28, batchSize: 80 },
      ...adam(3e-5, 1e-3),
      ...steps([240 / 450, 300 / 450, 400 / 450], 1 / 3),
    },
    small: { backbone: 'alexnet', width: 32, epochs: 50, batchSize: 64, ...adam(1e-3, 1e-4), ...cosine(0.5) },
  },
};
