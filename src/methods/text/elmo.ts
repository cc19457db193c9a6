/**
 * ELMo: two language models, one from the left and one from the right, whose layers together make the vectors of tokens.
 *
 * Peters et al., "Deep contextualized word representations", 2018, section 3, https://arxiv.org/abs/1802.05365; code:
 * github.com/allenai/bilm-tf. The stream of texts is read in rows, and the state of the LSTMs from the left goes on where the row before
 * ended. Those from the right begin anew in each row, since what follows it has not been read. In training the true token is compared with
 * some that are drawn, by TensorFlow's sampled softmax; otherwise with all.
 */
import { z } from 'zod';
import type { BiLm, DirectionState } from '../../backbones/bi-lm.js';
import { CharacterCnn } from '../../backbones/character-cnn.js';
import {
  firstSamples,
  type Tokenizer,
  type Tokens,
  type TokensSpec,
  tokenCounts,
  tokenizerOf,
} from '../../data/index.js';
import { type Generator, noGrad, ops, type Tensor, tensor } from '../../engine/index.js';
import { init, Linear, type LSTMState } from '../../engine/nn/index.js';
import { indexTensor } from '../index-tensor.js';
import { sampledSoftmaxLoss } from '../losses/sampled-softmax.js';
import { tokenLoss } from '../losses/token-loss.js';
import {
  type Batch,
  defineMethod,
  type EpochContext,
  type EpochPlan,
  Method,
  type MethodContext,
  type OptimizerGroup,
  type Outcome,
  type Preview,
} from '../method.js';
import { hostRandom } from '../noise/token-rows.js';
import * as option from '../options.js';
import { inWords, topAnswers } from '../previews/shown-tokens.js';
import { card } from './elmo.card.js';
import { drawRanks, logExpectedCounts, logUniformShares } from './log-uniform.js';
import { paddedIds, plainRows } from './padded-ids.js';

const options = z.object({
  input: option.choice(['characters', 'tokens'], 'Whether a token is read by its characters or by a vector of its own'),
  characters: option.whole(50, 'Bytes of a token that are read, with the marks of its beginning and end', { min: 7 }),
  carriesState: option.flag(true, 'Whether the state from the left goes on from the row before'),
  negatives: option.count(
    8192,
    'Tokens that are drawn in each step and each direction to compare the true ones with, frequent ones more often; 0, or as many as there are, for all tokens',
  ),
  dropout: option.share(0.1, 'Dropout of what each LSTM reads and of the last output', { max: 0.9 }),
});

type Options = z.output<typeof options>;

/**
 * int64 (N, T), -1 behind the end of a row; where the rows begin in the stream, int64 (N). Where tokens are drawn: those of both directions,
 * int64 (2, S), and how many draws they took, int64 (2).
 */
type RowViews = Record<'tokens' | 'starts', Tensor> & Partial<Record<'sampled' | 'tries', Tensor>>;

/** The states after each row, per layer, and where the rows end in the stream. */
interface RowStates {
  hidden: Tensor;
  cell: Tensor;
  ends: Tensor;
}

/** Tokens that were drawn, int64 (S), and how many draws it took, an int64 scalar. */
interface Drawn {
  sampled: Tensor;
  tries: Tensor;
}

/** No row begins there. */
const NO_END = -1;

/** The most frequent first; equal ones by their ids. */
function idsByFrequency(counts: Float64Array): number[] {
  return [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b);
}

export class Elmo extends Method<Options, RowViews, RowStates, TokensSpec> {
  declare readonly backbone: BiLm;
  readonly output: Linear;
  /** States after the rows of the last step, (layers, rows, P) and (layers, rows, H); `rows` says where these end in the stream, int64. */
  hidden: Tensor;
  cell: Tensor;
  rows: Tensor;
  /** ln(1 - P) of each token, P its probability in a draw, (V); null where all tokens are scored. */
  logMisses: Tensor | null = null;
  /** Ids in the order of falling frequency. */
  private readonly byFrequency: readonly number[] = [];
  private readonly tokenizer: Tokenizer;

