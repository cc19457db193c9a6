import { type Generator, ops, scope, type Tensor } from '../../engine/index.js';

/** As in word2vec.c: words that survive subsampling. */
const LONGEST_SENTENCE = 1000;

/** Words to predict, each from one word (C = 1) or from its whole context. */
export interface WordExamples {
  /** int64 (P). */
  centers: Tensor;
  /** int64 (P, C). */
  contexts: Tensor;
  /** Float (P, C): 1 where there is a word, else 0. */
  isContext: Tensor;
}

export interface WordRows {
  /** int64 (N, T). */
  ids: Tensor;
  sentences: Tensor;
  /** int64 (N). */
  lengths: Tensor;
}

/**
 * The examples of rows of words by the rules of native/word2vec.cc, drawn for all words at once: subsampling, then sentences, then a
 * radius for each word. On the device of the rows, whose generator it takes.
 */
export function drawExamples(
  { ids, sentences, lengths }: WordRows,
  { keep, window, isSkipGram }: { keep: Tensor; window: number; isSkipGram: boolean },
  random: Generator,
): WordExamples {
  return scope(() => {
    const { device } = ids;
    const [rows, length] = [ids.size(0), ids.size(1)];
    const range = (count: number) => ops.arange(0, count, 1, { dtype: 'int64', device });
    const isRead = range(length).unsqueeze(0).lt(lengths.unsqueeze(1));
    const flat = ids.flatten();
    const isKept = ops.rand([rows * length], { generator: random, device }).lt(keep.indexSelect(0, flat));
    const places = isRead.flatten().logicalAnd(flat.ne(0)).logicalAnd(isKept).nonzero().squeeze(1);
    const words = flat.indexSelect(0, places);
    const count = words.size(0);
    const group = sentenceNumbers(ids, sentences).indexSelect(0, places);
    const first = ops.searchsorted(group, group);
    const part = range(count).sub(first).floorDivide(LONGEST_SENTENCE);
    const sentence = group.mul(length).add(part);

    const radius = ops.randint(1, window + 1, [count, 1], { generator: random, device });
    const steps = range(2 * window).sub(window);
    const offsets = steps.add(steps.ge(0).to('int64')); // -window to window without 0
    const at = range(count).unsqueeze(1).add(offsets);
    const inside = at.clamp(0, Math.max(0, count - 1)).flatten();
    const isSame = sentence.indexSelect(0, inside).view(at.shape).eq(sentence.unsqueeze(1));
    const isNear = at.ge(0).logicalAnd(at.lt(count)).logicalAnd(offsets.abs().le(radius));
    const isContext = isSame.logicalAnd(isNear);
    const contexts = words.indexSelect(0, inside).view(at.shape);
    if (isSkipGram) {
      const pairs = contexts.maskedSelect(isContext).unsqueeze(1);
      const centers = words.unsqueeze(1).expandAs(contexts).maskedSelect(isContext);
      return { centers, contexts: pairs, isContext: ops.onesLike(pairs).to('float32') };
    }
    const some = isContext.anyDim(1).nonzero().squeeze(1);
    return {
      centers: words.indexSelect(0, some),
      contexts: contexts.indexSelect(0, some),
      isContext: isContext.indexSelect(0, some).to('float32'),
    };
  });
}

/** A rising number for every sentence of the rows, int64 (N T): it ends after a 0, before a word of another one, and with the row. */
function sentenceNumbers(ids: Tensor, sentences: Tensor): Tensor {
  const length = ids.size(1);
  const follows = ids.narrow(1, 0, length - 1).eq(0);
  const differs = sentences.narrow(1, 1, length - 1).ne(sentences.narrow(1, 0, length - 1));
  const begins = ops.onesLike(ids);
  begins.narrow(1, 1, length - 1).copy_(follows.logicalOr(differs).to('int64'));
  return begins.flatten().cumsum(0);
}

/** What an example is compared with: rows of a table, what each should say, and which are left out. */
export interface WordTargets {
  /** int64 (P, K). */
  rows: Tensor;
  /** Float (P, K), 0 or 1. */
  labels: Tensor;
  /** Float (P, K), 0 for what is left out. */
  isUsed: Tensor;
}

/** The true word in the first column and k words drawn as noise; a draw that hits the true word is left out. */
export function drawNegatives(
  centers: Tensor,
  { noise, negatives, vocabulary }: { noise: Tensor; negatives: number; vocabulary: number },
  random: Generator,
): WordTargets {
  return scope(() => {
    const { device } = centers;
    const shape = [centers.size(0), negatives];
    const draw = (least: number, bound: number) => ops.randint(least, bound, shape, { generator: random, device });
    const cells = draw(0, noise.size(0)).flatten();
    const drawn = noise.indexSelect(0, cells).to('int64').view(shape);
    const others = ops.where(drawn.eq(0), draw(1, vocabulary), drawn);
    const center = centers.unsqueeze(1);
    const isTrue = ops.onesLike(center).to('float32');
    return {
      rows: ops.cat([center, others], 1),
      labels: ops.cat([isTrue, ops.zerosLike(others).to('float32')], 1),
      isUsed: ops.cat([isTrue, others.ne(center).to('float32')], 1),
    };
  });
}

/** Paths of a tree as rows of equal length, for `pathTargets`. */
export interface PaddedPaths {
  /** int64 (V, L). */
  nodes: Tensor;
  /** Float (V, L): what each node should say. */
  labels: Tensor;
  /** Float (V, L), 0 behind the end of a path. */
  isUsed: Tensor;
}

/** Compressed paths, see `WordPaths`, in rows of the length of the longest. */
export function padPaths({ starts, nodes, bits }: { starts: Tensor; nodes: Tensor; bits: Tensor }): PaddedPaths {
  return scope(() => {
    const words = starts.size(0) - 1;
    const begin = starts.narrow(0, 0, words).unsqueeze(1);
    const lengths = starts.narrow(0, 1, words).unsqueeze(1).sub(begin);
    const longest = lengths.amax().item() as number;
    const places = ops.arange(0, longest, 1, { dtype: 'int64', device: starts.device }).unsqueeze(0);
    const isUsed = places.lt(lengths);
    const at = begin.add(places).clamp(0, nodes.size(0) - 1);
    const read = (list: Tensor) => list.indexSelect(0, at.flatten()).view(at.shape);
    return {
      nodes: read(nodes).to('int64'),
      labels: ops.onesLike(at).sub(read(bits)).to('float32'),
      isUsed: isUsed.to('float32'),
    };
  });
}

/** The nodes on the paths to these words. */
export function pathTargets(centers: Tensor, { nodes, labels, isUsed }: PaddedPaths): WordTargets {
  const of = (rows: Tensor) => rows.indexSelect(0, centers);
  return { rows: of(nodes), labels: of(labels), isUsed: of(isUsed) };
}
