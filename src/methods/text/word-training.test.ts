/** The compiled training against its literal version. */
import { describe, expect, it } from 'vitest';
import {
  Generator,
  ops,
  type Tensor,
  tensor,
  trainWords,
  type WordTables,
  type WordTraining,
} from '../../engine/index.js';
import { huffmanPaths } from './huffman.js';
import { keepProbabilities, noiseWords } from './word-sampling.js';
import {
  ReferenceRandom,
  type ReferenceTables,
  steppedSigmoid,
  trainReference,
} from './word2vec-reference.test-util.js';

const COUNTS = [40, 30, 22, 14, 9, 6, 4, 2];
const VOCABULARY = COUNTS.length;

interface Made {
  native: WordTables;
  reference: ReferenceTables;
}

/** Equal tables for both, random in all entries. */
function makeTables(
  { size = 7, scale = 1, isNegative = true, isHierarchical = false, threshold = 0, seed = 1 } = {},
  counts: readonly number[] = COUNTS,
): Made {
  const random = new Generator(seed);
  const table = (rows: number): Tensor => ops.randn([rows, size], { generator: random }).mul(scale);
  const [input, noiseOutput, nodeOutput] = [table(counts.length), table(counts.length), table(counts.length - 1)];
  const noise = noiseWords(counts, 0.75);
  const paths = huffmanPaths(counts);
  const keep = keepProbabilities(counts, threshold);
  const list = (values: Tensor): number[][] => values.toList() as number[][];
  return {
    native: {
      input,
      keep: tensor(keep),
      negative: isNegative ? { output: noiseOutput, noise: tensor(noise) } : null,
      hierarchical: isHierarchical
        ? {
            output: nodeOutput,
            paths: { starts: tensor(paths.starts).to('int64'), nodes: tensor(paths.nodes), bits: tensor(paths.bits) },
          }
        : null,
    },
    reference: {
      input: list(input),
      noiseOutput: isNegative ? list(noiseOutput) : null,
      nodeOutput: isHierarchical ? list(nodeOutput) : null,
      keep,
      noise,
      paths,
    },
  };
}

function text(rows: readonly (readonly number[])[]): Pick<WordTraining, 'ids' | 'sentences' | 'lengths'> {
  const longest = Math.max(...rows.map((row) => row.length));
  const padded = rows.map((row) => [...row, ...Array<number>(longest - row.length).fill(0)]);
  return {
    ids: tensor(padded, { dtype: 'int64' }),
    sentences: null,
    lengths: tensor(
      rows.map((row) => row.length),
      { dtype: 'int64' },
    ),
  };
}

/** Rows of words drawn at random, with ends of sentences in them. */
function randomRows(rows: number, length: number, seed = 9): number[][] {
  const random = new ReferenceRandom(seed);
  return Array.from({ length: rows }, () =>
    Array.from({ length: length - random.below(5) }, () => random.below(VOCABULARY)),
  );
}

const SETTINGS = {
  isSkipGram: true,
  isTrueGradient: false,
  window: 3,
  negatives: 4,
  rates: [0.05, 0.05] as const,
  seed: 5,
  threads: 1,
};

function expectClose(actual: Tensor, wanted: readonly (readonly number[])[], within = 5e-5): void {
  const distance = actual
    .sub(tensor(wanted.map((row) => [...row])))
    .abs()
    .amax()
    .item();
  expect(distance).toBeLessThan(within);
}