  constructor(context: MethodContext<Options, TokensSpec>) {
    super(context);
    this.tokenizer = tokenizerOf(context.assets);
    const { negatives } = this.options;
    const { vocabulary } = this.spec;
    if (negatives > 0 && negatives < vocabulary) {
      this.byFrequency = idsByFrequency(tokenCounts(context.assets));
      const misses = new Float32Array(vocabulary);
      for (const [rank, share] of logUniformShares(vocabulary).entries())
        misses[this.byFrequency[rank]!] = Math.log1p(-share);
      this.logMisses = this.buffer('logMisses', tensor(misses));
    }
    const { forwards, projection, options: network, tokens } = this.backbone;
    if (tokens instanceof CharacterCnn)
      tokens.spell(Array.from({ length: vocabulary }, (_, id) => this.tokenizer.shown(id)));
    this.output = new Linear(projection, vocabulary);
    init.normal_(this.output.weight, 0, 1 / Math.sqrt(projection));
    init.constant_(this.output.bias!, 0);
    const count = context.samplesPerStep;
    this.hidden = this.buffer('hidden', ops.zeros([forwards.length, count, projection]));
    this.cell = this.buffer('cell', ops.zeros([forwards.length, count, network.width]));
    this.rows = this.buffer('rows', ops.full([count], NO_END, { dtype: 'int64' }));
  }

  /** Row k of each batch goes on where row k of the batch before ended: the data in as many strands as a batch has rows. */
  override onEpochStart({ count, batchSize }: EpochContext<TokensSpec>): EpochPlan {
    if (!this.options.carriesState) return {};
    const steps = Math.ceil(count / batchSize);
    const order = Array.from({ length: steps }, (_, step) =>
      Array.from({ length: batchSize }, (_, strand) => strand * steps + step).filter((place) => place < count),
    );
    return { order: order.flat() };
  }

  override views({ samples }: Batch<TokensSpec>, random: Generator): RowViews {
    const views = { tokens: this.prepare(samples), starts: samples.start };
    if (this.logMisses === null || !this.isTraining) return views;
    const { byFrequency, options } = this;
    const draws = hostRandom(random);
    const drawn = [0, 1].map(() => drawRanks(byFrequency.length, options.negatives, draws));
    const ids = drawn.flatMap(({ ranks }) => ranks.map((rank) => byFrequency[rank]!));
    return {
      ...views,
      sampled: indexTensor(ids, samples.ids).view([2, -1]),
      tries: indexTensor(
        drawn.map(({ tries }) => tries),
        samples.ids,
      ),
    };
  }

  override loss({ tokens, starts, sampled, tries }: RowViews): Outcome<RowStates> {
    const length = tokens.size(1);
    const drawn = ([0, 1] as const).map((direction) =>
      this.isTraining && sampled !== undefined && tries !== undefined
        ? { sampled: sampled.select(0, direction), tries: tries.select(0, direction) }
        : null,
    );
    const left = this.backbone.direction(tokens, 'forward', this.statesBefore(starts));
    const right = this.backbone.direction(tokens, 'backward');
    const parts = [
      this.score(left.top.narrow(1, 0, length - 1), tokens.narrow(1, 1, length - 1), drawn[0]!),
      this.score(right.top.narrow(1, 1, length - 1), tokens.narrow(1, 0, length - 1), drawn[1]!),
    ] as const;
    const loss = parts[0].loss.add(parts[1].loss).div(2);
    const stacked = (pick: (state: LSTMState) => Tensor): Tensor => ops.cat(left.states.map(pick), 0).detach();
    return {
      loss,
      metrics: {
        accuracy: parts[0].accuracy.add(parts[1].accuracy).div(2),
        perplexity: loss.detach().exp(),
        forwardLoss: parts[0].loss.detach(),
        backwardLoss: parts[1].loss.detach(),
      },
      features: ops.cat([left.top, right.top], 2).mean([1]),
      carry: { hidden: stacked(({ hidden }) => hidden), cell: stacked(({ cell }) => cell), ends: starts.add(length) },
    };
  }

  /** The states that rows go on from: those of the rows that end where they begin, zeros where the last step had none. */
  private statesBefore(starts: Tensor): DirectionState | undefined {
    if (!this.options.carriesState) return undefined;
    return noGrad(() => {
      const isBefore = starts.unsqueeze(1).eq(this.rows).to('int64'); // (N, rows)
      const before = isBefore.argmax(1);
      const goesOn = isBefore.amax([1]).to('float32').view([1, -1, 1]);
      const [hidden, cell] = [this.hidden, this.cell].map((state) => state.indexSelect(1, before).mul(goesOn));
      return this.backbone.forwards.map((_, i) => ({ hidden: hidden!.narrow(0, i, 1), cell: cell!.narrow(0, i, 1) }));
    });
  }

