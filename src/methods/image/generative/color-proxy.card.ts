import { adam, arxiv, cosine, sgd, steps } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'color-proxy',
  title: 'ColorProxy',
  family: 'generative',
  summary: 'Predict from a gray image the histograms of hue and chroma around some of its places.',
  paper: arxiv('1703.04044', 2017, {
    title: 'Colorization as a Proxy Task for Visual Understanding',
    authors: 'Gustav Larsson, Michael Maire, Gregory Shakhnarovich',
    code: 'https://github.com/gustavla/autocolorize',
  }),
  score: { metric: 'explained', name: 'explained share of the divergence of hue and chroma', better: 'higher' },
  recipes: {
    // The code's solver: 2,000,000 steps of 8 images, which are 12.5 epochs of ImageNet.
    paper: { backbone: 'vgg16', epochs: 12, batchSize: 8, ...sgd(1e-3, 5e-4), ...steps([0.5, 0.75, 0.875]) },
    small: { backbone: 'alexnet', width: 32, epochs: 50, batchSize: 64, ...adam(1e-3, 1e-4), ...cosine(0.5) },
  },
};
