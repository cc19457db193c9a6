/** Word vectors, which are trained on windows of text. */
import { ops } from '../../src/engine/index.js';
import { sourced, type Wiring } from './wiring.js';

/** Both methods are one program, and its `main` has the defaults. */
const C = 'word2vec.c';

const OPTIONS = [
  sourced({ window: 5 }, `${C}:40`),
  sourced({ negatives: 5 }, `${C}:48`),
  sourced({ useHierarchicalSoftmax: false }, `${C}:48`),
  sourced({ subsample: 1e-3 }, `${C}:44`),
  sourced({ noisePower: 0.75 }, `${C}:55`),
  sourced({ leastCount: 5 }, `${C}:40`),
  sourced({ threads: 1 }, `${C}:40`, '12 there, which gives other vectors each time'),
];
const FEW_WORDS = 'ours: on small texts a word is seen a few times in an epoch';
const WORDS_OF_A_BATCH = 'ours: about 50,000 words from one look at the interrupt to the next; the code has no batches';

const common = (learningRate: number): Omit<Wiring, 'options'> => ({
  code: 'tmikolov/word2vec',
  recipe: {
    paper: [
      sourced({ backbone: 'word-table', optimizer: 'sgd', weightDecay: 0, momentum: 0 }, `${C}, TrainModelThread`),
      sourced({ epochs: 5 }, `${C}:43`),
      sourced({ learningRate }, `${C}, main`),
      sourced(
        { schedule: 'linear' },
        `${C}, TrainModelThread`,
        'to 0, where the code stops at a ten-thousandth of the start',
      ),
      sourced({ batchSize: 400 }, WORDS_OF_A_BATCH),
    ],
    small: [
      sourced({ backbone: 'word-table', optimizer: 'sgd', weightDecay: 0, momentum: 0 }, `${C}, TrainModelThread`),
      sourced({ epochs: 15 }, FEW_WORDS),
      sourced({ learningRate, schedule: 'linear' }, `${C}, main and TrainModelThread`),
      sourced({ batchSize: 400 }, WORDS_OF_A_BATCH),
    ],
  },
  pipelines: { paper: sourced({}, `${C}: the text as it is`), small: sourced({}, `${C}: the text as it is`) },
  views({ samples, random }) {
    const { ids, sentence, lengths } = samples as never as Record<'ids' | 'sentence' | 'lengths', typeof samples>;
    const seed = ops.randint(0, 2 ** 48, [1], { generator: random, dtype: 'int64' });
    // The end token between documents is entry 3 of the tokenizer, and entry 0 of the method.
    return { ids: ids.maskedFill(ids.eq(3), 0), sentences: sentence, lengths, seed };
  },
});

export const words: Readonly<Record<string, Wiring>> = {
  'skip-gram': { ...common(0.025), options: { paper: OPTIONS, small: [] } },
  cbow: {
    ...common(0.05),
    options: {
      paper: [...OPTIONS, sourced({ gradient: 'original' }, `${C}, TrainModelThread: neu1e is added whole`)],
      small: [],
    },
  },
};
