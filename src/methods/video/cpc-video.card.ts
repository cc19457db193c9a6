import { adam, arxiv, constant, cosine } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'cpc-video',
  title: 'CPC of frames',
  family: 'video',
  summary:
    'Watch a video, or what an agent sees and does, so far and find what comes next among the blocks of all videos.',
  paper: arxiv('1909.04656', 2019, {
    title: 'Video Representation Learning by Dense Predictive Coding',
    authors: 'Tengda Han, Weidi Xie, Andrew Zisserman',
    code: 'https://github.com/TengdaHan/DPC',
  }),
  score: { metric: 'accuracy', name: 'blocks found among those of 100 videos', better: 'higher' },
  recipes: {
    // Kinetics-400 at 128 pixels; more than a week on 2 GPUs, by the authors' README. Their 2D3D-ResNet-18 is nearest to R3D-18.
    paper: { backbone: 'r3d18', epochs: 300, batchSize: 128, ...adam(1e-3, 1e-5), ...constant() },
    small: { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, ...adam(1e-3), ...cosine(1) },
  },
};
