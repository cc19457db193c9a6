/** Methods that learn from texts. */
import { Prng, type Tokenizer, type Tokens } from '../../src/data/index.js';
import { type Generator, ops, type Tensor, tensor } from '../../src/engine/index.js';
import { maskRow, type TokenMaskRule } from '../../src/methods/masks/token-masks.js';
import { chooseGaps } from '../../src/methods/noise/gap-sentences.js';
import { nextSentencePairs } from '../../src/methods/noise/segment-pairs.js';
import { permute, sentencesOf } from '../../src/methods/noise/sentences.js';
import { corruptSpans } from '../../src/methods/noise/span-corruption.js';
import { STOP_WORDS } from '../../src/methods/noise/stop-words.js';
import { infill } from '../../src/methods/noise/text-infilling.js';
import { FOR_CPUS, NARROW } from './reasons.js';
import { type Scene, sourced, type Wiring } from './wiring.js';

const LESS_DROPOUT = 'ours: small networks on CPUs pass over too few texts to overfit';
const FEWER_STEPS = 'ours: fits runs of fewer steps';

/** The texts of a scene on the host, and the draws that the method has made from the generator at this place. */
function textsOf({ samples, random, method }: Scene) {
  const tokens = samples as unknown as Tokens;
  const [ids, sentence, lengths, document] = [tokens.ids, tokens.sentence, tokens.lengths, tokens.document].map(
    (values) => values.toNumbers(),
  ) as [number[], number[], number[], number[]];
  const width = tokens.ids.size(1);
  const rows = lengths.map((length, i) => ({
    ids: ids.slice(i * width, i * width + length),
    sentences: sentencesOf(ids.slice(i * width, i * width + length), sentence.slice(i * width, i * width + length)),
    document: document[i]!,
  }));
  const { tokenizer, spec } = method as unknown as {
    tokenizer: Tokenizer;
    spec: { length: number; vocabulary: number; special: Record<'pad' | 'unknown' | 'begin' | 'end' | 'mask', number> };
  };
  const own = { size: spec.vocabulary, special: spec.special };
  return { rows, draws: drawsOf(random), length: spec.length, special: spec.special, tokenizer, vocabulary: own };
}

function drawsOf(random: Generator): Prng {
  const [one, other] = ops.randint(0, 2 ** 32, [2], { generator: random, dtype: 'int64' }).toNumbers();
  return new Prng(one!, other!);
}

function matrix(rows: readonly (readonly number[])[], fill = -1): Tensor {
  const width = Math.max(...rows.map((row) => row.length));
  const filled = rows.flatMap((row) => [...row, ...new Array<number>(width - row.length).fill(fill)]);
  return tensor(BigInt64Array.from(filled, BigInt), { shape: [rows.length, width] });
}

const vector = (values: readonly number[]): Tensor => tensor(BigInt64Array.from(values, BigInt));

/** Masked rows, where they are hidden among all places of the batch, and what stood there. */
function hidden(rows: readonly (readonly number[])[], mask: (row: readonly number[]) => ReturnType<typeof maskRow>) {
  const width = Math.max(...rows.map((row) => row.length));
  const masked = rows.map(mask);
  return {
    masked: matrix(masked.map(({ ids }) => ids)),
    places: vector(masked.flatMap(({ places }, i) => places.map((place) => i * width + place))),
    labels: vector(masked.flatMap(({ places }, i) => places.map((place) => rows[i]![place]!))),
  };
}

const BERT_MASKS = {
  paper: {
    ...{ share: 0.15, most: null, unit: 'token', maskShare: 0.8, randomShare: 0.1 },
    ...{ count: 'rounded', drawsSpecial: true, hidesMarks: false },
  },
  small: {
    ...{ share: 0.15, most: null, unit: 'token', maskShare: 0.8, randomShare: 0.1 },
    ...{ count: 'expected', drawsSpecial: false, hidesMarks: false },
  },
} as const satisfies Record<string, TokenMaskRule>;

const fnv = (row: readonly number[]): number =>
  row.reduce((hash, id) => Math.imul(hash ^ id, 16777619) >>> 0, 2166136261);

