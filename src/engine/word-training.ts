import { native } from './bridge.js';
import type { Tensor } from './tensor.js';
import { idOf } from './tensor-arguments.js';

/** The path of every word through a binary tree: entries `starts[w]` to `starts[w + 1]` of nodes and bits. */
export interface WordPaths {
  /** int64 (V + 1). */
  starts: Tensor;
  /** int32, from 0 to V - 2. */
  nodes: Tensor;
  /** uint8: 0 or 1 at each node. */
  bits: Tensor;
}

/** The tables of V words with D numbers each, on the CPU. `trainWords` changes the first three. */
export interface WordTables {
  /** Word vectors, float32 (V, D). */
  input: Tensor;
  /** What words are as the answer, float32 (V, D), and words in the frequency in which they are drawn as noise, int32, a power of two. */
  negative: { output: Tensor; noise: Tensor } | null;
  /** The nodes of the tree, float32 (V - 1, D). */
  hierarchical: { output: Tensor; paths: WordPaths } | null;
  /** Probability that an occurrence of each word is kept, float32 (V). */
  keep: Tensor;
}

export interface WordTraining {
  /** int64 (N, T): words by number. A sentence ends at number 0, before a word of another sentence, and at the end of a row. */
  ids: Tensor;
  /** int64 (N, T): the sentence of each word, as `Tokens.sentence`; null where only number 0 tells. */
  sentences: Tensor | null;
  /** int64 (N): how many of each row are read. */
  lengths: Tensor;
  /** Pairs of words (skip-gram), or words with the mean of their contexts (CBOW). */
  isSkipGram: boolean;
  /** CBOW: whether the error is divided among the words of the context, as the gradient of their mean is; word2vec.c gives it whole. */
  isTrueGradient: boolean;
  /** Largest radius of the context; the radius of each word is drawn. */
  window: number;
  /** Noise words per example; below 2^32. */
  negatives: number;
  /** Learning rate at the first word and after the last. */
  rates: readonly [number, number];
  seed: number;
  /** One gives the same bits again; several share the tables without locks. */
  threads: number;
}

export interface WordTotals {
  /** Summed over all terms, in nats. */
  loss: number;
  /** Words read, ends of sentences included, and those of them that subsampling left. */
  words: number;
  kept: number;
  examples: number;
  /** Terms of the loss: words compared with their contexts, true ones and noise, and nodes. */
  terms: number;
  /** Noise words and branches, and how many of them came out right; ties count half. */
  decisions: number;
  right: number;
}

/**
 * Reads a text once and moves the vectors of its words, in compiled code, by the rules of word2vec.c (native/word2vec.cc).
 *
 * @throws AutodidactError `ENGINE` for tensors of another form, or a word number outside the tables
 */
export function trainWords(tables: WordTables, training: WordTraining): WordTotals {
  const { input, negative, hierarchical, keep } = tables;
  const { ids, sentences, lengths, isSkipGram, isTrueGradient, window, negatives, rates, seed, threads } = training;
  const paths = hierarchical?.paths;
  const [loss, words, kept, examples, terms, decisions, right] = native().trainWords(
    [idOf(ids, 'ids'), sentences === null ? 0 : idOf(sentences, 'sentences'), idOf(lengths, 'lengths')],
    idOf(input, 'input'),
    negative === null ? 0 : idOf(negative.output, 'noiseOutput'),
    hierarchical === null ? 0 : idOf(hierarchical.output, 'nodeOutput'),
    idOf(keep, 'keep'),
    negative === null ? 0 : idOf(negative.noise, 'noise'),
    paths === undefined ? [] : [idOf(paths.starts, 'starts'), idOf(paths.nodes, 'nodes'), idOf(paths.bits, 'bits')],
    window,
    negatives,
    rates,
    seed,
    threads,
    [isSkipGram, isTrueGradient],
  ) as [number, number, number, number, number, number, number];
  return { loss, words, kept, examples, terms, decisions, right };
}
