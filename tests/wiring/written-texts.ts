/** Methods that put texts in order or write them anew. */
import { chooseGaps } from '../../src/methods/noise/gap-sentences.js';
import { permute } from '../../src/methods/noise/sentences.js';
import { corruptSpans } from '../../src/methods/noise/span-corruption.js';
import { STOP_WORDS } from '../../src/methods/noise/stop-words.js';
import { infill } from '../../src/methods/noise/text-infilling.js';
import { FOR_CPUS } from './reasons.js';
import { FEWER_STEPS, LESS_DROPOUT, matrix, textsOf, vector } from './text-rows.js';
import { sourced, type Wiring } from './wiring.js';

const PAIRS = [
  [0, 1],
  [0, 2],
  [1, 2],
] as const;

const sentenceOrder: Wiring = {
  options: {
    paper: [
      sourced({ form: 'pairwise' }, 'paper, on the pairwise model'),
      sourced({ sentences: 3 }, 'ours: texts of fewer sentences cannot be used, and five have 120 orders'),
      sourced({ dropout: 0.1 }, 'ours: that of BERT, whose network this is'),
    ],
    small: [sourced({ dropout: 0 }, LESS_DROPOUT)],
  },
  recipe: {
    paper: [
      sourced(
        {
          backbone: 'bert-base',
          epochs: 40,
          batchSize: 256,
          optimizer: 'adamw',
          learningRate: 1e-4,
          weightDecay: 0.01,
        },
        'ours: the recipe of BERT, whose network this is; the paper has LSTMs',
      ),
      sourced({ schedule: 'linear', warmupEpochs: 0.4, clipNorm: 1 }, 'ours: the recipe of BERT'),
    ],
    small: [
      sourced({ backbone: 'bert-micro', epochs: 40, batchSize: 32, warmupEpochs: 1 }, FOR_CPUS),
      sourced({ optimizer: 'adamw', learningRate: 1e-3, weightDecay: 0.01, schedule: 'linear' }, FEWER_STEPS),
      sourced({ clipNorm: 1 }, FEWER_STEPS),
    ],
  },
  groups: sourced({ main: { eps: 1e-6, correctsBias: false } }, 'ours: that of BERT, whose network this is'),
  pipelines: {
    paper: sourced(
      { order: { name: 'permuteSentences', form: 'pairwise', sentences: 3 } },
      'paper, on the pairwise model',
    ),
    small: sourced(
      { order: { name: 'permuteSentences', form: 'pairwise', sentences: 3 } },
      'paper, on the pairwise model',
    ),
  },
  views(scene) {
    const { rows, draws, special } = textsOf(scene);
    const texts = rows
      .filter(({ sentences }) => sentences.length >= 3)
      .map(({ sentences }) => {
        const from = draws.below(sentences.length - 2);
        return permute(sentences.slice(from, from + 3), draws);
      });
    const pairs = texts.flatMap(({ items, order }) =>
      PAIRS.map(([i, k]) => ({
        ids: [special.begin, ...items[i]!, special.end, ...items[k]!, special.end],
        isFirst: order[i]! < order[k]!,
      })),
    );
    return {
      tokens: matrix(pairs.map(({ ids }) => ids)),
      labels: vector(pairs.map(({ isFirst }) => Number(isFirst))),
      orders: matrix(texts.map(({ order }) => order)),
    };
  },
};

/** What the decoder reads and writes. */
const toWrite = (targets: readonly (readonly number[])[], begin: number, end: number) => ({
  written: matrix(targets.map((target) => [begin, ...target])),
  labels: matrix(targets.map((target) => [...target, end])),
});

const DENOISING = 'fairseq/data/denoising_dataset.py';
const BART_NOISE = { name: 'disorder', permutesSentences: true, share: 0.3, meanSpan: 3, randomShare: 0.1 };
const ISSUE = 'https://github.com/facebookresearch/fairseq/issues/1899';

