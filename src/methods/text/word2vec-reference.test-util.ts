/** word2vec.c's training as slowly and literally as it can be written, on lists of numbers, with the random stream of native/word2vec.cc. */
import type { WordTraining } from '../../engine/word-training.js';
import type { HuffmanPaths } from './huffman.js';

export interface ReferenceTables {
  /** One list per word. */
  input: number[][];
  noiseOutput: number[][] | null;
  nodeOutput: number[][] | null;
  keep: ArrayLike<number>;
  noise: ArrayLike<number>;
  paths: HuffmanPaths | null;
}

export type ReferenceSettings = Pick<
  WordTraining,
  'isSkipGram' | 'isTrueGradient' | 'window' | 'negatives' | 'rates' | 'seed'
>;

const MASK = (1n << 64n) - 1n;

/** splitmix64 seeds xorshift64*. */
export class ReferenceRandom {
  private state: bigint;

  constructor(seed: number) {
    let z = (BigInt(seed) + 0x9e3779b97f4a7c15n) & MASK;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
    this.state = (z ^ (z >> 31n)) | 1n;
  }

  private next(): bigint {
    this.state ^= this.state >> 12n;
    this.state = (this.state ^ (this.state << 25n)) & MASK;
    this.state ^= this.state >> 27n;
    return (this.state * 0x2545f4914f6cdd1dn) & MASK;
  }

  below = (bound: number): number => Number(((this.next() >> 32n) * BigInt(bound)) >> 32n);
  unit = (): number => Number(this.next() >> 40n) / 2 ** 24;
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** The sigmoid at the nearest of 1,001 points from -6 to 6. */
export const steppedSigmoid = (score: number): number =>
  1 / (1 + Math.exp(6 - Math.floor(((score + 6) * 1000) / 12 + 0.5) * 0.012));

/** Trains the tables in place on rows of words; one thread. Returns the negatives that each example used. */
export function trainReference(
  tables: ReferenceTables,
  rows: readonly (readonly number[])[],
  settings: ReferenceSettings,
): number[] {
  const random = new ReferenceRandom(settings.seed);
  const total = rows.reduce((sum, row) => sum + row.length, 0);
  const [from, to] = settings.rates;
  const used: number[] = [];
  let rate = from;
  let done = 0;
  let unsaid = 0;
  for (const row of rows) {
    for (let i = 0; i < row.length; ) {
      if (unsaid > 10_000) {
        done += unsaid;
        unsaid = 0;
        rate = from + (to - from) * (done / total);
      }
      const sentence: number[] = [];
      while (i < row.length && sentence.length < 1000) {
        const word = row[i++]!;
        unsaid++;
        if (word === 0) break;
        if (random.unit() < tables.keep[word]!) sentence.push(word);
      }
      learnSentence(tables, sentence, settings, rate, random, used);
    }
  }
  return used;
}

function learnSentence(
  tables: ReferenceTables,
  sentence: readonly number[],
  settings: ReferenceSettings,
  rate: number,
  random: ReferenceRandom,
  used: number[],
): void {
  for (const [c, center] of sentence.entries()) {
    const radius = 1 + random.below(settings.window);
    const context: number[] = [];
    for (let a = c - radius; a <= c + radius; a++)
      if (a !== c && a >= 0 && a < sentence.length) context.push(sentence[a]!);
    if (context.length === 0) continue;
    if (settings.isSkipGram) {
      for (const word of context) {
        const x = tables.input[word]!;
        const error = learnExample(tables, x, center, settings, rate, random, used);
        error.forEach((value, i) => {
          x[i]! += value;
        });
      }
      continue;
    }
    const mean = tables.input[0]!.map(
      (_, i) => context.reduce((sum, word) => sum + tables.input[word]![i]!, 0) / context.length,
    );
    const error = learnExample(tables, mean, center, settings, rate, random, used);
    const share = settings.isTrueGradient ? 1 / context.length : 1;
    for (const word of context)
      error.forEach((value, i) => {
        tables.input[word]![i]! += share * value;
      });
  }
}

/** Moves the rows that x is compared with, and returns what x is to move by. */
function learnExample(
  { noiseOutput, nodeOutput, noise, paths }: ReferenceTables,
  x: readonly number[],
  center: number,
  { negatives }: ReferenceSettings,
  rate: number,
  random: ReferenceRandom,
  used: number[],
): number[] {
  const error = x.map(() => 0);
  const learn = (row: number[], g: number): void => {
    for (const [i, value] of x.entries()) {
      error[i]! += g * row[i]!;
      row[i]! += g * value;
    }
  };
  const targets: [word: number, label: number][] = [[center, 1]];
  if (noiseOutput !== null)
    for (let k = 0; k < negatives; k++) {
      let word = noise[random.below(noise.length)]!;
      if (word === 0) word = 1 + random.below(noiseOutput.length - 1);
      if (word !== center) targets.push([word, 0]);
    }
  if (nodeOutput !== null && paths !== null)
    for (let i = paths.starts[center]!; i < paths.starts[center + 1]!; i++) {
      const row = nodeOutput[paths.nodes[i]!]!;
      const score = dot(x, row);
      if (Math.abs(score) < 6) learn(row, (1 - paths.bits[i]! - steppedSigmoid(score)) * rate);
    }
  if (noiseOutput === null) return error;
  used.push(targets.length - 1);
  for (const [word, label] of targets) {
    const row = noiseOutput[word]!;
    const score = dot(x, row);
    const probability = score > 6 ? 1 : score < -6 ? 0 : steppedSigmoid(score);
    learn(row, (label - probability) * rate);
  }
  return error;
}
