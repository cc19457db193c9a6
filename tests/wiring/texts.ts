/** Methods that learn from texts; here those with recurrent networks and CPC. */
import type { Tokens } from '../../src/data/index.js';
import { maskedTexts } from './masked-texts.js';
import { FOR_CPUS, NARROW } from './reasons.js';
import { FEWER_STEPS, LESS_DROPOUT, matrix, textsOf } from './text-rows.js';
import { sourced, type Wiring } from './wiring.js';
import { writtenTexts } from './written-texts.js';

const skipThoughts: Wiring = {
  code: 'ryankiros/skip-thoughts',
  options: {
    paper: [
      sourced(
        { conditioning: 'everyStep' },
        'paper, section 2.1',
        'the code starts the decoders with the vector: --conditioning initialState',
      ),
      sourced(
        { encoder: 'uni' },
        'training/train.py:30',
        'uni-skip, the only one that the released code trains; --encoder combine joins it with a bidirectional one, as skipthoughts.py does',
      ),
      sourced({ embeddingSize: 620 }, 'training/train.py:28'),
      sourced({ longest: 30 }, 'training/train.py:37'),
    ],
    small: [sourced({ embeddingSize: 128 }, NARROW)],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'gru-text', epochs: 5 }, 'training/train.py:29-32'),
      sourced({ batchSize: 64 }, 'training/train.py:39', 'of texts with several triples each'),
      sourced(
        { optimizer: 'adam', learningRate: 2e-4, weightDecay: 0, schedule: 'constant' },
        'training/optim.py, adam',
      ),
      sourced(
        { clipNorm: 5 / (64 * 13) },
        'training/train.py:35',
        'of a mean over words, which are summed in the code',
      ),
    ],
    small: [
      sourced(
        { backbone: 'gru-text', width: 256, epochs: 20, batchSize: 16, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0, clipNorm: 1 }, FEWER_STEPS),
    ],
  },
  pipelines: {
    paper: sourced({ triples: { name: 'triples', longest: 30 } }, 'training/homogeneous_data.py'),
    small: sourced({ triples: { name: 'triples', longest: 30 } }, 'training/homogeneous_data.py'),
  },
  views(scene) {
    const { rows, special } = textsOf(scene);
    const triples = rows.flatMap(({ sentences }) =>
      sentences
        .slice(1, -1)
        .map((current, i) => [sentences[i]!, current, sentences[i + 2]!])
        .filter((triple) => Math.max(...triple.map((sentence) => sentence.length)) < 30),
    );
    const part = (k: number) => matrix(triples.map((triple) => [...triple[k]!, special.end]));
    return { previous: part(0), current: part(1), next: part(2) };
  },
};

const elmo: Wiring = {
  code: 'allenai/bilm-tf',
  options: {
    paper: [
      sourced({ input: 'characters', characters: 50 }, 'bin/train_elmo.py:24-33'),
      sourced(
        { carriesState: true },
        'bilm/training.py, train',
        'from the left only: from the right a row would have to be read after the one that follows it',
      ),
      sourced({ negatives: 8192 }, 'bin/train_elmo.py:54'),
      sourced({ dropout: 0.1 }, 'bin/train_elmo.py:37'),
    ],
    small: [
      sourced({ input: 'tokens' }, NARROW),
      sourced({ negatives: 0 }, 'ours: vocabularies of small texts are scored whole in little time'),
      sourced({ dropout: 0 }, LESS_DROPOUT),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'bi-lm', epochs: 10, batchSize: 384 }, 'bin/train_elmo.py:15-16, bin/train_elmo.py:49'),
      sourced(
        { optimizer: 'adagrad', learningRate: 0.2, weightDecay: 0, schedule: 'constant' },
        'bilm/training.py:689-691',
      ),
      sourced({ clipNorm: 10 }, 'bin/train_elmo.py:47'),
    ],
    small: [
      sourced({ backbone: 'bi-lm', width: 512, epochs: 10, batchSize: 32, schedule: 'cosine' }, FOR_CPUS),
      sourced({ optimizer: 'adam', learningRate: 2e-3, weightDecay: 0 }, FEWER_STEPS),
      sourced({ clipNorm: 10 }, 'bin/train_elmo.py:47'),
    ],
  },
  groups: sourced({ main: { initialSum: 1 } }, 'bilm/training.py:690-691'),
  pipelines: { paper: sourced({}, 'bilm/data.py'), small: sourced({}, 'bilm/data.py') },
  views: ({ prepare, samples }) => ({ tokens: prepare(samples), starts: (samples as unknown as Tokens).start }),
};

const cpcText: Wiring = {
  options: {
    paper: [
      sourced({ steps: 3 }, 'paper, section 3.3'),
      sourced({ negatives: 'batch' }, 'ours: the paper does not say which sentences stand beside the true one'),
      sourced(
        { embeddingSize: 620 },
        'https://arxiv.org/abs/1506.06726, section 3',
        'of skip-thoughts, which the paper follows',
      ),
    ],
    small: [sourced({ embeddingSize: 64 }, NARROW)],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'sentence-gru' }, 'paper, section 3.3'),
      sourced(
        { batchSize: 64, optimizer: 'adam', learningRate: 2e-4, weightDecay: 0, schedule: 'constant', epochs: 10 },
        'ours: no code is published; the rate is that of its experiments with sound',
      ),
    ],
    small: [
      sourced(
        { backbone: 'sentence-gru', width: 128, epochs: 30, batchSize: 32, warmupEpochs: 1, schedule: 'cosine' },
        FOR_CPUS,
      ),
      sourced({ optimizer: 'adam', learningRate: 1e-3, weightDecay: 0 }, FEWER_STEPS),
    ],
  },
  pipelines: { paper: sourced({}, 'paper, section 3.3'), small: sourced({}, 'paper, section 3.3') },
  views: ({ prepare, samples }) => ({ sentences: prepare(samples) }),
};

export const texts: Readonly<Record<string, Wiring>> = {
  ...maskedTexts,
  ...writtenTexts,
  'skip-thoughts': skipThoughts,
  elmo,
  'cpc-text': cpcText,
};
