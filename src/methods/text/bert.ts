/**
 * BERT: read a text with some of its tokens hidden, and say what stood there; and, of two segments, whether the second follows the first.
 *
 * Devlin, Chang, Lee, Toutanova, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding", 2019,
 * https://arxiv.org/abs/1810.04805; code: google-research/bert.
 *
 * Its successors change parts of it, and are options here:
 * - `masking: 'dynamic'` and `secondTask: 'none'`: RoBERTa (Liu et al. 2019, https://arxiv.org/abs/1907.11692; fairseq);
 * - `secondTask: 'sentence-order'`, `unit: 'ngram'`, `embeddingSize` and `sharesLayers`: ALBERT (Lan et al. 2020,
 *   https://arxiv.org/abs/1909.11942; google-research/albert).
 *
 * The loss of the hidden tokens is the mean over them; a batch in which none is hidden has the loss 0.
 */
import { z } from 'zod';
import type { TextTransformer } from '../../backbones/text-transformer.js';
import {
  firstSamples,
  type Prng,
  type Tokenizer,
  type Tokens,
  type TokensSpec,
  tokenizerOf,
} from '../../data/index.js';
import { type Generator, ops, type Tensor } from '../../engine/index.js';
import { PooledHead } from '../heads/pooled-head.js';
import { TokenHead } from '../heads/token-head.js';
import { indexTensor } from '../index-tensor.js';
import { NOT_ASKED, tokenLoss } from '../losses/token-loss.js';
import { MASK_UNITS } from '../masks/token-masks.js';
import {
  type Batch,
  defineMethod,
  Method,
  type MethodContext,
  type OptimizerGroup,
  type Outcome,
  type Preview,
  type Tile,
} from '../method.js';
import { nextSentencePairs, type SegmentPair, sentenceOrderPairs } from '../noise/segment-pairs.js';
import { sentencesOf } from '../noise/sentences.js';
import { hostRandom, type SpecialTokens } from '../noise/token-rows.js';
import * as option from '../options.js';
import { inWords, topAnswers } from '../previews/shown-tokens.js';
import { card } from './bert.card.js';
import { meanVectors } from './mean-vectors.js';
import { framedNeeds, framedText, inputRows, specialOf, type TextRow, textRows } from './token-inputs.js';
import { TokenMasker } from './token-masker.js';
import { LONGER_TEXTS, withSentences } from './usable-texts.js';

const SECOND_TASKS = ['next-sentence', 'sentence-order', 'none'] as const;

const options = z.object({
  hiddenShare: option.share(0.15, 'Share of the tokens that are hidden'),
  mostHidden: option.wholeOrNull('Most tokens that are hidden in one text; null for no bound'),
  unit: option.choice(MASK_UNITS, 'What is hidden together: tokens, whole words, or runs of one to three words'),
  masking: option.choice(
    ['static', 'dynamic'],
    'A text has always the same few masks, as in BERT, or a new one each time it is read, as in RoBERTa',
  ),
  copies: option.whole(10, 'Masks of one text where they are static'),
  maskTokenShare: option.share(0.8, 'Share of the hidden tokens in whose place [MASK] stands'),
  randomTokenShare: option.share(0.1, 'Share of them in whose place a random token stands; the rest stays'),
  secondTask: option.choice(
    SECOND_TASKS,
    'Does the second segment follow the first or is it of another document, are the two swapped, or nothing',
  ),
  shortShare: option.share(0.1, 'Share of the texts that are cut to a random length'),
  embeddingSize: option.wholeOrNull(
    'Dimensions of the vectors of tokens, 128 in ALBERT; null for those of the network',
  ),
  sharesLayers: option.flag(false, 'Whether all layers have the same weights, as in ALBERT'),
  blocks: option.wholeOrNull('Number of blocks; null for as many as the backbone was published with', { max: 1000 }),
  dropout: option.textDropout(),
});

type Options = z.output<typeof options>;

/**
 * Tokens and segments, int64 (N, 2, T), tokens -1 behind the end; places and true tokens of the hidden ones, int64 (M), places numbered
 * through all N T; the answer of the second task, int64 (N), -1 where it is not asked.
 */