const bart: Wiring = {
  code: 'facebookresearch/fairseq',
  options: {
    paper: [
      sourced(
        { permutesSentences: true },
        `${DENOISING}:225-245`,
        'sentences are those that the data name, not what stands between full stops',
      ),
      sourced({ hiddenShare: 0.3 }, 'paper, section 2.2'),
      sourced({ meanSpan: 3 }, 'paper, section 2.2', 'a command in issue 1899 of the code has 3.5'),
      sourced({ randomShare: 0.1 }, ISSUE),
      sourced({ dropout: 0.1 }, 'fairseq/models/bart/model.py:345', 'also for attention weights'),
    ],
    small: [sourced({ dropout: 0 }, LESS_DROPOUT)],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'bart-large' }, 'fairseq/models/bart/model.py:326-365'),
      sourced(
        { batchSize: 8000, epochs: 40 },
        'paper, section 4',
        '500,000 steps in the paper; here in epochs, since the size of its text in steps is not published',
      ),
      sourced({ optimizer: 'adamw', learningRate: 4e-4, weightDecay: 0.01 }, ISSUE),
      sourced({ schedule: 'linear', warmupEpochs: 0.8, clipNorm: 0.1 }, ISSUE, '10,000 of 500,000 steps'),
    ],
    small: [
      sourced({ backbone: 'bart-micro', epochs: 40, batchSize: 32, warmupEpochs: 1 }, FOR_CPUS),
      sourced({ optimizer: 'adamw', learningRate: 1e-3, weightDecay: 0.01, schedule: 'linear' }, FEWER_STEPS),
      sourced({ clipNorm: 1 }, FEWER_STEPS),
    ],
  },
  pipelines: {
    paper: sourced({ noise: BART_NOISE }, `${DENOISING}:225-400`),
    small: sourced({ noise: BART_NOISE }, `${DENOISING}:225-400`),
  },
  views(scene) {
    const { rows, draws, tokenizer, vocabulary, length } = textsOf(scene);
    const { begin, end } = vocabulary.special;
    const inputs = rows.map(({ sentences }) => {
      const shuffled = permute(sentences, draws).items.flat();
      const starts = shuffled.map((id) => tokenizer.beginsWord[id] === 1);
      return infill(shuffled, starts, { share: 0.3, meanSpan: 3, randomShare: 0.1 }, vocabulary, draws).ids;
    });
    return {
      tokens: matrix(inputs.map((input) => [begin, ...input.slice(0, length - 2), end])),
      ...toWrite(
        rows.map(({ sentences }) => sentences.flat()),
        begin,
        end,
      ),
    };
  },
};

const PEGASUS_PARAMS = 'pegasus/params/pegasus_params.py';
const GAPS = {
  ...{ name: 'hideSentences', choice: 'principal', smallestShare: 0.15, largestShare: 0.45 },
  ...{ noise: 0.2, keptShare: 0.1 },
};

const pegasus: Wiring = {
  code: 'google-research/pegasus',
  options: {
    paper: [
      sourced({ choice: 'principal' }, `${PEGASUS_PARAMS}, parser_strategy`),
      sourced(
        { smallestShare: 0.15, largestShare: 0.45 },
        `${PEGASUS_PARAMS}, parser_masked_sentence_ratio and parser_dynamic_mask_min_ratio`,
        '0.15 for 0.33 x 0.45',
      ),
      sourced(
        { noise: 0.2 },
        `${PEGASUS_PARAMS}, parser_rouge_noise_ratio`,
        'uniform as in the README; the code draws it from a normal distribution, the same for each text',
      ),
      sourced({ keptShare: 0.1 }, `${PEGASUS_PARAMS}, parser_mask_sentence_by_intact_prob`),
      sourced({ dropout: 0.1 }, `${PEGASUS_PARAMS}, dropout`, 'by token, where the code drops the same of all tokens'),
    ],
    small: [sourced({ dropout: 0 }, LESS_DROPOUT)],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'pegasus-large' }, `${PEGASUS_PARAMS}, hidden_size to num_decoder_layers`),
      sourced(
        { optimizer: 'adafactor', learningRate: 0.01, weightDecay: 0 },
        `${PEGASUS_PARAMS}, optimizer_name and learning_rate`,
        'matrices with a side of less than 128 keep all squares, which tensor2tensor factors too',
      ),
      sourced(
        { schedule: 'inverse-sqrt', milestones: [10_000 / 500_000] },
        'pegasus/params/estimator_utils.py, _estimator_model_fn',
      ),
      sourced({ batchSize: 8192 }, 'paper, section 6'),
      sourced({ epochs: 40 }, 'ours: the paper has 500,000 steps'),
    ],
    small: [
      sourced({ backbone: 'pegasus-micro', epochs: 40, batchSize: 32, warmupEpochs: 1 }, FOR_CPUS),
      sourced({ optimizer: 'adamw', learningRate: 1e-3, weightDecay: 0.01, schedule: 'linear' }, FEWER_STEPS),
      sourced({ clipNorm: 1 }, FEWER_STEPS),
    ],
  },
  pipelines: {
    paper: sourced({ gaps: GAPS }, `${PEGASUS_PARAMS}, parser_strategy`),
    small: sourced({ gaps: GAPS }, `${PEGASUS_PARAMS}, parser_strategy`),
  },
  views(scene) {
    const { rows, draws, tokenizer, vocabulary, length } = textsOf(scene);
    const { begin, end, mask } = vocabulary.special;
    const stop = new Set(
      [...Array(vocabulary.size).keys()].filter(
        (id) => tokenizer.beginsWord[id] === 1 && STOP_WORDS.has(tokenizer.shown(id).trim().toLowerCase()),
      ),
    );
    const pairs = rows.map(({ sentences }) => {
      const share = 0.15 + 0.3 * draws.uniform();
      const chosen = chooseGaps(sentences, { choice: 'principal', share, noise: 0.2 }, stop, draws);
      const gone = new Set(chosen.filter(() => draws.uniform() >= 0.1).map((place) => String(sentences[place])));
      return {
        input: sentences.flatMap((sentence) => (gone.has(String(sentence)) ? [mask] : sentence)),
        target: chosen.flatMap((place) => sentences[place]!),
      };
    });
    return {
      tokens: matrix(pairs.map(({ input }) => [begin, ...input.slice(0, length - 2), end])),
      ...toWrite(
        pairs.map(({ target }) => target),
        begin,
        end,
      ),
    };
  },
};

