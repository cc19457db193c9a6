import { adam, arxiv, constant, cosine } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'cpc-sound',
  title: 'CPC of sound',
  family: 'contrastive',
  summary: 'Hear a waveform so far and find what comes next among the pieces of all sounds.',
  paper: arxiv('1807.03748', 2018, {
    title: 'Representation Learning with Contrastive Predictive Coding',
    authors: 'Aaron van den Oord, Yazhe Li, Oriol Vinyals',
  }),
  score: { metric: 'accuracy', name: 'pieces found among those of 100 sounds', better: 'higher' },
  recipes: {
    // LibriSpeech in windows of 20,480 samples, 8 GPUs with 8 each, Adam at 0.0002, for 300,000 steps.
    paper: { backbone: 'sound', epochs: 100, batchSize: 64, ...adam(2e-4), ...constant() },
    small: { backbone: 'sound', width: 64, epochs: 40, batchSize: 64, ...adam(1e-3), ...cosine(1) },
  },
};
