/**
 * What CBOW and skip-gram share: the tables, and how they are trained.
 *
 * Mikolov, Chen, Corrado, Dean, "Efficient Estimation of Word Representations in Vector Space", 2013, https://arxiv.org/abs/1301.3781;
 * Mikolov, Sutskever, Chen, Corrado, Dean, "Distributed Representations of Words and Phrases and their Compositionality", 2013,
 * https://arxiv.org/abs/1310.4546. Code: https://github.com/tmikolov/word2vec, whose rules native/word2vec.cc follows where paper and
 * code differ.
 *
 * The tables are not moved by back-propagation but in place, one example after the other (`update`): by compiled code on a CPU, by
 * operators elsewhere. `loss` is the same objective as a differentiable loss.
 */
import { z } from 'zod';
import type { WordTable } from '../../backbones/word-table.js';
import type { Tokenizer, Tokens, TokensSpec } from '../../data/index.js';
import { tokenCounts } from '../../data/text/assets.js';
import { tokenizerOf } from '../../data/text/json-tokenizer.js';
import { Generator, noGrad, ops, scope, type Tensor, tensor, trainWords } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import type { Needs } from '../../modalities/modality.js';
import type { Batch, Encoder, EncoderContext, MethodContext, Outcome, Preview, Usable } from '../method.js';
import { Method } from '../method.js';
import * as option from '../options.js';
import { huffmanPaths } from './huffman.js';
import { textRows } from './token-inputs.js';
import {
  drawExamples,
  drawNegatives,
  type PaddedPaths,
  padPaths,
  pathTargets,
  type WordExamples,
} from './word-examples.js';
import { type Comparison, contextVectors, lossByOperators, stepByOperators, type TermSums } from './word-operators.js';
import { hiddenWords, nearestWords, pathScores } from './word-previews.js';
import { keepProbabilities, noiseWords } from './word-sampling.js';
import { WordSpace } from './word-space.js';

export const wordOptions = {
  window: option.whole(5, 'Largest distance of a word of the context; the distance of each word is drawn from 1 to it'),
  negatives: option.count(5, 'Words drawn as noise for each true one; 0 for none, with hierarchical softmax'),
  useHierarchicalSoftmax: option.flag(
    false,
    'Predict the way to the word through a Huffman tree, besides negative sampling or, with negatives 0, instead',
  ),
  subsample: option.weight(
    1e-3,
    'Share of the text from which on occurrences of a word are left out at random; 0 to keep all',
  ),
  noisePower: option.weight(0.75, 'Noise words are drawn in proportion to their count to this power'),
  leastCount: option.whole(5, 'Words that occur less often are left out of the text before anything else'),
  threads: option.whole(
    1,
    'Threads that share the tables without locks: faster, but only one gives the same vectors again',
    { max: 256 },
  ),
};

const schema = z.object(wordOptions);
export type WordOptions = z.output<typeof schema>;

/** A batch of text, and the seed of what is drawn for it: subsampling, distances, noise. */
export type WordViews = { ids: Tensor; sentences: Tensor; lengths: Tensor; seed: Tensor };

/** Tokens of a window of text, with which a sentence ends. */
export const WORD_CONTEXT = 128;

export const wordNeeds = (): Needs => ({ tokens: { form: 'stream', tokenizer: 'words', context: WORD_CONTEXT } });

/** Texts in which a sentence has two words that are not left out. */
export function usableWords(
  samples: Tokens,
  {
    options: { leastCount },
    spec,
    assets,
  }: Pick<MethodContext<WordOptions, TokensSpec>, 'options' | 'spec' | 'assets'>,
): Usable {
  const counts = countsOfWords(spec, assets, leastCount);
  return {
    wanted: `with two words in one sentence that occur ${leastCount} times in the data (--least-count)`,
    isUsable: textRows(samples).map(({ ids, sentence }) => {
      const words = [...ids.keys()].filter((place) => counts[ids[place]!]! > 0);
      return words.some((place, i) => i > 0 && sentence[place] === sentence[words[i - 1]!]);
    }),
    remedy: 'Give longer texts, or a lower --least-count.',
  };
}