type BertViews = Record<'tokens' | 'places' | 'labels' | 'order', Tensor>;

/** A text as it is read: its tokens, the segment of each, and the answer of the second task. */
interface Reading {
  ids: number[];
  segments: number[];
  label: number;
}

export class Bert extends Method<Options, BertViews, unknown, TokensSpec> {
  declare readonly backbone: TextTransformer;
  readonly head: TokenHead;
  /** Of the second task. */
  readonly order: PooledHead | null;
  readonly masker: TokenMasker;
  private readonly tokenizer: Tokenizer;
  private readonly special: SpecialTokens;

  constructor(context: MethodContext<Options, TokensSpec>) {
    super(context);
    const { hiddenShare, mostHidden, unit, masking, copies, maskTokenShare, randomTokenShare } = this.options;
    this.tokenizer = tokenizerOf(context.assets);
    this.special = specialOf(this.spec);
    const { featureSize, options: network } = this.backbone;
    this.head = new TokenHead(featureSize, network.embeddingSize, this.spec.vocabulary);
    this.order = this.options.secondTask === 'none' ? null : new PooledHead(featureSize, 2);
    const isDynamic = masking === 'dynamic';
    this.masker = new TokenMasker(this.spec, {
      rule: {
        ...{ share: hiddenShare, most: mostHidden, unit, maskShare: maskTokenShare, randomShare: randomTokenShare },
        ...{ count: isDynamic ? 'expected' : 'rounded', drawsSpecial: !isDynamic, hidesMarks: false },
      },
      beginsWord: this.tokenizer.beginsWord,
      copies: isDynamic ? null : copies,
    });
  }

  override views({ samples }: Batch<TokensSpec>, random: Generator): BertViews {
    const draws = hostRandom(random);
    const readings = this.read(textRows(samples), draws);
    const { tokens, places, labels } = this.masker.mask(
      readings.map(({ ids }) => ids),
      draws,
      samples.ids,
    );
    const segments = inputRows(
      readings.map((reading) => reading.segments),
      samples.ids,
    ).clampMin(0);
    return {
      tokens: ops.stack([tokens, segments], 1),
      places,
      labels,
      order: indexTensor(
        readings.map(({ label }) => label),
        samples.ids,
      ),
    };
  }

  override pipelines() {
    return { ...super.pipelines(), masks: this.masker.description };
  }

  /** The texts between [CLS] and [SEP], in two segments where there is a second task. */
  private read(rows: readonly TextRow[], random: Prng): Reading[] {
    const { secondTask, shortShare } = this.options;
    const { begin, end } = this.special;
    const most = this.spec.length - (secondTask === 'none' ? 2 : 3);
    const sources = rows.map(({ ids, sentence, document }) => {
      const isShort = random.uniform() < shortShare;
      const kept = isShort ? ids.slice(0, 2 + random.below(Math.max(1, ids.length - 2))) : ids;
      return { sentences: sentencesOf(kept, sentence), document };
    });
    const makePairs = secondTask === 'next-sentence' ? nextSentencePairs : sentenceOrderPairs;
    const pairs: SegmentPair[] =
      secondTask === 'none'
        ? sources.map(({ sentences }) => ({ first: sentences.flat().slice(0, most), second: [], label: NOT_ASKED }))
        : makePairs(sources, most, random);
    return pairs.map(({ first, second, label }) => {
      const tail = second.length > 0 ? [...second, end] : [];
      const ids = [begin, ...first, end, ...tail];
      return { ids, segments: ids.map((_, place) => Number(place >= ids.length - tail.length)), label };
    });
  }

  override loss({ tokens, places, labels, order }: BertViews): Outcome {
    const input = this.backbone.inputOf(tokens);
    const x = this.backbone.read(input); // (N, T, D)
    const hidden = tokenLoss(this.answer(x, places), labels);
    const features = meanVectors(x, input.isReal ?? null);
    const metrics = { accuracy: hidden.accuracy, tokenLoss: hidden.loss.detach() };
    if (this.order === null) return { loss: hidden.loss, metrics, features };
    const pair = tokenLoss(this.order.forward(x), order);
    return {
      loss: hidden.loss.add(pair.loss),
      metrics: { ...metrics, orderAccuracy: pair.accuracy, orderLoss: pair.loss.detach() },
      features,
    };
  }

