/**
 * ELECTRA: a small network fills the holes of a text, and the network that is kept says of every token whether it was there before.
 *
 * Clark, Luong, Le, Manning, "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators", 2020,
 * https://arxiv.org/abs/2003.10555; code: google-research/electra. The generator is a masked language model that shares the tables of the
 * embeddings; a token that it guesses right counts as an original one. Nothing of the discriminator's loss goes back through the guesses.
 * Places are drawn without replacement, where the code may draw one twice.
 */
import { z } from 'zod';
import { createBackbone } from '../../backbones/registry.js';
import type { TextTransformer } from '../../backbones/text-transformer.js';
import { firstSamples, type Tokenizer, type Tokens, type TokensSpec, tokenizerOf } from '../../data/index.js';
import { fullPrecision, type Generator, noGrad, ops, type Tensor } from '../../engine/index.js';
import type { Linear } from '../../engine/nn/index.js';
import { bertLinear } from '../heads/pooled-head.js';
import { TokenHead } from '../heads/token-head.js';
import { tokenLoss } from '../losses/token-loss.js';
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
import { hostRandom, type SpecialTokens } from '../noise/token-rows.js';
import * as option from '../options.js';
import { inWords } from '../previews/shown-tokens.js';
import { card } from './electra.card.js';
import { meanVectors } from './mean-vectors.js';
import { framedNeeds, framedText, specialOf, textRows } from './token-inputs.js';
import { TokenMasker } from './token-masker.js';

const options = z.object({
  hiddenShare: option.share(0.15, 'Share of the tokens that are hidden from the generator'),
  maskTokenShare: option.share(0.85, 'Share of them in whose place [MASK] stands; the others are left as they are'),
  generatorShare: option.share(0.25, 'Width of the generator, as a share of that of the network', { min: 0.01 }),
  generator: option.choice(
    ['learned', 'uniform'],
    'What fills the holes: a network that learns to, or tokens drawn at random, which are easily found out (an ablation)',
  ),
  discriminatorWeight: option.weight(50, 'Weight of the loss of the discriminator'),
  embeddingSize: option.wholeOrNull(
    'Dimensions of the vectors of tokens; 128 for ELECTRA-Small; null for those of the network',
  ),
  dropout: option.textDropout(),
});

type Options = z.output<typeof options>;

/**
 * `tokens` and `masked`, int64 (N, T): the text and what the generator sees, -1 behind the end; `places` int64 (M), numbered through all N T;
 * `draws` float (M), uniform, which choose the generator's guesses.
 */
type ElectraViews = Record<'tokens' | 'masked' | 'places' | 'labels' | 'draws', Tensor>;

export class Electra extends Method<Options, ElectraViews, unknown, TokensSpec> {
  declare readonly backbone: TextTransformer;
  readonly generator: TextTransformer;
  readonly generatorHead: TokenHead;
  readonly dense: Linear;
  readonly isReplaced: Linear;
  readonly masker: TokenMasker;
  private readonly tokenizer: Tokenizer;
  private readonly special: SpecialTokens;

  constructor(context: MethodContext<Options, TokensSpec>) {
    super(context);
    const { hiddenShare, maskTokenShare, generatorShare } = this.options;
    this.tokenizer = tokenizerOf(context.assets);
    this.special = specialOf(this.spec);
    const { featureSize, options: network, heads } = this.backbone;
    const width = Math.max(1, Math.round((generatorShare * featureSize) / heads)) * heads;
    this.generator = createBackbone(this.backbone.architecture, { ...network, width }) as TextTransformer;
    const { tokens, positions, segments, norm } = this.backbone.embeddings;
    Object.assign(this.generator.embeddings, { tokens, positions, segments, norm });
    this.generatorHead = new TokenHead(width, network.embeddingSize, this.spec.vocabulary);
    this.dense = bertLinear(featureSize, featureSize);
    this.isReplaced = bertLinear(featureSize, 1);
    this.masker = new TokenMasker(this.spec, {
      rule: {
        ...{ share: hiddenShare, most: null, count: 'rounded', unit: 'token', maskShare: maskTokenShare },
        ...{ randomShare: 0, drawsSpecial: false, hidesMarks: false },
      },
      beginsWord: this.tokenizer.beginsWord,
      copies: null,
    });
  }

  override views({ samples }: Batch<TokensSpec>, random: Generator): ElectraViews {
    const { begin, end } = this.special;
    const rows = textRows(samples).map(({ ids }) => [begin, ...ids.slice(0, this.spec.length - 2), end]);
    const { tokens: masked, places, labels } = this.masker.mask(rows, hostRandom(random), samples.ids);
    const tokens = masked.flatten().scatter(0, places, labels).view(masked.shape);
    const draws = ops.rand([places.size(0)], { generator: random, dtype: 'float32', device: random.device });
    return { tokens, masked, places, labels, draws: draws.to(samples.ids.device) };
  }

  override pipelines() {
    return { ...super.pipelines(), masks: this.masker.description };
  }

