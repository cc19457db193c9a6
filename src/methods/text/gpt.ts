/**
 * GPT: read a text so far and say which token comes next.
 *
 * Radford et al., "Improving Language Understanding by Generative Pre-Training", 2018; code: github.com/openai/finetune-transformer-lm.
 * Radford et al., "Language Models are Unsupervised Multitask Learners" (GPT-2), 2019; code: github.com/openai/gpt-2, `src/model.py`.
 * Brown et al., "Language Models are Few-Shot Learners" (GPT-3), 2020, https://arxiv.org/abs/2005.14165, gives the training.
 *
 * A window of T tokens gives T - 1 predictions: each of its tokens but the last says which one follows. The backbone chooses the design:
 * `gpt1-...` normalizes after each branch, `gpt2-...` before, `gpt-modern-...` has rotary positions, normalized queries and keys, squared
 * ReLU, matrices at the ends of branches that start at zero, and a head of its own (github.com/KellerJordan/modded-nanogpt).
 */
import { z } from 'zod';
import { TEXT_VARIANTS } from '../../backbones/text-designs.js';
import { TextTransformer } from '../../backbones/text-transformer.js';
import type { Tokenizer, Tokens, TokensSpec } from '../../data/index.js';
import { tokenizerOf } from '../../data/text/json-tokenizer.js';
import { type Generator, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { init, Linear } from '../../engine/nn/index.js';
import { expected } from '../../errors.js';
import { tokenLoss } from '../losses/token-loss.js';
import type { Batch, Encoder, EncoderContext, MethodContext, OptimizerGroup, Outcome, Preview } from '../method.js';
import { defineMethod, Method } from '../method.js';
import * as option from '../options.js';
import { continuations, type LanguageModel } from './continuation.js';
import { card } from './gpt.card.js';
import { gptPreview } from './gpt-preview.js';
import { paddedIds, plainRows } from './padded-ids.js';

const options = z.object({
  dropout: option.share(0.1, 'Share of activations that are dropped: of embeddings, attention weights and branches', {
    max: 0.9,
  }),
  blocks: option.wholeOrNull('Number of blocks; null for as many as the backbone was published with', { max: 1000 }),
});

type Options = z.output<typeof options>;
/** int64 (N, T - 1) both, -1 at padding: tokens and those that follow. */
type GptViews = { tokens: Tensor; next: Tensor };

/** The backbone of tests and of small recipes. */
const SMALLEST = 'gpt2-micro';

/** New tokens of `generate`. */
const CONTINUATION = 64;

export class Gpt extends Method<Options, GptViews, unknown, TokensSpec> implements LanguageModel {
  declare readonly backbone: TextTransformer;
  /** Null where the head is the table of the tokens. */
  readonly head: Linear | null;
  private readonly files: MethodContext['assets'];
  private known: Tokenizer | undefined;

  constructor(context: MethodContext<Options, TokensSpec>) {
    super(context);
    const { design, featureSize, options: network } = this.backbone;
    this.head = design.head === 'zero' ? new Linear(featureSize, network.vocabulary, { bias: false }) : null;
    if (this.head !== null) init.constant_(this.head.weight, 0);
    this.files = context.assets;
  }

  /** That of the data that it learned from. @throws AutodidactError `DATA` without the files of the data */
  get tokenizer(): Tokenizer {
    const tokenizer = this.known ?? tokenizerOf(this.files);
    this.known = tokenizer;
    return tokenizer;
  }

  override views({ samples }: Batch<TokensSpec>): GptViews {
    return scope(() => {
      const ids = paddedIds(samples);
      const count = ids.size(1) - 1;
      return { tokens: ids.narrow(1, 0, count), next: ids.narrow(1, 1, count) };
    });
  }

  override loss({ tokens, next }: GptViews): Outcome {
    const hidden = this.backbone.read(this.backbone.inputOf(tokens));
    const logits = this.logits(hidden).flatten(0, 1); // (N (T - 1), V)
    const { loss, accuracy } = tokenLoss(logits, next.flatten());
    return { loss, metrics: { accuracy }, features: hidden.select(1, hidden.size(1) - 1) };
  }

  logits(hidden: Tensor): Tensor {
    const { design, embeddings } = this.backbone;
    const logits = ops.linear(hidden, this.head === null ? embeddings.tokens.weight : this.head.weight);
    const { softCap } = design;
    return softCap === undefined ? logits : logits.to('float32').div(softCap).tanh().mul(softCap);
  }

  override optimizerGroups(): OptimizerGroup[] {
    const { betas } = this.backbone.design;
    return [{ name: 'main', modules: [this], ...(betas === undefined ? {} : { betas }) }];
  }

  /** Texts, int64 (N, T), continued by what follows the last tokens that the network reads at once: (N, T + 64). */
  override generate(input: Tensor, random: Generator): Tensor {
    return scope(() =>
      noGrad(() => {
        const seed = ops.randint(0, 2 ** 31 - 1, [1], { generator: random, device: random.device }).item();
        const rows = input.toNumbers();
        const [count, length] = input.shape as [number, number];
        const prompts = Array.from({ length: count }, (_, i) =>
          rows.slice(i * length, (i + 1) * length).slice(-this.backbone.options.length),
        );
        const added = continuations(this, prompts, { tokens: CONTINUATION, seed });
        return ops.cat([input, tensor(added, { dtype: 'int64', device: input.device })], 1);
      }),
    );
  }

  override preview({ samples }: Batch<TokensSpec>): Preview[] {
    return gptPreview(this, samples, this.tokenizer);
  }
}

function rank(name: string): number {
  if (name === SMALLEST) return 0;
  return name.endsWith('micro') ? 1 : 2;
}

/** The causal designs, small ones first. */
const CAUSAL = Object.entries(TEXT_VARIANTS)
  .filter(([, { design }]) => design.isCausal)
  .map(([name]) => name)
  .sort((a, b) => rank(a) - rank(b));

function encoder({
  options: { dropout, blocks },
  spec,
  makeBackbone,
}: EncoderContext<Options, TokensSpec>): Encoder<TokensSpec> {
  // The last token of a window has none that follows: its place would never be trained.
  const length = spec.length - 1;
  const backbone = makeBackbone({ length, imageSize: length, dropout, ...(blocks === null ? {} : { blocks }) });
  if (!(backbone instanceof TextTransformer && backbone.design.isCausal))
    throw expected('a causal transformer', 'backbone', backbone.architecture, {
      remedy: 'Take --backbone gpt2-micro.',
    });
  return {
    spec,
    backbone,
    preparation: { note: `ids of tokens, (N, T) with T up to ${length}, padding as -1` },
    firstToken: 0,
    prepare: (samples: Tokens) => scope(() => paddedIds(samples).narrow(1, 0, Math.min(length, samples.ids.size(1)))),
    tokenRows: plainRows(length),
  };
}

export const gpt = defineMethod({
  ...card,
  modalities: ['tokens'],
  options,
  smallOptions: { dropout: 0 },
  architectures: CAUSAL,
  needs: () => ({ tokens: { form: 'stream', tokenizer: 'characters', context: 65, leastContext: 2 } }),
  encoder,
  create: (context) => new Gpt(context),
});
