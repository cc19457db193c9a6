import { adam, arxiv, cosine, steps } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'video-colorization',
  title: 'Video colorization',
  family: 'correspondence',
  summary: 'Color a gray frame by copying colors from earlier frames, which takes finding where each of its parts was.',
  paper: arxiv('1806.09594', 2018, {
    title: 'Tracking Emerges by Colorizing Videos',
    authors: 'Carl Vondrick, Abhinav Shrivastava, Alireza Fathi, Sergio Guadarrama, Kevin Murphy',
  }),
  score: { metric: 'changed', name: 'accuracy of colors where they changed', better: 'higher' },
  uses: ['track RUN clip.mp4 --mask first.png'],
  recipes: {
    // 400,000 steps of 32 clips, the rate divided by 10 after 60,000; Kinetics-400 has 240,000 videos.
    paper: { backbone: 'resnet18', epochs: 53, batchSize: 32, ...adam(1e-3), ...steps([0.15]) },
    small: { backbone: 'alexnet', width: 16, epochs: 60, batchSize: 8, ...adam(2e-3), ...cosine(0.5) },
  },
};