const bert: Wiring = {
  code: 'google-research/bert',
  options: {
    paper: [
      sourced({ hiddenShare: 0.15 }, 'create_pretraining_data.py:60'),
      sourced(
        { mostHidden: null },
        'create_pretraining_data.py:51',
        'the 20 of the code for texts of 128 tokens are not reached by 15 % of them',
      ),
      sourced({ unit: 'token' }, 'create_pretraining_data.py:46'),
      sourced(
        { masking: 'static', copies: 10 },
        'create_pretraining_data.py:57',
        'a text that is read again has one of ten masks, by its content; the code writes ten copies to a file',
      ),
      sourced({ maskTokenShare: 0.8, randomTokenShare: 0.1 }, 'create_pretraining_data.py:393-401'),
      sourced({ secondTask: 'next-sentence' }, 'create_pretraining_data.py:271'),
      sourced({ shortShare: 0.1 }, 'create_pretraining_data.py:63, create_pretraining_data.py:235-241'),
      sourced({ embeddingSize: null, sharesLayers: false }, 'modeling.py, embedding_lookup and transformer_model'),
      sourced({ dropout: 0.1 }, 'modeling.py:41-42'),
    ],
    small: [
      sourced({ masking: 'dynamic' }, 'https://arxiv.org/abs/1907.11692, section 4.1'),
      sourced({ dropout: 0 }, LESS_DROPOUT),
      sourced({ shortShare: 0 }, 'ours: texts are short as they are'),
    ],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'bert-base', epochs: 40, batchSize: 256 }, 'paper, appendix A.2'),
      sourced({ optimizer: 'adamw', learningRate: 1e-4, weightDecay: 0.01 }, 'paper, appendix A.2'),
      sourced(
        { schedule: 'linear', warmupEpochs: 0.4 },
        'paper, appendix A.2',
        '10,000 of the 1,000,000 steps of 40 epochs',
      ),
      sourced({ clipNorm: 1 }, 'optimization.py:74'),
    ],
    small: [
      sourced({ backbone: 'bert-micro', epochs: 40, batchSize: 32, warmupEpochs: 1 }, FOR_CPUS),
      sourced({ optimizer: 'adamw', learningRate: 1e-3, weightDecay: 0.01, schedule: 'linear' }, FEWER_STEPS),
      sourced({ clipNorm: 1 }, 'optimization.py:74'),
    ],
  },
  groups: sourced({ main: { eps: 1e-6, correctsBias: false } }, 'optimization.py:64, optimization.py:131-137'),
  pipelines: {
    paper: sourced(
      { masks: { name: 'maskTokens', ...BERT_MASKS.paper, copies: 10 } },
      'create_pretraining_data.py:342-401',
    ),
    small: sourced(
      { masks: { name: 'maskTokens', ...BERT_MASKS.small, copies: null } },
      'facebookresearch/fairseq: fairseq/data/mask_tokens_dataset.py:141-199',
    ),
  },
  others: [
    sourced(
      {
        options: { unit: 'ngram', hiddenShare: 0.3, mostHidden: 20 },
        pipelines: {
          masks: { name: 'maskTokens', ...BERT_MASKS.paper, unit: 'ngram', share: 0.3, most: 20, copies: 10 },
        },
      },
      'google-research/albert: create_pretraining_data.py:464-498',
    ),
  ],
  views(scene) {
    const { rows, draws, tokenizer, length, vocabulary } = textsOf(scene);
    const { begin, end } = vocabulary.special;
    // create_pretraining_data.py:240: target lengths from 2 on, here of the text without marks.
    const sources = rows.map(({ ids, sentences, document }) => {
      const isShort = draws.uniform() < (scene.set === 'paper' ? 0.1 : 0);
      if (!isShort) return { sentences, document };
      let left = 2 + draws.below(Math.max(1, ids.length - 2));
      const kept = sentences.map((sentence) => {
        const part = sentence.slice(0, Math.max(0, left));
        left -= sentence.length;
        return part;
      });
      return { sentences: kept.filter((part) => part.length > 0), document };
    });
    const pairs = nextSentencePairs(sources, length - 3, draws);
    const texts = pairs.map(({ first, second }) => [
      begin,
      ...first,
      end,
      ...(second.length > 0 ? [...second, end] : []),
    ]);
    const segments = pairs.map(({ first, second }) => [
      ...new Array<number>(first.length + 2).fill(0),
      ...new Array<number>(second.length > 0 ? second.length + 1 : 0).fill(1),
    ]);
    const { masked, places, labels } = hidden(texts, (row) => {
      const own = scene.set === 'paper' ? new Prng(draws.below(10), fnv(row)) : draws;
      return maskRow(
        row,
        BERT_MASKS[scene.set],
        vocabulary,
        own,
        row.map((id) => tokenizer.beginsWord[id] === 1),
      );
    });
    return {
      tokens: ops.stack([masked, matrix(segments, 0)], 1),
      ...{ places, labels },
      order: vector(pairs.map(({ label }) => label)),
    };
  },
};

const ELECTRA_MASKS = {
  ...{ share: 0.15, most: null, unit: 'token', maskShare: 0.85, randomShare: 0 },
  ...{ count: 'rounded', drawsSpecial: false, hidesMarks: false },
} as const satisfies TokenMaskRule;
const ELECTRA_PIPELINES = { masks: { name: 'maskTokens', ...ELECTRA_MASKS, copies: null } };
const PLACES = 'pretrain/pretrain_helpers.py:145-212';