/** How often each word occurs, 0 for special tokens and for words that are left out, (V). */
function countsOfWords(
  spec: TokensSpec,
  assets: ReadonlyMap<string, Uint8Array> | undefined,
  leastCount: number,
): Float64Array {
  const special = specialIds(spec);
  return tokenCounts(assets).map((count, id) => (count < leastCount || special.includes(id) ? 0 : count));
}

/** Below 2^48, so that numbers hold the seed of every thread. */
const SEEDS = 2 ** 48;

export abstract class WordVectors<Options extends WordOptions> extends Method<Options, WordViews, unknown, TokensSpec> {
  /** Whether every word of the context predicts by itself, or their mean. */
  protected abstract readonly isSkipGram: boolean;
  protected abstract readonly isTrueGradient: boolean;
  private readonly tokenizer: Tokenizer;
  /** How often each word occurs, 0 for those that are left out, (V). */
  private readonly counts: Float64Array;
  /** What words are as answers (V, D), and the nodes of the tree (V - 1, D). */
  readonly output: Tensor | null;
  readonly nodes: Tensor | null;
  /** See `WordTables`. */
  readonly keep: Tensor;
  readonly noise: Tensor | null;
  readonly pathStarts: Tensor | null;
  readonly pathNodes: Tensor | null;
  readonly pathBits: Tensor | null;

  constructor(context: MethodContext<Options, TokensSpec>) {
    super(context);
    const { negatives, useHierarchicalSoftmax, subsample, noisePower, leastCount } = this.options;
    const { vocabulary } = this.spec;
    if (negatives === 0 && !useHierarchicalSoftmax)
      throw new AutodidactError(
        'USAGE',
        'Without noise words and without hierarchical softmax there is nothing to predict',
        { remedy: 'Set --negatives to 1 or more, or --use-hierarchical-softmax.' },
      );
    this.tokenizer = tokenizerOf(context.assets);
    const special = specialIds(this.spec);
    if (!special.includes(END))
      throw new AutodidactError(
        'DATA',
        `Entry ${END} of the vocabulary, "${this.tokenizer.shown(END)}", would be taken for the end of a sentence`,
        { remedy: 'Take a tokenizer whose first entry is a special token: --tokenizer words.' },
      );
    const counts = countsOfWords(this.spec, context.assets, leastCount);
    this.counts = counts;
    const known = counts.filter((count) => count > 0).length;
    if (known < 2)
      throw new AutodidactError(
        'DATA',
        `Expected at least two words that occur ${leastCount} times, received ${known}`,
        { remedy: 'Take more text, or a lower --least-count.' },
      );
    const size = this.backbone.featureSize;
    this.output = negatives > 0 ? this.parameter('output', ops.zeros([vocabulary, size])) : null;
    this.nodes = useHierarchicalSoftmax ? this.parameter('nodes', ops.zeros([vocabulary - 1, size])) : null;
    const keep = keepProbabilities(counts, subsample).map((share, id) => (counts[id] === 0 ? 0 : share));
    this.keep = this.buffer('keep', tensor(keep));
    this.noise = negatives > 0 ? this.buffer('noise', tensor(noiseWords(counts, noisePower))) : null;
    const paths = useHierarchicalSoftmax ? huffmanPaths(counts) : null;
    this.pathStarts = paths && this.buffer('pathStarts', tensor(paths.starts).to('int64'));
    this.pathNodes = paths && this.buffer('pathNodes', tensor(paths.nodes));
    this.pathBits = paths && this.buffer('pathBits', tensor(paths.bits));
  }

  /** The word vectors, (V, D). */
  get table(): Tensor {
    return (this.backbone as WordTable).words.weight;
  }

  /** Whether compiled code moves the tables, which it does on a CPU. */
  get isCompiled(): boolean {
    return this.table.device === 'cpu';
  }

