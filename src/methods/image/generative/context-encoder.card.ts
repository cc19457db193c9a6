import type { MethodCard } from '../../method.js';
import { adam, constant, cosine } from '../../recipes.js';

export const card: MethodCard = {
  name: 'context-encoder',
  title: 'Context encoder',
  family: 'generative',
  summary: 'Cut a part out of every image and paint what was there from what surrounds it.',
  paper: {
    title: 'Context Encoders: Feature Learning by Inpainting',
    authors: 'Deepak Pathak, Philipp Krahenbuhl, Jeff Donahue, Trevor Darrell, Alexei A. Efros',
    year: 2016,
    url: 'https://arxiv.org/abs/1604.07379',
    code: 'https://github.com/pathak22/context-encoder',
  },
  score: { metric: 'psnr', name: 'PSNR of the hole in dB', better: 'higher', group: 'generator' },
  recipes: {
    // The code's optimizer; the length is our choice.
    paper: { backbone: 'caffenet', epochs: 100, batchSize: 64, ...adam(2e-3), ...constant() },
    small: { backbone: 'alexnet', width: 32, epochs: 50, batchSize: 64, ...adam(2e-3), ...cosine(0.5) },
  },
};