const PREPROCESSORS = 't5/data/preprocessors.py';

const t5: Wiring = {
  code: 'google-research/text-to-text-transfer-transformer',
  options: {
    paper: [
      sourced({ hiddenShare: 0.15, meanSpan: 3 }, `${PREPROCESSORS}:1934-1935`),
      sourced({ dropout: 0.1 }, 'paper, section 3.1.1'),
    ],
    small: [sourced({ dropout: 0 }, LESS_DROPOUT)],
  },
  recipe: {
    paper: [
      sourced({ backbone: 't5-base' }, 'paper, section 3.1.1', 'learned positions for learned distances'),
      sourced({ batchSize: 128, epochs: 1 }, 'paper, section 3.1.2', '524,288 steps, less than a pass over the text'),
      sourced(
        { optimizer: 'adafactor', learningRate: 0.01, weightDecay: 0 },
        'tensorflow/mesh: mesh_tensorflow/optimize.py, AdafactorOptimizer',
        'the paper, section 3.1.2, has the rate one over the root of 10,000, which is 0.01',
      ),
      sourced({ schedule: 'inverse-sqrt', milestones: [10_000 / 524_288] }, 'paper, section 3.1.2'),
    ],
    small: [
      sourced({ backbone: 't5-micro', epochs: 40, batchSize: 32, warmupEpochs: 1 }, FOR_CPUS),
      sourced({ optimizer: 'adamw', learningRate: 1e-3, weightDecay: 0.01, schedule: 'linear' }, FEWER_STEPS),
      sourced({ clipNorm: 1 }, FEWER_STEPS),
    ],
  },
  pipelines: {
    paper: sourced({ noise: { name: 'corruptSpans', share: 0.15, meanSpan: 3 } }, `${PREPROCESSORS}:2930-3010`),
    small: sourced({ noise: { name: 'corruptSpans', share: 0.15, meanSpan: 3 } }, `${PREPROCESSORS}:2930-3010`),
  },
  views(scene) {
    const { rows, draws, vocabulary, length } = textsOf(scene);
    const { begin, end } = vocabulary.special;
    const rule = { share: 0.15, meanSpan: 3, mostSpans: 100 };
    const pairs = rows.map(({ ids }) => corruptSpans(ids, rule, (span) => vocabulary.size + span, draws));
    return {
      tokens: matrix(pairs.map(({ input }) => [begin, ...input.slice(0, length - 2), end])),
      ...toWrite(
        pairs.map(({ target }) => target),
        begin,
        end,
      ),
    };
  },
};

export const writtenTexts: Readonly<Record<string, Wiring>> = { 'sentence-order': sentenceOrder, bart, pegasus, t5 };