  override warnings(): readonly string[] {
    const { threads } = this.options;
    if (threads === 1) return [];
    return [
      `${threads} threads share the word vectors without locks: the same run gives other vectors each time, as good on average. --threads 1 gives the same bits again, also after a stop.`,
    ];
  }

  override views({ samples }: Batch<TokensSpec>, random: Generator): WordViews {
    const { ids, sentence, lengths } = samples;
    const seed = ops.randint(0, SEEDS, [1], { generator: random, device: random.device, dtype: 'int64' });
    return { ids: wordsOf(ids, this.spec, 'end'), sentences: sentence, lengths, seed };
  }

  override update(views: WordViews, rates: readonly [number, number]): Outcome {
    return this.outcomeOf(this.isCompiled ? this.updateCompiled(views, rates) : this.updateByOperators(views, rates));
  }

  private updateCompiled({ seed, ...text }: WordViews, rates: readonly [number, number]): TermSums {
    const { isSkipGram, isTrueGradient, output, noise, nodes, pathStarts, pathNodes, pathBits } = this;
    const { window, negatives, threads } = this.options;
    const tables = {
      input: this.table,
      keep: this.keep,
      negative: output && noise && { output, noise },
      hierarchical:
        nodes && pathStarts && pathNodes && pathBits
          ? { output: nodes, paths: { starts: pathStarts, nodes: pathNodes, bits: pathBits } }
          : null,
    };
    const form = { isSkipGram, isTrueGradient, window, negatives, threads };
    const totals = trainWords(tables, { ...text, ...form, rates, seed: seed.item() as number });
    const [loss, terms, right, decisions] = [totals.loss, totals.terms, totals.right, totals.decisions].map((value) =>
      tensor([value]).squeeze(0),
    ) as [Tensor, Tensor, Tensor, Tensor];
    return { loss, terms, right, decisions };
  }

  private updateByOperators(views: WordViews, rates: readonly [number, number]): TermSums {
    const { examples, comparisons } = this.drawn(views);
    const sums = this.sums(examples, comparisons);
    stepByOperators(this.table, examples, comparisons, { rates, isTrueGradient: this.isTrueGradient });
    return sums;
  }

  /** The mean over all terms: words compared with their contexts, true ones and noise, and branches. Guessing costs ln 2. */
  override loss(views: WordViews): Outcome {
    const { examples, comparisons } = noGrad(() => this.drawn(views));
    return this.outcomeOf(this.sums(examples, comparisons));
  }

  private outcomeOf({ loss, terms, right, decisions }: TermSums): Outcome {
    return {
      loss: loss.div(terms.clampMin(1)),
      metrics: { accuracy: right.detach().div(decisions.clampMin(1)) },
    };
  }

  private sums(examples: WordExamples, comparisons: readonly Comparison[]): TermSums {
    const x = contextVectors(this.table, examples);
    const parts = comparisons.map((comparison) => lossByOperators(x, comparison));
    return parts.reduce((a, b) => ({
      loss: a.loss.add(b.loss),
      terms: a.terms.add(b.terms),
      right: a.right.add(b.right),
      decisions: a.decisions.add(b.decisions),
    }));
  }

  /** The examples of a batch, and what they are compared with. */
  private drawn({ seed, ...text }: WordViews): { examples: WordExamples; comparisons: Comparison[] } {
    const { keep, isSkipGram, output, noise, nodes } = this;
    const { window, negatives } = this.options;
    const random = new Generator(seed.item() as number, this.table.device);
    const examples = drawExamples(text, { keep, window, isSkipGram }, random);
    const { vocabulary } = this.spec;
    const comparisons: Comparison[] = [];
    if (nodes !== null)
      comparisons.push({ output: nodes, targets: pathTargets(examples.centers, this.paddedPaths()), isTree: true });
    if (output !== null && noise !== null)
      comparisons.push({
        output,
        targets: drawNegatives(examples.centers, { noise, negatives, vocabulary }, random),
        isTree: false,
      });
    return { examples, comparisons };
  }

