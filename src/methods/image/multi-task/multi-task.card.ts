import { adam, arxiv, constant, cosine } from '../../cards.js';
import type { MethodCard } from '../../method.js';

export const card: MethodCard = {
  name: 'multi-task',
  title: 'Multi-task',
  family: 'multi-task',
  summary: 'Solve three tasks on one trunk: where patches lie, which colors are missing, which images are the same.',
  paper: arxiv('1708.07860', 2017, {
    title: 'Multi-task Self-Supervised Visual Learning',
    authors: 'Carl Doersch, Andrew Zisserman',
    code: 'https://github.com/deepmind/multiself',
  }),
  score: { metric: 'loss', name: "sum of the tasks' losses", better: 'lower' },
  recipes: {
    // The trunk is the paper's; rate and length are ours.
    paper: { backbone: 'resnet101', epochs: 100, batchSize: 64, ...adam(1e-3), ...constant() },
    small: { backbone: 'resnet18', width: 32, epochs: 60, batchSize: 64, ...adam(1e-3), ...cosine(1) },
  },
};
