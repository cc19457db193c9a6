import { adamw, cosine } from '../cards.js';
import type { MethodCard } from '../method.js';

export const card: MethodCard = {
  name: 'gpt',
  title: 'GPT',
  family: 'text',
  summary: 'Read a text so far and say which token comes next.',
  paper: {
    title: 'Language Models are Unsupervised Multitask Learners',
    authors: 'Alec Radford, Jeffrey Wu, Rewon Child, David Luan, Dario Amodei, Ilya Sutskever',
    year: 2019,
    url: 'https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf',
    code: 'https://github.com/openai/gpt-2',
  },
  score: { metric: 'loss', name: 'nats per token of held-out text', better: 'lower' },
  uses: ['generate RUN --prompt "The"'],
  recipes: {
    // The 125 million parameters of GPT-3 (Brown et al. 2020, table 2.1, appendix B), whose recipe is published in full: batches of half a
    // million tokens, 300 billion tokens in all, here windows of 1,024.
    paper: { backbone: 'gpt2-124m', epochs: 1, batchSize: 512, ...adamw(6e-4, 0.1), ...cosine(0.00125), clipNorm: 1 },
    // nanoGPT on a CPU.
    small: { backbone: 'gpt2-micro', epochs: 10, batchSize: 12, ...adamw(1e-3, 0.1), ...cosine(0.05), clipNorm: 1 },
  },
};
