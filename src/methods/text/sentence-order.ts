/**
 * Sentence order: the sentences of a text stand in a random order, and the network says which one, or which of two comes first.
 *
 * Chen, Qiu, Huang, "Neural Sentence Ordering", 2016, https://arxiv.org/abs/1607.06952: pairs of sentences are compared and the answers
 * joined to an order. `form: 'classify'` names one of all orders of a few sentences at once, as a jigsaw does of tiles. BART writes the text
 * in order instead. Texts with fewer sentences are skipped. The network is BERT's, where the paper has LSTMs.
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
import { type Generator, noGrad, ops, type Tensor } from '../../engine/index.js';
import { PooledHead } from '../heads/pooled-head.js';
import { indexTensor } from '../index-tensor.js';
import { tokenLoss } from '../losses/token-loss.js';
import {
  type Batch,
  defineMethod,
  Method,
  type MethodContext,
  type OptimizerGroup,
  type Outcome,
  type Preview,
} from '../method.js';
import { allOrders, kendallTau, permute, type Sentence, sentencesOf } from '../noise/sentences.js';
import { hostRandom, type SpecialTokens } from '../noise/token-rows.js';
import * as option from '../options.js';
import { inWords } from '../previews/shown-tokens.js';
import { card } from './sentence-order.card.js';
import { framedNeeds, framedText, inputRows, specialOf, type TextRow, textRows } from './token-inputs.js';
import { withSentences } from './usable-texts.js';

const options = z.object({
  form: option.choice(['pairwise', 'classify'], 'Which of two sentences comes first, or which of all orders it is'),
  sentences: option.whole(3, 'Sentences of a text that are put in order', { min: 2, max: 5 }),
  dropout: option.textDropout(),
});

type Options = z.output<typeof options>;

/**
 * What the network reads, int64 (M, T), -1 behind the end: all sentences of a text, or two of them; the answer of each row, int64 (M); and for
 * each text which of the true sentences stands at each place, int64 (N, sentences).
 */
type OrderViews = Record<'tokens' | 'labels' | 'orders', Tensor>;

/** Sentences in the order in which they are read, and which one of the text each is. */
type Shuffled = ReturnType<typeof permute<Sentence>>;

export class SentenceOrder extends Method<Options, OrderViews, unknown, TokensSpec> {
  declare readonly backbone: TextTransformer;
  readonly answer: PooledHead;
  /** All orders of the sentences: the classes. */
  readonly orders: readonly (readonly number[])[];
  /** The places that are compared. */
  readonly pairs: readonly (readonly [number, number])[];
  private readonly tokenizer: Tokenizer;
  private readonly special: SpecialTokens;

  constructor(context: MethodContext<Options, TokensSpec>) {
    super(context);
    const { form, sentences } = this.options;
    this.tokenizer = tokenizerOf(context.assets);
    this.special = specialOf(this.spec);
    this.orders = allOrders(sentences);
    this.pairs = Array.from({ length: sentences }, (_, i) => i).flatMap((i) =>
      Array.from({ length: sentences - 1 - i }, (_, k) => [i, i + 1 + k] as const),
    );
    const { featureSize } = this.backbone;
    this.answer = new PooledHead(featureSize, form === 'classify' ? this.orders.length : 2);
  }

  override views({ samples }: Batch<TokensSpec>, random: Generator): OrderViews {
    return this.viewsOf(this.shuffle(textRows(samples), hostRandom(random)), samples.ids);
  }

  override pipelines() {
    const { form, sentences } = this.options;
    return { ...super.pipelines(), order: { name: 'permuteSentences', form, sentences } };
  }

  /** So many sentences in a row of each text that has them, from a random one on, in a random order. */
  private shuffle(rows: readonly TextRow[], random: Prng): Shuffled[] {
    const { sentences: count } = this.options;
    return rows.flatMap(({ ids, sentence }) => {
      const all = sentencesOf(ids, sentence);
      if (all.length < count) return [];
      const from = random.below(all.length - count + 1);
      return [permute(all.slice(from, from + count), random)];
    });
  }

  private viewsOf(texts: readonly Shuffled[], beside: Tensor): OrderViews {
    const { form, sentences } = this.options;
    const rows = texts.flatMap(({ items, order }) =>
      form === 'classify'
        ? [{ parts: items, label: this.orders.findIndex((known) => `${known}` === `${order}`) }]
        : this.pairs.map(([i, k]) => ({ parts: [items[i]!, items[k]!], label: Number(order[i]! < order[k]!) })),
    );
    return {
      tokens: inputRows(
        rows.map(({ parts }) => this.joined(parts)),
        beside,
      ),
      labels: indexTensor(
        rows.map(({ label }) => label),
        beside,
      ),
      orders: indexTensor(
        texts.flatMap(({ order }) => order),
        beside,
      ).view([-1, sentences]),
    };
  }

