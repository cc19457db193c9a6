import type { SamplesOf, TokensSpec } from '../../data/index.js';
import { type Generator, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import type { Preview, Tile } from '../method.js';
import type { PaddedPaths } from './word-examples.js';
import type { WordSpace } from './word-space.js';

/** Answers that are listed, and neighbors. */
const LISTED = 5;

export interface HiddenWordsContext {
  samples: SamplesOf<TokensSpec>;
  /** (V, D). */
  table: Tensor;
  /** 0 for words that are left out. */
  counts: Float64Array;
  window: number;
  word(id: number): string;
  /** The vectors around a place (C, D) to the probability of each word there, (V). */
  answers(context: Tensor): Tensor;
}

/** For each text a word that is hidden, and what its neighbors say that it is. */
export function hiddenWords(context: HiddenWordsContext, random: Generator): Preview {
  const { samples, table, counts, window, word, answers } = context;
  const known = counts.filter((count) => count > 0).length;
  const rows: Tile[][] = [];
  const [ids, sentences] = [samples.ids, samples.sentence].map((values) => values.toList() as number[][]);
  const draws = ops.rand([ids!.length], { generator: random, device: random.device }).toNumbers();
  for (const [row, own] of ids!.entries()) {
    const inside = middles(own, sentences![row]!, counts, window);
    if (inside.length === 0) continue;
    const { at, around } = inside[Math.floor(draws[row]! * inside.length)]!;
    const [likely, shares] = scope(() => {
      const places = tensor(
        around.map((place) => own[place]!),
        { dtype: 'int64', device: table.device },
      );
      const [values, found] = answers(table.indexSelect(0, places)).topk(Math.min(LISTED, known)) as readonly [
        Tensor,
        Tensor,
      ];
      return [found.toNumbers(), values.toNumbers()];
    });
    const truth = own[at]!;
    const spelled = (places: readonly number[]) => places.map((place) => word(own[place]!));
    const before = spelled(around.filter((place) => place < at));
    const after = spelled(around.filter((place) => place > at));
    rows.push([
      { text: [...before, '___', ...after].join(' '), caption: `hidden: ${word(truth)}` },
      {
        text: likely.map((id, i) => `${word(id)} ${Math.round(shares[i]! * 100)} %`).join(' · '),
        caption: likely[0] === truth ? 'right' : `says: ${word(likely[0]!)}`,
        isCorrect: likely[0] === truth,
      },
    ]);
  }
  return {
    title: 'Which word is hidden?',
    explanation: `From the words around it, up to ${window} on each side, the vectors must tell which word was taken out, among all ${known}.`,
    rows,
    chance: 1 / known,
  };
}

/** Words with another word of their sentence on both sides, and the places around them that count. */
function middles(
  ids: readonly number[],
  sentences: readonly number[],
  counts: Float64Array,
  window: number,
): { at: number; around: number[] }[] {
  return [...ids.keys()].flatMap((at) => {
    if (!(counts[ids[at]!]! > 0)) return [];
    const around: number[] = [];
    for (let place = Math.max(0, at - window); place <= Math.min(ids.length - 1, at + window); place++)
      if (place !== at && sentences[place] === sentences[at] && counts[ids[place]!]! > 0) around.push(place);
    return around.length >= 2 && around[0]! < at && around.at(-1)! > at ? [{ at, around }] : [];
  });
}

/** Logarithms of the probability of every word by its path: (P, D) to (P, V). */
export function pathScores(x: Tensor, nodes: Tensor, { nodes: path, labels, isUsed }: PaddedPaths): Tensor {
  return scope(() => {
    const scores = x
      .matmul(nodes.t())
      .indexSelect(1, path.flatten())
      .view([x.size(0), ...path.shape]);
    return scores.mul(labels.mul(2).sub(1)).logSigmoid().mul(isUsed).sum([2]);
  });
}

/** Words of all frequencies with the words most like them. */
export function nearestWords(space: WordSpace): Preview {
  const { words } = space;
  // The most frequent words stand next to everything.
  const ranks = Array.from({ length: 12 }, (_, i) => Math.round(Math.min(30, words.length / 4) * 1.7 ** i));
  const rows = [...new Set(ranks)]
    .filter((rank) => rank < words.length)
    .map((rank): Tile[] => {
      const near = space.nearest(words[rank]!, LISTED);
      return [
        { text: words[rank]! },
        { text: near.map(({ word, similarity }) => `${word} ${similarity.toFixed(2)}`).join(' · ') },
      ];
    });
  return {
    title: 'Nearest words',
    explanation:
      'Some words from frequent to rare, and the words whose vectors point most nearly in the same direction, with the cosine.',
    rows,
  };
}
