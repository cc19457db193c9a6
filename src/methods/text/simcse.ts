/**
 * SimCSE: read each text twice, through different dropout, and find the second reading among those of the other texts.
 *
 * Gao, Yao, Chen, "SimCSE: Simple Contrastive Learning of Sentence Embeddings", 2021, section 3, https://arxiv.org/abs/2104.08821; code:
 * princeton-nlp/SimCSE. It goes on from a trained network (`--init`): the paper's starts from BERT. With a dropout of 0 both readings are
 * the same and nothing is learnt.
 */
import { z } from 'zod';
import type { TextTransformer } from '../../backbones/text-transformer.js';
import { firstSamples, type Tokenizer, type Tokens, type TokensSpec, tokenizerOf } from '../../data/index.js';
import { fullPrecision, noGrad, ops, type Tensor } from '../../engine/index.js';
import { init, Linear } from '../../engine/nn/index.js';
import { accuracy } from '../losses/accuracy.js';
import { l2Normalize } from '../losses/nt-xent.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../method.js';
import * as option from '../options.js';
import { inWords } from '../previews/shown-tokens.js';
import { card } from './simcse.card.js';
import { framedNeeds, framedText, textRows } from './token-inputs.js';

const options = z.object({
  temperature: option.positive(0.05, 'Temperature of the cosines'),
  dropout: option.textDropout(': what tells the readings apart'),
  useHead: option.flag(
    true,
    'Whether the loss sees the vectors through a layer with tanh, which is left out afterwards',
  ),
});

type Options = z.output<typeof options>;

/** int64 (N, T), -1 behind the end of a row; `second` where the second reading is to be of other texts (an ablation). */
type SimcseViews = { tokens: Tensor; second?: Tensor };

export class Simcse extends Method<Options, SimcseViews, unknown, TokensSpec> {
  declare readonly backbone: TextTransformer;
  readonly head: Linear | null;
  private readonly tokenizer: Tokenizer;

  constructor(context: MethodContext<Options, TokensSpec>) {
    super(context);
    this.tokenizer = tokenizerOf(context.assets);
    const { featureSize } = this.backbone;
    this.head = this.options.useHead ? new Linear(featureSize, featureSize) : null;
    if (this.head !== null) {
      init.normal_(this.head.weight, 0, 0.02);
      init.constant_(this.head.bias!, 0);
    }
  }

  override views({ samples }: Batch<TokensSpec>): SimcseViews {
    return { tokens: this.prepare(samples) };
  }

  override loss({ tokens, second = tokens }: SimcseViews): Outcome {
    const vectors = this.embed(ops.cat([tokens, second], 0)); // (2N, D)
    const [one, other] = vectors.chunk(2, 0) as [Tensor, Tensor];
    return fullPrecision(vectors.device, () => {
      const logits = cosines(one, other).div(this.options.temperature); // (N, N)
      const own = ops.arange(0, logits.size(0), 1, { dtype: 'int64', device: logits.device });
      return { loss: ops.crossEntropy(logits, own), metrics: { accuracy: accuracy(logits, own) }, features: one };
    });
  }

  /** The vector of the first token, as the loss sees it: (N, D). */
  private embed(tokens: Tensor): Tensor {
    const x = this.backbone.read(this.backbone.inputOf(tokens)).select(1, 0);
    return this.head === null ? x : this.head.forward(x).tanh();
  }

  override preview({ samples }: Batch<TokensSpec>): Preview[] {
    const shown = firstSamples(samples, 8) as Tokens;
    const similar = noGrad(() => cosines(...(twice(this.embed(this.prepare(shown))) as [Tensor, Tensor])));
    const texts = textRows(shown).map(({ ids }) => inWords(ids.slice(0, 40), this.tokenizer));
    const rows = texts.map((text, i) => {
      const row = similar.select(0, i).toNumbers();
      const nearest = [...row.keys()].filter((k) => k !== i).toSorted((a, b) => row[b]! - row[a]!)[0] ?? i;
      return [
        { text, caption: 'a text' },
        { text: texts[nearest]!, caption: `nearest of the others: cosine ${row[nearest]!.toFixed(2)}` },
      ];
    });
    const explanation = 'On the right the text of the batch whose vector is nearest to that of the text on the left.';
    return [{ title: 'Which texts are alike?', explanation, rows }];
  }
}

const twice = <T>(value: T): T[] => [value, value];

/** (N, M) of rows (N, D) and (M, D). */
function cosines(first: Tensor, second: Tensor): Tensor {
  return l2Normalize(first.to('float32')).matmul(l2Normalize(second.to('float32')).t());
}

export const simcse = defineMethod({
  ...card,
  modalities: ['tokens'],
  options,
  architectures: ['bert-micro', 'bert-mini', 'bert-small', 'bert-medium', 'bert-base', 'bert-large'],
  smallestBatch: 2,
  needs: () => framedNeeds(['begin', 'end'], { context: 32 }),
  encoder: framedText(({ options: { dropout } }) => ({ dropout, pooling: 'class' })),
  create: (context: MethodContext<Options, TokensSpec>) => new Simcse(context),
});
