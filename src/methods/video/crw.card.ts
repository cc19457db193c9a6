import { adam, arxiv, cosine, steps } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'crw',
  title: 'Contrastive random walk',
  family: 'correspondence',
  summary: 'Walk from patch to patch through the frames of a clip and back again, and end where the walk began.',
  paper: arxiv('2006.14613', 2020, {
    title: 'Space-Time Correspondence as a Contrastive Random Walk',
    authors: 'Allan Jabri, Andrew Owens, Alexei A. Efros',
    code: 'https://github.com/ajabri/videowalk',
  }),
  score: { metric: 'accuracy', name: 'walks that most likely end where they began', better: 'higher' },
  uses: ['track RUN clip.mp4 --mask first.png'],
  recipes: {
    paper: { backbone: 'resnet18', epochs: 25, batchSize: 20, ...adam(1e-4), ...steps([0.8], 0.3) },
    small: { backbone: 'resnet18', width: 16, epochs: 60, batchSize: 8, ...adam(1e-3), ...cosine(0.5) },
  },
};