  private paddedPaths(): PaddedPaths {
    return padPaths({ starts: this.pathStarts!, nodes: this.pathNodes!, bits: this.pathBits! });
  }

  /** Words in the order of their counts, without those that are left out, and their vectors. */
  space(): WordSpace {
    return scope(() => {
      const { words, vectors } = this.vectors();
      return new WordSpace(words, vectors);
    });
  }

  /** The same words with their vectors as they are, (V, D); these belong to the caller. */
  vectors(): { words: string[]; vectors: Tensor } {
    const places = this.knownWords();
    const vectors = scope(() =>
      noGrad(() => this.table.indexSelect(0, tensor([...places], { dtype: 'int64', device: this.table.device }))),
    );
    return { words: places.map((id) => this.tokenizer.shown(id)), vectors };
  }

  private knownWords(): number[] {
    const { counts } = this;
    const known = [...counts.keys()].filter((id) => counts[id]! > 0);
    return known.sort((a, b) => counts[b]! - counts[a]!);
  }

  override preview({ samples }: Batch<TokensSpec>, random: Generator): Preview[] {
    const space = this.space();
    const word = (id: number) => this.tokenizer.shown(id);
    const answers = (context: Tensor) => this.answers(context);
    const { window } = this.options;
    const shown = { samples, table: this.table, counts: this.counts, window, word, answers };
    const previews = [hiddenWords(shown, random), nearestWords(space)];
    space.dispose();
    return previews;
  }

  /**
   * How likely each word is between words with these vectors, (C, D) to (V). Where each of them predicts by itself, they count as
   * independent of each other.
   */
  private answers(context: Tensor): Tensor {
    return scope(() => {
      const { output, nodes, counts, options } = this;
      const x = this.isSkipGram ? context : context.mean([0], true);
      const shares = tensor(Float32Array.from(counts), { device: x.device });
      const frequency = shares.clampMin(1).log();
      // Against noise, a score is the logarithm of a ratio of probabilities; a path gives the probability itself.
      const scores =
        output !== null
          ? x.matmul(output.t()).sum([0]).add(frequency.mul(options.noisePower))
          : pathScores(x, nodes!, this.paddedPaths())
              .sum([0])
              .sub(frequency.mul(x.size(0) - 1));
      return scores.maskedFill(shares.eq(0), Number.NEGATIVE_INFINITY).softmax(0);
    });
  }
}

/** The entry that ends a sentence, and that fills up rows. */
const END = 0;

function specialIds({ special }: Pick<TokensSpec, 'special'>): number[] {
  return Object.values(special).filter((id) => id !== null);
}

/** Ids in which special tokens, all of them or only that of the end, are replaced by the entry that ends a sentence. */
function wordsOf(ids: Tensor, { special }: Pick<TokensSpec, 'special'>, which: 'all' | 'end'): Tensor {
  const replaced = which === 'end' ? [special.end] : specialIds({ special });
  let words = ids;
  for (const id of new Set(replaced)) if (id !== null && id !== END) words = words.maskedFill(words.eq(id), END);
  return words;
}

/** The table of words, and rows filled up with entry 0. */
export function wordEncoder({ spec, makeBackbone }: EncoderContext<unknown, TokensSpec>): Encoder<TokensSpec> {
  return {
    spec,
    backbone: makeBackbone(),
    preparation: {
      note: 'ids of the tokenizer, (N, T); special tokens and what rows are filled up with are 0, which does not count',
    },
    firstToken: 0,
    prepare: ({ ids, lengths }) =>
      scope(() => {
        const places = ops.arange(0, ids.size(1), 1, { dtype: 'int64', device: ids.device });
        return wordsOf(ids, spec, 'all').mul(places.unsqueeze(0).lt(lengths.unsqueeze(1)));
      }),
    tokenRows: {
      ...{ most: spec.length, begin: null, end: null },
      toInput: (ids, isReal) => wordsOf(ids, spec, 'all').mul(isReal),
    },
  };
}