const electra: Wiring = {
  code: 'google-research/electra',
  options: {
    paper: [
      sourced({ hiddenShare: 0.15 }, 'configure_pretraining.py:40'),
      sourced({ maskTokenShare: 0.85 }, 'pretrain/pretrain_helpers.py:202'),
      sourced({ generatorShare: 0.25 }, 'configure_pretraining.py:75', 'as many heads as the network, each narrower'),
      sourced({ generator: 'learned' }, 'run_pretraining.py, PretrainingModel'),
      sourced({ discriminatorWeight: 50 }, 'configure_pretraining.py:39'),
      sourced(
        { embeddingSize: null },
        'configure_pretraining.py:64',
        'the code sets 128 for ELECTRA-Small by itself: give --embedding-size 128',
      ),
      sourced({ dropout: 0.1 }, 'model/modeling.py, BertConfig'),
    ],
    small: [
      sourced({ dropout: 0 }, LESS_DROPOUT),
      sourced({ generatorShare: 0.5 }, 'ours: a quarter of a width of 128 tells next to nothing'),
    ],
  },
  recipe: {
    paper: [
      sourced(
        { backbone: 'electra-small', batchSize: 128 },
        'configure_pretraining.py:83, configure_pretraining.py:115-119',
      ),
      sourced(
        { epochs: 40, warmupEpochs: 0.4 },
        'configure_pretraining.py:46-51',
        'in epochs of BERT, of whose steps there are as many',
      ),
      sourced(
        { optimizer: 'adamw', learningRate: 5e-4, weightDecay: 0.01, schedule: 'linear' },
        'configure_pretraining.py:43-45',
      ),
      sourced({ clipNorm: 1 }, 'model/optimization.py, create_optimizer'),
    ],
    small: [
      sourced({ backbone: 'bert-micro', epochs: 40, batchSize: 32, warmupEpochs: 1 }, FOR_CPUS),
      sourced({ optimizer: 'adamw', learningRate: 1e-3, weightDecay: 0.01, schedule: 'linear' }, FEWER_STEPS),
      sourced({ clipNorm: 1 }, 'model/optimization.py, create_optimizer'),
    ],
  },
  groups: sourced({ main: { eps: 1e-6, correctsBias: false } }, 'model/optimization.py, AdamWeightDecayOptimizer'),
  pipelines: {
    paper: sourced(ELECTRA_PIPELINES, PLACES, 'places are drawn without replacement'),
    small: sourced(ELECTRA_PIPELINES, PLACES, 'places are drawn without replacement'),
  },
  views(scene) {
    const { rows, draws, length, vocabulary } = textsOf(scene);
    const { begin, end } = vocabulary.special;
    const texts = rows.map(({ ids }) => [begin, ...ids.slice(0, length - 2), end]);
    const { masked, places, labels } = hidden(texts, (row) => maskRow(row, ELECTRA_MASKS, vocabulary, draws));
    const uniform = ops.rand([places.size(0)], { generator: scene.random, dtype: 'float32' });
    return { tokens: matrix(texts), ...{ masked, places, labels }, draws: uniform };
  },
};

const simcse: Wiring = {
  code: 'princeton-nlp/SimCSE',
  options: {
    paper: [
      sourced({ temperature: 0.05 }, 'run_unsup_example.sh:22'),
      sourced({ dropout: 0.1 }, 'paper, section 3', 'that of BERT'),
      sourced({ useHead: true }, 'run_unsup_example.sh:19-20, simcse/models.py:92-93'),
    ],
    small: [],
  },
  recipe: {
    paper: [
      sourced({ backbone: 'bert-base', epochs: 1, batchSize: 64, learningRate: 3e-5 }, 'run_unsup_example.sh:8-13'),
      sourced(
        { optimizer: 'adam', weightDecay: 0, schedule: 'linear' },
        "ours: what the code's trainer does by default, Adam with decay 0 and a linear schedule",
      ),
    ],
    small: [
      sourced({ backbone: 'bert-micro', epochs: 20, batchSize: 64 }, FOR_CPUS),
      sourced({ optimizer: 'adam', learningRate: 3e-4, weightDecay: 0, schedule: 'linear' }, FEWER_STEPS),
    ],
  },
  pipelines: { paper: sourced({}, 'paper, section 3'), small: sourced({}, 'paper, section 3') },
  views: ({ prepare, samples }) => ({ tokens: prepare(samples) }),
};

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
  views: ({ prepare, samples, indices }) => ({ tokens: prepare(samples), rows: vector(indices) }),
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
  bert,
  electra,
  simcse,
  'sentence-order': sentenceOrder,
  bart,
  pegasus,
  t5,
  'skip-thoughts': skipThoughts,
  elmo,
  'cpc-text': cpcText,
};
