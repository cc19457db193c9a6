import { adam, arxiv, constant, cosine } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'context-encoder',
  title: 'Context encoder',
  family: 'generative',
  summary: 'Cut a part out of every image and paint what was there from what surrounds it.',
  paper: arxiv('1604.07379', 2016, {
    title: 'Context Encoders: Feature Learning by Inpainting',
    authors: 'Deepak Pathak, Philipp Krahenbuhl, Jeff Donahue, Trevor Darrell, Alexei A. Efros',
    code: 'https://github.com/pathak22/context-encoder',
  }),
  score: { metric: 'psnr', name: 'PSNR of the hole in dB', better: 'higher', group: 'generator' },
  recipes: {
    // The code's optimizer; the length is our choice.
    paper: { backbone: 'caffenet', epochs: 100, batchSize: 64, ...adam(2e-3), ...constant() },
    small: { backbone: 'alexnet', width: 32, epochs: 50, batchSize: 64, ...adam(2e-3), ...cosine(0.5) },
  },
};
