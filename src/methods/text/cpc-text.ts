/**
 * CPC of text: read the sentences of a text so far, and find the vectors of those that come next among the sentences of all texts.
 *
 * van den Oord, Li, Vinyals, "Representation Learning with Contrastive Predictive Coding", 2018, section 3.3,
 * https://arxiv.org/abs/1807.03748; the authors published no code. For each step k with a matrix W_k, W_k c_t must be nearest to z_(t+k).
 * Sentences of other texts are told by their topic, those of the same text by their order alone: both numbers are reported, and
 * `negatives: 'text'` learns from the latter.
 */
import { z } from 'zod';
import type { SentenceGru } from '../../backbones/sentence-gru.js';
import { firstSamples, type Tokenizer, type Tokens, type TokensSpec, tokenizerOf } from '../../data/index.js';
import { fullPrecision, noGrad, ops, type Tensor } from '../../engine/index.js';
import { init, Linear } from '../../engine/nn/index.js';
import { tokenLoss } from '../losses/token-loss.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../method.js';
import { sentencesOf } from '../noise/sentences.js';
import * as option from '../options.js';
import { inWords } from '../previews/shown-tokens.js';
import { card } from './cpc-text.card.js';
import { sentenceRows } from './sentence-rows.js';
import { textRows } from './token-inputs.js';
import { withSentences } from './usable-texts.js';

const options = z.object({
  steps: option.whole(3, 'Sentences ahead that are predicted'),
  negatives: option.choice(
    ['batch', 'text'],
    'The sentences among which the true one must be found: of all texts, or of its own',
  ),
  embeddingSize: option.whole(620, 'Dimensions of the vectors of tokens'),
});

type Options = z.output<typeof options>;

/** int64 (N, S, L), -1 behind the end of a sentence and in all of one that a text does not have. */
type SentenceViews = { sentences: Tensor };

/** One prediction for each context with a sentence so far ahead: scores of all sentences (M, N S), and the place of the true one (M). */
interface Predicted {
  scores: Tensor;
  truth: Tensor;
  /** The context's text, int64 (M). */
  text: Tensor;
}

export class CpcText extends Method<Options, SentenceViews, unknown, TokensSpec> {
  declare readonly backbone: SentenceGru;
  readonly predictors: readonly Linear[];
  private readonly tokenizer: Tokenizer;

  constructor(context: MethodContext<Options, TokensSpec>) {
    super(context);
    this.tokenizer = tokenizerOf(context.assets);
    const { featureSize } = this.backbone;
    this.predictors = Array.from({ length: this.options.steps }, () => {
      const layer = new Linear(featureSize, featureSize, { bias: false });
      // All answers are about equally likely at first.
      init.normal_(layer.weight, 0, 0.01 / Math.sqrt(featureSize));
      return layer;
    });
  }

  override views({ samples }: Batch<TokensSpec>): SentenceViews {
    return { sentences: this.prepare(samples) };
  }

  override loss({ sentences }: SentenceViews): Outcome {
    const z = this.backbone.sentences(sentences); // (N, S, D)
    const contexts = this.backbone.contexts(z);
    return fullPrecision(z.device, () => {
      const all = this.predict(sentences, z, contexts);
      const asked = all.filter(({ truth }) => truth.size(0) > 0);
      // Where nothing is predicted, the loss is the 0 of the first step.
      const made = asked.length > 0 ? asked : all.slice(0, 1);
      const parts = made.map((predicted) => this.nce(predicted, sentences, this.options.negatives));
      const inText = noGrad(() => made.map((predicted) => this.nce(predicted, sentences, 'text').accuracy));
      const mean = (values: readonly Tensor[]): Tensor => ops.stack(values, 0).mean();
      return {
        loss: mean(parts.map(({ loss }) => loss)),
        ...(asked.length > 0 && {
          metrics: { accuracy: mean(parts.map(({ accuracy }) => accuracy)), orderAccuracy: mean(inText) },
        }),
        features: contexts.mean([1]),
      };
    });
  }

