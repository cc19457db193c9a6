/** Cells of the noise table for usual vocabularies: 4 MiB, which stay in the cache; word2vec.c's 400 MB do not. */
const NOISE_CELLS = 2 ** 20;
/** Cells per word of large vocabularies, so that rare words are drawn in about their proportion. */
const CELLS_PER_WORD = 8;

/**
 * Probability that an occurrence of each word is kept, by the formula of word2vec.c: (sqrt(f / t) + 1) t / f for a share f of the text, at
 * most 1. The paper's formula is sqrt(t / f).
 *
 * @param threshold t; 0 keeps all
 */
export function keepProbabilities(counts: ArrayLike<number>, threshold: number): Float32Array {
  const total = sum(counts);
  return Float32Array.from(counts, (count) => {
    const ratio = count / total / threshold;
    return threshold === 0 || count === 0 ? 1 : Math.min(1, (Math.sqrt(ratio) + 1) / ratio);
  });
}

/** Words in the frequency in which they are drawn as noise, count^`power`; a power of two of them. Words without a count are not in it. */
export function noiseWords(counts: ArrayLike<number>, power: number): Int32Array {
  const weights = Float64Array.from(counts, (count) => (count === 0 ? 0 : count ** power));
  const total = sum(weights);
  const cells = Math.max(NOISE_CELLS, 2 ** Math.ceil(Math.log2(CELLS_PER_WORD * counts.length)));
  const table = new Int32Array(cells);
  let word = 0;
  let until = weights[0]!;
  for (let cell = 0; cell < cells; cell++) {
    const place = ((cell + 0.5) / cells) * total;
    while (place > until && word + 1 < weights.length) until += weights[++word]!;
    table[cell] = word;
  }
  return table;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
