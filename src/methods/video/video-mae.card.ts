import { adamw, arxiv, cosine } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'video-mae',
  title: 'VideoMAE',
  family: 'generative',
  summary: 'Hide nine tenths of the places of a clip, the same in all its frames, and paint what is hidden.',
  paper: arxiv('2203.12602', 2022, {
    title: 'VideoMAE: Masked Autoencoders are Data-Efficient Learners for Self-Supervised Video Pre-Training',
    authors: 'Zhan Tong, Yibing Song, Jue Wang, Limin Wang',
    code: 'https://github.com/MCG-NJU/VideoMAE',
  }),
  score: { metric: 'explained', name: 'explained share of the hidden pixels', better: 'higher' },
  recipes: {
    // Kinetics-400: 64 GPUs of 32 clips, 1.5e-4 per 256 clips.
    paper: { backbone: 'video-vit-base', epochs: 800, batchSize: 2048, ...adamw(1.2e-3, 0.05), ...cosine(40) },
    small: { backbone: 'video-vit-micro', epochs: 200, batchSize: 32, ...adamw(1e-3, 0.05), ...cosine(5) },
  },
};