describe('trainWords', () => {
  it.each([
    { isSkipGram: true, isNegative: true },
    { isSkipGram: true, isNegative: false, isHierarchical: true },
    { isSkipGram: true, isNegative: true, isHierarchical: true },
    { isSkipGram: false, isNegative: true },
    { isSkipGram: false, isNegative: false, isHierarchical: true },
    { isSkipGram: false, isNegative: true, isTrueGradient: true },
    // Words of every width that the loops tell apart, subsampling, and scores that saturate.
    { isSkipGram: true, isNegative: true, size: 23, threshold: 0.05 },
    { isSkipGram: false, isNegative: true, isHierarchical: true, size: 34, threshold: 0.05, scale: 0.3 },
    { isSkipGram: true, isNegative: true, isHierarchical: true, size: 16, scale: 2 },
  ])('does as the literal version: %o', ({ isSkipGram, isTrueGradient = false, ...form }) => {
    const { native, reference } = makeTables({ scale: 0.5, ...form });
    // Few, so that no score lies so near to a step of the sigmoid that float32 and float64 take different ones.
    const rows = randomRows(3, 30);
    const settings = { ...SETTINGS, isSkipGram, isTrueGradient };
    const before = native.input.clone();
    trainWords(native, { ...settings, ...text(rows) });
    trainReference(reference, rows, settings);
    expect(before.sub(native.input).abs().amax().item()).toBeGreaterThan(0.01);
    expectClose(native.input, reference.input);
    if (native.negative !== null) expectClose(native.negative.output, reference.noiseOutput!);
    if (native.hierarchical !== null) expectClose(native.hierarchical.output, reference.nodeOutput!);
  });

  it('sets the rate anew after 10,000 words of the text', () => {
    const { native, reference } = makeTables({ size: 3, scale: 0.1 });
    const rows = randomRows(60, 500);
    const settings = { ...SETTINGS, negatives: 1, window: 1, rates: [0.1, 0.001] as const };
    trainWords(native, { ...settings, ...text(rows) });
    trainReference(reference, rows, settings);
    // Long texts gather the differences of float32 and float64.
    expectClose(native.input, reference.input, 2e-3);
    const other = makeTables({ size: 3, scale: 0.1 });
    trainWords(other.native, { ...settings, rates: [0.1, 0.1], ...text(rows) });
    expect(other.native.input.sub(native.input).abs().amax().item()).toBeGreaterThan(0.05);
  });

  it('closes a sentence after 1,000 words that survive', () => {
    const row = Array.from({ length: 2300 }, (_, i) => 1 + ((i * i) % (VOCABULARY - 1)));
    const { native, reference } = makeTables({ size: 4, scale: 0.2, threshold: 0.05 });
    const settings = { ...SETTINGS, rates: [0.01, 0.01] as const };
    const { kept, words, examples } = trainWords(native, { ...settings, ...text([row]) });
    trainReference(reference, [row], settings);
    expect(words).toBe(2300);
    expect(kept).toBeGreaterThan(1000);
    expect(kept).toBeLessThan(2300);
    expect(examples).toBeGreaterThan(kept);
    expectClose(native.input, reference.input, 1e-3);
  });

  it('ends a sentence before a word of another one', () => {
    const trained = (rows: number[][], sentences: Tensor | null): Tensor => {
      const { native } = makeTables({ scale: 0.5 });
      trainWords(native, { ...SETTINGS, window: 1, negatives: 0, ...text(rows), sentences });
      return native.input;
    };
    const numbers = tensor([[0, 0, 0, 1, 1, 1]], { dtype: 'int64' });
    const whole = trained([[1, 2, 3, 4, 5, 6]], null);
    const parted = trained([[1, 2, 3, 4, 5, 6]], numbers);
    expect(parted.equal(whole)).toBe(false);
    expect(
      parted.equal(
        trained(
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          null,
        ),
      ),
    ).toBe(true);
  });

  it('costs exactly ln 2 per term before anything was learned, and leaves out negatives that hit the word', () => {
    const rows = randomRows(40, 50);
    for (const isHierarchical of [false, true]) {
      const { native, reference } = makeTables({ isNegative: !isHierarchical, isHierarchical });
      native.negative?.output.zero_();
      native.hierarchical?.output.zero_();
      for (const row of reference.noiseOutput ?? []) row.fill(0);
      const settings = { ...SETTINGS, rates: [0, 0] as const };
      const totals = trainWords(native, { ...settings, ...text(rows) });
      expect(totals.loss / totals.terms).toBeCloseTo(Math.LN2, 6);
      expect(totals.right / totals.decisions).toBe(0.5);
      if (isHierarchical) continue;
      const used = trainReference(reference, rows, settings);
      expect(totals.examples).toBe(used.length);
      expect(totals.terms).toBe(used.reduce((sum, count) => sum + count + 1, 0));
      expect(Math.min(...used)).toBeLessThan(SETTINGS.negatives);
    }
  });

  it('moves by the gradient of the loss, times the number of words of the context in the original form of CBOW', () => {
    const size = 6;
    const [rate, seed] = [1e-3, 2];
    const sentence = [[1, 2, 3]];
    const lossOf = (input: Tensor, output: Tensor, targets: readonly number[]): number => {
      const mean = input
        .indexSelect(0, tensor([1, 3], { dtype: 'int64' }))
        .mean([0])
        .toNumbers();
      const rows = output.toList() as number[][];
      return targets.reduce((sum, word, k) => {
        const score = rows[word]!.reduce((total, value, i) => total + value * mean[i]!, 0);
        return sum + Math.log1p(Math.exp(k === 0 ? -score : score));
      }, 0);
    };
    for (const isTrueGradient of [true, false]) {
      const { native } = makeTables({ size, scale: 0.5 });
      // Words 1 and 3 have no neighbor but 2 when the radius is 1; only the example of the word in the middle is to be seen.
      const before = { input: native.input.to('float64'), output: native.negative!.output.to('float64') };
      const random = new ReferenceRandom(seed);
      const targets: number[][] = [];
      for (const _ of sentence[0]!) random.unit();
      for (const center of [1, 2, 3]) {
        random.below(1);
        targets.push([center]);
        for (let k = 0; k < 2; k++) {
          let word = (native.negative!.noise.select(0, random.below(2 ** 20)).item() as number) || 0;
          if (word === 0) word = 1 + random.below(VOCABULARY - 1);
          if (word !== center) targets.at(-1)!.push(word);
        }
      }
      const settings = {
        ...SETTINGS,
        isSkipGram: false,
        isTrueGradient,
        window: 1,
        negatives: 2,
        rates: [rate, rate] as const,
        seed,
      };
      trainWords(native, { ...settings, ...text(sentence) });
      const moved = native.input.to('float64').sub(before.input).div(rate);
      // The contexts of the outer words are word 2 alone; its own example moves words 1 and 3.
      for (const word of [1, 3])
        for (let i = 0; i < size; i++) {
          const at = (step: number): number => {
            const changed = before.input.clone();
            changed.select(0, word).select(0, i).add_(step);
            return lossOf(changed, before.output, targets[1]!);
          };
          const gradient = (at(1e-4) - at(-1e-4)) / 2e-4;
          const wanted = -gradient * (isTrueGradient ? 1 : 2);
          // The sigmoid is known to 1.5e-3, and the tables move a little in between.
          expect(Math.abs((moved.select(0, word).select(0, i).item() as number) - wanted)).toBeLessThan(0.02);
          if (Math.abs(gradient) > 0.1) expect(Math.abs(wanted / gradient)).toBeCloseTo(isTrueGradient ? 1 : 2, 6);
        }
    }
  });

  it('saturates beyond 6: negative sampling takes 0 and 1, hierarchical softmax leaves the node', () => {
    const score = (value: number, isHierarchical: boolean): number => {
      const { native } = makeTables({ size: 1, isNegative: !isHierarchical, isHierarchical }, [0, 3, 2]);
      native.input.fill_(1);
      native.negative?.output.fill_(value);
      native.hierarchical?.output.fill_(value);
      trainWords(native, { ...SETTINGS, negatives: 0, window: 1, rates: [1, 1], ...text([[2, 1]]) });
      // What word 1, the context of word 2 in the second example, moved by.
      return native.input.select(0, 2).item() as number;
    };
    expect(score(3, false)).toBeCloseTo(1 + (1 - steppedSigmoid(3)) * 3, 5);
    expect(score(7, false)).toBe(1);
    expect(score(-7, false)).toBe(1 - 7);
    expect(score(-7, true)).toBe(1);
    expect(score(-6, true)).toBe(1);
    expect(score(-6, false)).toBeCloseTo(1 - 6 * (1 - steppedSigmoid(-6)), 4);
  });

  it('gives the same bits again with one thread, and learns the same with several', () => {
    const rows = randomRows(200, 60);
    const trained = (threads: number, seed = 5) => {
      const { native } = makeTables({ scale: 0.1, size: 20 });
      const totals = trainWords(native, { ...SETTINGS, seed, threads, ...text(rows) });
      return { ...totals, input: native.input };
    };
    const [one, again, other, several] = [trained(1), trained(1), trained(1, 6), trained(3)];
    expect(one.input.equal(again.input)).toBe(true);
    expect(one.loss).toBe(again.loss);
    expect(one.input.equal(other.input)).toBe(false);
    expect(several.words).toBe(one.words);
    expect(Math.abs(several.loss / several.terms - one.loss / one.terms)).toBeLessThan(0.02);
  });

  it('refuses words outside the vocabulary and tables of another form, in a sentence', () => {
    const { native } = makeTables();
    const sentences = text([[1, 2, VOCABULARY]]);
    expect(() => trainWords(native, { ...SETTINGS, ...sentences })).toThrow(
      /Word number 8 is not in a vocabulary of 8/,
    );
    expect(() => trainWords(native, { ...SETTINGS, ...sentences, threads: 2 })).toThrow(/Word number 8/);
    const good = text([[1, 2]]);
    expect(() => trainWords({ ...native, keep: tensor([1]) }, { ...SETTINGS, ...good })).toThrow(
      /`keep`, received Float\[1\]/,
    );
    const noise = tensor(new Int32Array([1, VOCABULARY]));
    expect(() => trainWords({ ...native, negative: { ...native.negative!, noise } }, { ...SETTINGS, ...good })).toThrow(
      /`noise` has 8 at 1, expected 0 to 7/,
    );
    expect(() => trainWords(native, { ...SETTINGS, ...good, lengths: tensor([3], { dtype: 'int64' }) })).toThrow(
      /`lengths` has 3/,
    );
    expect(() => trainWords({ ...native, input: native.input.t() }, { ...SETTINGS, ...good })).toThrow(/without gaps/);
  });
});