  /** [CLS] A [SEP] B [SEP] ..., cut where it is too long. */
  private joined(parts: readonly Sentence[]): number[] {
    const { begin, end } = this.special;
    return [begin, ...parts.flatMap((part) => [...part, end])].slice(0, this.spec.length);
  }

  override loss({ tokens, labels, orders }: OrderViews): Outcome {
    if (labels.size(0) === 0) return this.nothing(tokens);
    const x = this.backbone.read(this.backbone.inputOf(tokens)); // (M, T, D)
    const logits = this.answer.forward(x);
    const { loss, accuracy } = tokenLoss(logits, labels);
    const { exact, tau } = noGrad(() => this.measure(logits, orders));
    return { loss, metrics: { accuracy, exact, tau }, features: x.select(1, 0) };
  }

  /** A batch without a text of so many sentences: a loss of 0 from a row that says nothing, and no metrics. */
  private nothing(tokens: Tensor): Outcome {
    const row = ops.full([1, 1], this.special.begin, { dtype: 'int64', device: tokens.device });
    const x = this.backbone.read(this.backbone.inputOf(row));
    const loss = this.answer.forward(x).sum().mul(0);
    return { loss, features: x.select(1, 0) };
  }

  /** Share of texts put in their very order, and mean Kendall's tau. */
  private measure(logits: Tensor, orders: Tensor): { exact: number; tau: number } {
    const truths = orders.unbind(0).map((row) => row.toNumbers());
    const found = this.ordersOf(logits).map((places, i) => places.map((place) => truths[i]![place]!));
    const mean = (of: (order: readonly number[]) => number): number =>
      found.reduce((sum, order) => sum + of(order), 0) / found.length;
    return { exact: mean((order) => Number(order.every((place, i) => place === i))), tau: mean(kendallTau) };
  }

  /** For each text the places at which its sentences stand, first to last, as the network says. */
  ordersOf(logits: Tensor): number[][] {
    const { form, sentences } = this.options;
    if (form === 'classify')
      // The order says which sentence stands at each place; here it is where each sentence stands.
      return logits
        .argmax(1)
        .toNumbers()
        .map((index) =>
          [...this.orders[index]!.keys()].sort((a, b) => this.orders[index]![a]! - this.orders[index]![b]!),
        );
    const scores = logits.select(1, 1).sub(logits.select(1, 0)).toNumbers();
    return Array.from({ length: scores.length / this.pairs.length }, (_, text) => {
      // Sentences with more wins come first; equal ones by how clear their wins are.
      const wins = new Array<number>(sentences).fill(0);
      for (const [k, [one, other]] of this.pairs.entries()) {
        const score = scores[text * this.pairs.length + k]!;
        const clear = Math.tanh(score) / 1000;
        wins[score > 0 ? one : other]! += 1;
        wins[one]! += clear;
        wins[other]! -= clear;
      }
      return [...wins.keys()].sort((a, b) => wins[b]! - wins[a]! || a - b);
    });
  }

  /** BERT's rule: Adam whose means are not corrected for their start. */
  override optimizerGroups(): OptimizerGroup[] {
    return [{ name: 'main', modules: [this], eps: 1e-6, correctsBias: false }];
  }

  override preview({ samples }: Batch<TokensSpec>, random: Generator): Preview[] {
    const shown = firstSamples(samples, 6) as Tokens;
    const texts = this.shuffle(textRows(shown), hostRandom(random));
    const title = 'In which order do these sentences stand?';
    const explanation =
      'The sentences on the left were shuffled; in the middle the order that the network says, on the right the true one.';
    if (texts.length === 0)
      return [{ title, explanation, rows: [[{ text: `No text here has ${this.options.sentences} sentences.` }]] }];
    const { tokens } = this.viewsOf(texts, shown.ids);
    const answers = this.ordersOf(this.answer.forward(this.backbone.read(this.backbone.inputOf(tokens))));
    const rows = texts.map(({ items, order }, i) => {
      const words = (places: readonly number[]): string =>
        places.map((place) => inWords(items[place]!, this.tokenizer)).join('\n');
      const truth = [...order.keys()].sort((a, b) => order[a]! - order[b]!);
      return [
        { text: words([...items.keys()]), caption: 'read' },
        { text: words(answers[i]!), caption: 'put in order', isCorrect: `${answers[i]}` === `${truth}` },
        { text: words(truth), caption: 'the text' },
      ];
    });
    return [{ title, explanation, rows, chance: 1 / this.orders.length }];
  }
}

export const sentenceOrder = defineMethod({
  ...card,
  modalities: ['tokens'],
  options,
  smallOptions: { dropout: 0 },
  architectures: ['bert-micro', 'bert-mini', 'bert-small', 'bert-medium', 'bert-base', 'bert-large'],
  needs: ({ sentences }) => framedNeeds(['begin', 'end'], { room: 1 + sentences }),
  usable: (samples: Tokens, { options }) => withSentences(samples, options.sentences),
  encoder: framedText(({ options: { dropout } }) => ({ dropout })),
  create: (context: MethodContext<Options, TokensSpec>) => new SentenceOrder(context),
});