  /** The predictions of each step, for the contexts with a sentence so far ahead. */
  private predict(sentences: Tensor, z: Tensor, contexts: Tensor): Predicted[] {
    const [count, most] = sentences.shape as [number, number];
    const isReal = sentences.amax([2]).ge(0); // (N, S)
    const all = z.flatten(0, 1).to('float32'); // (N S, D)
    const places = ops.arange(0, count * most, 1, { dtype: 'int64', device: z.device }).view([count, most]);
    const texts = ops.arange(0, count, 1, { dtype: 'int64', device: z.device }).unsqueeze(1).expand([count, most]);
    // Where no text has so many sentences there is nothing to predict; of the first step at least a loss of 0 is left.
    const within = this.predictors.slice(0, Math.max(1, most - 1));
    return within.map((predictor, k) => {
      const ahead = Math.min(k + 1, most);
      const left = most - ahead;
      const chosen = isReal.narrow(1, ahead, left).flatten().nonzero().squeeze(1);
      const pick = (rows: Tensor): Tensor => rows.flatten(0, 1).indexSelect(0, chosen);
      const made = predictor.forward(pick(contexts.narrow(1, 0, left))).to('float32'); // (M, D)
      const truth = places.narrow(1, ahead, left).flatten().indexSelect(0, chosen);
      return {
        scores: made.matmul(all.t()),
        truth,
        text: texts.narrow(1, ahead, left).flatten().indexSelect(0, chosen),
      };
    });
  }

  private nce({ scores, truth, text }: Predicted, sentences: Tensor, negatives: Options['negatives']) {
    const [count, most] = sentences.shape as [number, number];
    const isReal = sentences.amax([2]).ge(0).flatten(); // (N S)
    const texts = ops.arange(0, count, 1, { dtype: 'int64', device: scores.device }).repeatInterleave(most);
    const isOwn = texts.unsqueeze(0).eq(text.unsqueeze(1)); // (M, N S)
    const allowed = negatives === 'batch' ? isReal.unsqueeze(0) : isOwn.logicalAnd(isReal);
    return tokenLoss(scores.maskedFill(allowed.logicalNot(), Number.NEGATIVE_INFINITY), truth);
  }

  override preview({ samples }: Batch<TokensSpec>): Preview[] {
    const shown = firstSamples(samples, 6) as Tokens;
    const sentences = this.prepare(shown);
    const z = this.backbone.sentences(sentences);
    const { scores, truth } = this.predict(sentences, z, this.backbone.contexts(z))[0]!;
    const most = sentences.size(1);
    const isReal = sentences.amax([2]).ge(0).flatten();
    const answers = scores.maskedFill(isReal.logicalNot(), Number.NEGATIVE_INFINITY).argmax(1).toNumbers();
    const texts = textRows(shown).map(({ ids, sentence }) =>
      sentencesOf(ids, sentence).map((ids) => inWords(ids, this.tokenizer)),
    );
    const shownOf = (place: number): string => texts[Math.floor(place / most)]?.[place % most] ?? '(cut)';
    const asked = truth.toNumbers();
    const rows = texts.flatMap((parts, i) => {
      const k = asked.findIndex((place) => place === i * most + Math.min(2, parts.length - 1));
      if (k < 0) return [];
      const place = asked[k]!;
      const seen = parts.slice(0, place % most).join(' ');
      return [
        [
          { text: seen, caption: 'read' },
          { text: shownOf(place), caption: 'what comes next' },
          { text: shownOf(answers[k]!), caption: 'found', isCorrect: answers[k] === place },
        ],
      ];
    });
    const explanation =
      'From the sentences read so far the network must find the next one among those of all texts shown.';
    const none = [[{ text: 'These texts have one sentence each: nothing comes next.' }]];
    return [
      {
        title: 'What comes next?',
        explanation,
        rows: rows.length > 0 ? rows : none,
        chance: 1 / Math.max(1, isReal.sum().item()),
      },
    ];
  }
}

export const cpcText = defineMethod({
  ...card,
  modalities: ['tokens'],
  options,
  smallOptions: { embeddingSize: 64 },
  architectures: ['sentence-gru'],
  needs: () => ({
    tokens: {
      form: 'sentences' as const,
      tokenizer: 'words' as const,
      vocabulary: 20000,
      context: 256,
      leastContext: 8,
    },
  }),
  usable: (samples: Tokens) => withSentences(samples, 2),
  encoder({ options: { embeddingSize }, spec, makeBackbone }) {
    return {
      spec,
      backbone: makeBackbone({ embeddingSize }),
      preparation: { note: 'ids of the tokens of each sentence, -1 behind its end' },
      prepare: sentenceRows,
      tokenRows:
        'it reads every sentence of a text as a row of its own, and the tokenizers of other programs give one row per text',
    };
  },
  create: (context: MethodContext<Options, TokensSpec>) => new CpcText(context),
});
