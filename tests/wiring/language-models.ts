/** Methods that say which token follows. */
import type { Tensor } from '../../src/engine/index.js';
import { ENDS_AT_ZERO, FOR_CPUS } from './reasons.js';
import { sourced, type Wiring } from './wiring.js';

const GPT3 = 'https://arxiv.org/abs/2005.14165';
const GPT1_CODE = 'openai/finetune-transformer-lm: train.py';
const NANO = 'karpathy/nanoGPT: config/train_shakespeare_char.py';

const gpt: Wiring = {
  code: 'openai/gpt-2',
  options: {
    paper: [
      sourced(
        { dropout: 0.1 },
        `${GPT1_CODE}, embd_pdrop, attn_pdrop and resid_pdrop`,
        'of embeddings after their sum, where the code drops entries of the table',
      ),
      sourced({ blocks: null }, 'src/model.py, default_hparams'),
    ],
    small: [sourced({ dropout: 0 }, 'ours: small networks on CPUs pass over too few texts to overfit')],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'gpt2-124m' }, 'src/model.py, default_hparams'),
      sourced({ batchSize: 512, learningRate: 6e-4 }, `${GPT3}, table 2.1: half a million tokens in windows of 1,024`),
      sourced({ optimizer: 'adamw', weightDecay: 0.1, clipNorm: 1 }, `${GPT3}, appendix B`),
      sourced(
        { schedule: 'cosine', warmupEpochs: 0.00125, epochs: 1 },
        `${GPT3}, appendix B: 375 million of 300 billion tokens`,
        `${ENDS_AT_ZERO}, where the paper stays at a tenth after 260 billion tokens`,
      ),
    ],
    small: [
      sourced({ backbone: 'gpt2-micro', epochs: 10 }, FOR_CPUS),
      sourced({ batchSize: 12 }, 'karpathy/nanoGPT: README.md, on a CPU'),
      sourced({ learningRate: 1e-3, schedule: 'cosine' }, NANO, ENDS_AT_ZERO),
      sourced({ warmupEpochs: 0.05 }, 'ours: about 100 of 2,000 steps'),
      sourced({ optimizer: 'adamw', weightDecay: 0.1, clipNorm: 1 }, 'karpathy/nanoGPT: train.py'),
    ],
  },
  groups: sourced({ main: { betas: [0.9, 0.95] } }, `${GPT3}, appendix B`),
  pipelines: { paper: sourced({}, 'src/model.py, model'), small: sourced({}, 'src/model.py, model') },
  views({ samples }) {
    const { ids } = samples as unknown as { ids: Tensor };
    const count = ids.size(1) - 1;
    return { tokens: ids.narrow(1, 0, count), next: ids.narrow(1, 1, count) };
  },
};

export const languageModels: Readonly<Record<string, Wiring>> = { gpt };