  override loss(views: ElectraViews): Outcome {
    const { tokens, places, labels } = views;
    const guesses = this.guess(views);
    const generated = tokenLoss(guesses, labels);
    const fake = this.replace(views, guesses);
    const isReal = tokens.ge(0);
    const { logits, vectors } = this.judge(fake);
    const isFake = fake.ne(tokens);
    const { loss, metrics } = binaryLoss(logits, isFake, isReal);
    return {
      loss: generated.loss.add(loss.mul(this.options.discriminatorWeight)),
      metrics: {
        ...metrics,
        generatorLoss: generated.loss.detach(),
        generatorAccuracy: generated.accuracy,
        discriminatorLoss: loss.detach(),
        replaced: isFake.sum().div(Math.max(1, places.size(0))),
      },
      features: meanVectors(vectors, isReal),
    };
  }

  /** The generator's logits (M, V) at the hidden places. */
  guess({ masked, places }: Pick<ElectraViews, 'masked' | 'places'>): Tensor {
    const x = this.generator.read(this.generator.inputOf(masked));
    return this.generatorHead.forward(x.flatten(0, 1).indexSelect(0, places), this.backbone.embeddings.tokens.weight);
  }

  /** The text with a guess in the place of each hidden token, drawn by its probability; no gradient goes through it. */
  replace({ tokens, places, draws }: Pick<ElectraViews, 'tokens' | 'places' | 'draws'>, logits: Tensor): Tensor {
    return noGrad(() =>
      fullPrecision(logits.device, () => {
        const even = this.options.generator === 'uniform';
        const shares = (even ? ops.zerosLike(logits) : logits).to('float32').softmax(1).cumsum(1); // (M, V)
        const isBelow = shares.lt(draws.unsqueeze(1).mul(shares.narrow(1, -1, 1)));
        const drawn = isBelow.sum([1]).clampMax(this.spec.vocabulary - 1);
        return tokens.flatten().scatter(0, places, drawn).view(tokens.shape);
      }),
    );
  }

  /** Logits (N, T), above 0 where a token was replaced, and the vectors (N, T, D) that they are read from. */
  judge(tokens: Tensor): { logits: Tensor; vectors: Tensor } {
    const vectors = this.backbone.read(this.backbone.inputOf(tokens));
    return { logits: this.isReplaced.forward(this.dense.forward(vectors).gelu()).squeeze(2), vectors };
  }

  override optimizerGroups(): OptimizerGroup[] {
    return [{ name: 'main', modules: [this], eps: 1e-6, correctsBias: false }];
  }

  override preview({ samples, indices }: Batch<TokensSpec>, random: Generator): Preview[] {
    const shown = firstSamples(samples, 6) as Tokens;
    const views = this.views({ samples: shown, indices: indices.slice(0, 6) }, random);
    const fake = this.replace(views, this.guess(views));
    const shares = this.judge(fake).logits.sigmoid();
    const [truths, fakes, doubts] = [views.tokens, fake, shares].map((values) =>
      values.unbind(0).map((row) => row.toNumbers()),
    );
    const rows = fakes!.map((padded, i) => {
      const ids = padded.filter((id) => id >= 0);
      const replaced = [...ids.keys()].filter((place) => ids[place] !== truths![i]![place]);
      const names = new Map(replaced.map((place) => [place, `[${this.tokenizer.shown(ids[place]!)}]`]));
      const found = [...ids.keys()].filter((place) => doubts![i]![place]! > 0.5);
      const text: Tile = { text: inWords(ids, this.tokenizer, names), caption: 'the generator wrote [what is marked]' };
      const tiles = replaced.slice(0, 4).map(
        (place): Tile => ({
          text: `${this.tokenizer.shown(ids[place]!)}: replaced with ${Math.round(100 * doubts![i]![place]!)} %`,
          caption: `was: ${this.tokenizer.shown(truths![i]![place]!)}`,
          isCorrect: found.includes(place),
        }),
      );
      return [text, ...tiles];
    });
    const explanation =
      'A small network has filled holes of the text; the network says how likely each token was put there.';
    return [{ title: 'Which tokens were replaced?', explanation, rows, chance: 0.5 }];
  }
}

/**
 * Binary cross-entropy over the real tokens, and how well replaced ones are found: the mean of the shares of both kinds that are told, and
 * the area under the curve.
 */
function binaryLoss(logits: Tensor, isFake: Tensor, isReal: Tensor) {
  return fullPrecision(logits.device, () => {
    const weights = isReal.to('float32');
    const labels = isFake.to('float32');
    const loss = ops
      .binaryCrossEntropyWithLogits(logits.to('float32'), labels, weights, null, 2)
      .div(weights.sum().clampMin(1));
    const metrics = noGrad(() => {
      const says = logits.gt(0);
      const share = (of: Tensor, right: Tensor): Tensor => of.logicalAnd(right).sum().div(of.sum().clampMin(1));
      const originals = isReal.logicalAnd(isFake.logicalNot());
      const found = share(isFake, says);
      const kept = share(originals, says.logicalNot());
      return { accuracy: found.add(kept).div(2), found };
    });
    return { loss, metrics };
  });
}

export const electra = defineMethod({
  ...card,
  modalities: ['tokens'],
  options,
  smallOptions: { dropout: 0, generatorShare: 0.5 },
  architectures: ['bert-micro', 'electra-small', 'bert-base', 'bert-large'],
  needs: () => framedNeeds(['begin', 'end', 'mask']),
  encoder: framedText(({ options: { embeddingSize, dropout } }) => ({
    ...(embeddingSize === null ? {} : { embeddingSize }),
    dropout,
  })),
  create: (context: MethodContext<Options, TokensSpec>) => new Electra(context),
});
