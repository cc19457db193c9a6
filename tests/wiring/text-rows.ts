/** Rows of ids as the wiring of methods of text makes them again. */
import { Prng, type Tokenizer, type Tokens } from '../../src/data/index.js';
import { type Generator, ops, type Tensor, tensor } from '../../src/engine/index.js';
import type { maskRow } from '../../src/methods/masks/token-masks.js';
import { sentencesOf } from '../../src/methods/noise/sentences.js';
import type { Scene } from './wiring.js';

export const LESS_DROPOUT = 'ours: small networks on CPUs pass over too few texts to overfit';
export const FEWER_STEPS = 'ours: fits runs of fewer steps';

/** The texts of a scene on the host, and the draws that the method has made from the generator at this place. */
export function textsOf({ samples, random, method }: Scene) {
  const tokens = samples as unknown as Tokens;
  const [ids, sentence, lengths, document] = [tokens.ids, tokens.sentence, tokens.lengths, tokens.document].map(
    (values) => values.toNumbers(),
  ) as [number[], number[], number[], number[]];
  const width = tokens.ids.size(1);
  const rows = lengths.map((length, i) => ({
    ids: ids.slice(i * width, i * width + length),
    sentences: sentencesOf(ids.slice(i * width, i * width + length), sentence.slice(i * width, i * width + length)),
    document: document[i]!,
  }));
  const { tokenizer, spec } = method as unknown as {
    tokenizer: Tokenizer;
    spec: { length: number; vocabulary: number; special: Record<'pad' | 'unknown' | 'begin' | 'end' | 'mask', number> };
  };
  const own = { size: spec.vocabulary, special: spec.special };
  return { rows, draws: drawsOf(random), length: spec.length, special: spec.special, tokenizer, vocabulary: own };
}

export function drawsOf(random: Generator): Prng {
  const [one, other] = ops.randint(0, 2 ** 32, [2], { generator: random, dtype: 'int64' }).toNumbers();
  return new Prng(one!, other!);
}

export function matrix(rows: readonly (readonly number[])[], fill = -1): Tensor {
  const width = Math.max(...rows.map((row) => row.length));
  const filled = rows.flatMap((row) => [...row, ...new Array<number>(width - row.length).fill(fill)]);
  return tensor(BigInt64Array.from(filled, BigInt), { shape: [rows.length, width] });
}

export const vector = (values: readonly number[]): Tensor => tensor(BigInt64Array.from(values, BigInt));

/** Masked rows, where they are hidden among all places of the batch, and what stood there. */
export function hidden(
  rows: readonly (readonly number[])[],
  mask: (row: readonly number[]) => ReturnType<typeof maskRow>,
) {
  const width = Math.max(...rows.map((row) => row.length));
  const masked = rows.map(mask);
  return {
    masked: matrix(masked.map(({ ids }) => ids)),
    places: vector(masked.flatMap(({ places }, i) => places.map((place) => i * width + place))),
    labels: vector(masked.flatMap(({ places }, i) => places.map((place) => rows[i]![place]!))),
  };
}