  /** Logits (M, V) at these places. */
  private answer(x: Tensor, places: Tensor): Tensor {
    return this.head.forward(x.flatten(0, 1).indexSelect(0, places), this.backbone.embeddings.tokens.weight);
  }

  /** BERT's rule: Adam whose means are not corrected for their start. */
  override optimizerGroups(): OptimizerGroup[] {
    return [{ name: 'main', modules: [this], eps: 1e-6, correctsBias: false }];
  }

  override preview({ samples, indices }: Batch<TokensSpec>, random: Generator): Preview[] {
    const shown = firstSamples(samples, 6) as Tokens;
    const views = this.views({ samples: shown, indices: indices.slice(0, 6) }, random);
    const x = this.backbone.read(this.backbone.inputOf(views.tokens));
    const logits = this.answer(x, views.places);
    const answers = this.order?.forward(x).softmax(1).select(1, 0).toNumbers();
    const truths = views.order.toNumbers();
    const notes = answers?.map((share, i) =>
      truths[i] === NOT_ASKED
        ? ''
        : `; the second part ${truths[i] === 0 ? 'follows' : 'does not follow'} the first: says so with ${Math.round(100 * (truths[i] === 0 ? share : 1 - share))} %`,
    );
    return [hiddenTokens(views, logits, this.tokenizer, notes)];
  }
}

/** A row for each text: the text with its holes, and the answers for some of them. */
export function hiddenTokens(
  { tokens, places, labels }: Pick<BertViews, 'tokens' | 'places' | 'labels'>,
  logits: Tensor,
  tokenizer: Tokenizer,
  notes: readonly string[] = [],
): Preview {
  const width = tokens.size(-1);
  const input = tokens.ndim === 3 ? tokens.select(1, 0) : tokens;
  const [asked, truth, answers] = [places, labels, logits.argmax(1)].map((values) => values.toNumbers());
  const rows = input.unbind(0).map((row, i) => {
    const ids = row.toNumbers().filter((id) => id >= 0);
    const own = [...asked!.keys()].filter((k) => Math.floor(asked![k]! / width) === i);
    const holes = new Map(own.map((k, number) => [asked![k]! - i * width, `[${number + 1}]`]));
    const text: Tile = {
      text: inWords(ids, tokenizer, holes),
      caption: `${own.length} tokens are hidden${notes[i] ?? ''}`,
    };
    const tiles = own.slice(0, 4).map(
      (k, number): Tile => ({
        text: topAnswers(logits.select(0, k), tokenizer),
        caption: `[${number + 1}] was: ${tokenizer.shown(truth![k]!)}`,
        isCorrect: answers![k] === truth![k],
      }),
    );
    return [text, ...tiles];
  });
  const explanation =
    'Tokens of the text on the left are hidden; the network says what stood there, here with the three most probable answers.';
  return { title: 'What is hidden?', explanation, rows, chance: 1 / logits.size(1) };
}

export const bert = defineMethod({
  ...card,
  modalities: ['tokens'],
  options,
  smallOptions: { masking: 'dynamic', dropout: 0, shortShare: 0 },
  architectures: ['bert-micro', 'bert-tiny', 'bert-mini', 'bert-small', 'bert-medium', 'bert-base', 'bert-large'],
  needs: ({ secondTask }) => framedNeeds(['begin', 'end', 'mask'], { room: secondTask === 'none' ? 2 : 3 }),
  usable: (samples: Tokens, { options: { secondTask } }) =>
    secondTask === 'none'
      ? null
      : withSentences(samples, 2, {
          part: 'The second task',
          remedy: `${LONGER_TEXTS} --second-task none leaves it out.`,
        }),
  encoder: framedText(({ options: { embeddingSize, sharesLayers, blocks, dropout } }) => ({
    ...(embeddingSize === null ? {} : { embeddingSize }),
    ...(blocks === null ? {} : { blocks }),
    sharesBlocks: sharesLayers,
    dropout,
  })),
  create: (context: MethodContext<Options, TokensSpec>) => new Bert(context),
});
