/** Methods that hide or replace tokens, and SimCSE, which learns from dropout alone. */
import { Prng } from '../../src/data/index.js';
import { ops } from '../../src/engine/index.js';
import { maskRow, type TokenMaskRule } from '../../src/methods/masks/token-masks.js';
import { nextSentencePairs } from '../../src/methods/noise/segment-pairs.js';
import { FOR_CPUS } from './reasons.js';
import { FEWER_STEPS, hidden, LESS_DROPOUT, matrix, textsOf, vector } from './text-rows.js';
import { sourced, type Wiring } from './wiring.js';

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
      sourced({ blocks: null }, 'paper, section 3'),
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

export const maskedTexts: Readonly<Record<string, Wiring>> = { bert, electra, simcse };