  /** @param drawn the tokens to compare the true ones with, and how many draws they took; null for all tokens */
  private score(vectors: Tensor, labels: Tensor, drawn: Drawn | null) {
    const flat = labels.flatten();
    const places = flat.ge(0).nonzero().squeeze(1);
    const [told, truth] = [vectors.flatten(0, 1).indexSelect(0, places), flat.indexSelect(0, places)];
    if (drawn === null) return tokenLoss(this.output.forward(told), truth);
    const { sampled, tries } = drawn;
    const logCounts = noGrad(() => logExpectedCounts(this.logMisses!, sampled.size(0), tries));
    const { weight, bias } = this.output;
    return sampledSoftmaxLoss(told, truth, { weight, bias: bias!, sampled, logCounts });
  }

  override afterStep(carries: readonly RowStates[]): void {
    if (carries.length === 0 || !this.options.carriesState) return;
    noGrad(() => {
      const joined = (of: (states: RowStates) => Tensor, dim: number): Tensor => ops.cat(carries.map(of), dim);
      const ends = joined((states) => states.ends, 0);
      this.rows.fill_(NO_END);
      this.rows.narrow(0, 0, ends.size(0)).copy_(ends);
      this.hidden.narrow(1, 0, ends.size(0)).copy_(joined(({ hidden }) => hidden, 1));
      this.cell.narrow(1, 0, ends.size(0)).copy_(joined(({ cell }) => cell, 1));
    });
  }

  /** TensorFlow's Adagrad, whose sums of squares begin at 1 here. */
  override optimizerGroups(): OptimizerGroup[] {
    return [{ name: 'main', modules: [this], initialSum: 1 }];
  }

  override preview({ samples }: Batch<TokensSpec>): Preview[] {
    const shown = this.prepare(firstSamples(samples, 6) as Tokens);
    const { tops } = {
      tops: (['forward', 'backward'] as const).map((which) => this.backbone.direction(shown, which).top),
    };
    const rows = shown.unbind(0).map((row, i) => {
      const ids = row.toNumbers().filter((id) => id >= 0);
      const place = Math.floor(ids.length / 2);
      const truth = ids[place]!;
      const neighbors = [place - 1, place + 1];
      const tiles = tops.flatMap((top, direction) => {
        const at = neighbors[direction]!;
        if (at < 0 || at >= ids.length) return [];
        const logits = this.output.forward(top.select(0, i).narrow(0, at, 1)).select(0, 0);
        const isCorrect = logits.argmax(0).item() === truth;
        return [
          {
            text: topAnswers(logits, this.tokenizer),
            caption: `from the ${direction === 0 ? 'left' : 'right'}`,
            isCorrect,
          },
        ];
      });
      const text = inWords(
        ids.slice(Math.max(0, place - 12), place + 13),
        this.tokenizer,
        new Map([[Math.min(12, place), '____']]),
      );
      return [{ text, caption: `was: ${this.tokenizer.shown(truth)}` }, ...tiles];
    });
    const explanation =
      'One network reads what stands before the gap, the other what follows it, from the end; each says what stands there.';
    return [{ title: 'Which token comes next?', explanation, rows, chance: 1 / this.spec.vocabulary }];
  }
}

export const elmo = defineMethod({
  ...card,
  modalities: ['tokens'],
  options,
  smallOptions: { input: 'tokens', negatives: 0, dropout: 0 },
  architectures: ['bi-lm'],
  needs: () => ({
    tokens: { form: 'stream' as const, tokenizer: 'words' as const, vocabulary: 20000, context: 20, leastContext: 2 },
  }),
  encoder({ options: { input, characters, dropout }, spec, makeBackbone }) {
    return {
      spec,
      backbone: makeBackbone({ characters: input === 'characters' ? characters : 0, dropout }),
      preparation: { note: 'ids of tokens, -1 behind the end of a text' },
      firstToken: 0,
      prepare: paddedIds,
      // Its cells are clipped, which no operator of ONNX does: the steps are in the graph one by one.
      tokenRows: plainRows(spec.length, { isFixed: true }),
    };
  },
  create: (context: MethodContext<Options, TokensSpec>) => new Elmo(context),
});
