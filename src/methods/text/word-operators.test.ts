import { describe, expect, it } from 'vitest';
import { Generator, gradientsOf, noGrad, ops, parameter, type Tensor, tensor, trainWords } from '../../engine/index.js';
import { huffmanPaths } from './huffman.js';
import { drawExamples, drawNegatives, padPaths, pathTargets, type WordExamples } from './word-examples.js';
import { type Comparison, contextVectors, lossByOperators, stepByOperators } from './word-operators.js';

const V = 9;
const KEEP_ALL = ops.ones([V]);

function rows(lists: readonly (readonly number[])[], sentences?: readonly (readonly number[])[]) {
  const int = (values: readonly (readonly number[])[]) =>
    tensor(
      values.map((row) => [...row]),
      { dtype: 'int64' },
    );
  return {
    ids: int(lists),
    sentences: int(sentences ?? lists.map((row) => row.map(() => 0))),
    lengths: tensor(
      lists.map((row) => row.length),
      { dtype: 'int64' },
    ),
  };
}

/** Pairs as "context>center". */
function pairsOf({ centers, contexts, isContext }: WordExamples): string[] {
  const [middle, around, isThere] = [
    centers.toNumbers(),
    contexts.toList() as number[][],
    isContext.toList() as number[][],
  ];
  return middle.map((center, i) => `${around[i]!.filter((_, k) => isThere[i]![k] === 1).join('+')}>${center}`);
}

describe('drawExamples', () => {
  const draw = (text: ReturnType<typeof rows>, isSkipGram: boolean, { window = 1, keep = KEEP_ALL, seed = 1 } = {}) =>
    drawExamples(text, { keep, window, isSkipGram }, new Generator(seed));

  it('pairs words within a sentence: 0, another sentence and a row end it', () => {
    const text = rows(
      [
        [1, 2, 3, 0, 4, 5],
        [6, 7, 8, 1, 2, 3],
      ],
      [
        [0, 0, 0, 0, 0, 0],
        [3, 3, 3, 4, 4, 4],
      ],
    );
    const wanted = ['2>1', '1>2', '3>2', '2>3', '5>4', '4>5', '7>6', '6>7', '8>7', '7>8', '2>1', '1>2', '3>2', '2>3'];
    expect(pairsOf(draw(text, true)).sort()).toEqual(wanted.sort());
    const means = ['2>1', '1+3>2', '2>3', '5>4', '4>5', '7>6', '6+8>7', '7>8', '2>1', '1+3>2', '2>3'];
    expect(pairsOf(draw(text, false)).sort()).toEqual(means.sort());
  });

  it('reads no more of a row than its length', () => {
    const text = { ...rows([[1, 2, 3, 4]]), lengths: tensor([2], { dtype: 'int64' }) };
    expect(pairsOf(draw(text, true))).toEqual(['2>1', '1>2']);
  });

  it('subsamples first, so that windows reach over what was left out', () => {
    const keep = ops.ones([V]);
    keep.select(0, 2).fill_(0);
    expect(pairsOf(draw(rows([[1, 2, 3]]), true, { keep }))).toEqual(['3>1', '1>3']);
  });

  it('closes a sentence after 1,000 words', () => {
    const long = Array.from({ length: 1500 }, (_, i) => 1 + (i % 8));
    expect(draw(rows([long]), true).centers.size(0)).toBe(2 * 999 + 2 * 499);
  });

  it('draws each distance equally often', () => {
    const long = Array.from({ length: 900 }, (_, i) => 1 + (i % 8));
    const counts = [0, 0, 0];
    for (let seed = 1; seed <= 10; seed++) {
      const { isContext } = draw(rows([long]), false, { window: 3, seed });
      for (const n of isContext.sum([1]).toNumbers()) if (n % 2 === 0) counts[n / 2 - 1]!++;
    }
    for (const count of counts) expect(Math.abs(count / 9000 - 1 / 3)).toBeLessThan(0.02);
  });
});

describe('drawNegatives', () => {
  it('leaves out draws of the true word, and takes any word where the end of a sentence is drawn', () => {
    const centers = ops.full([20_000], 3, { dtype: 'int64' });
    const noise = tensor(new Int32Array([0, 3, 3, 5]));
    const {
      rows: drawn,
      labels,
      isUsed,
    } = drawNegatives(centers, { noise, negatives: 1, vocabulary: V }, new Generator(2));
    expect(drawn.select(1, 0).eq(3).all().item()).toBe(1);
    expect([labels.select(1, 0).mean([]).item(), labels.select(1, 1).amax().item()]).toEqual([1, 0]);
    const words = drawn.select(1, 1).toNumbers();
    const used = isUsed.select(1, 1).toNumbers();
    const counts = Array<number>(V).fill(0);
    for (const [i, word] of words.entries()) {
      counts[word]!++;
      expect(used[i]).toBe(word === 3 ? 0 : 1);
    }
    expect(counts[0]).toBe(0);
    // A quarter of the cells goes to words 1 to 8 alike.
    expect(counts[5]! / 20_000).toBeCloseTo(0.25 + 0.25 / 8, 1);
    expect(counts[1]! / 20_000).toBeCloseTo(0.25 / 8, 2);
  });
});

describe('stepByOperators', () => {
  const counts = [9, 8, 7, 6, 5, 4, 3, 2, 1];
  const paths = huffmanPaths(counts);
  const native = {
    starts: tensor(paths.starts).to('int64'),
    nodes: tensor(paths.nodes),
    bits: tensor(paths.bits),
  };

  // Windows of one and noise of one word leave nothing to chance.
  it.each([
    { isSkipGram: true, isTree: false, isTrueGradient: true },
    { isSkipGram: true, isTree: true, isTrueGradient: true },
    { isSkipGram: false, isTree: false, isTrueGradient: false },
    { isSkipGram: false, isTree: false, isTrueGradient: true },
    { isSkipGram: false, isTree: true, isTrueGradient: false },
  ])('moves the tables as compiled code does, example by example: %o', ({ isSkipGram, isTree, isTrueGradient }) => {
    const random = new Generator(4);
    const make = (count: number) => ops.randn([count, 6], { generator: random });
    const input = make(V);
    const output = make(isTree ? V - 1 : V);
    const text = rows([[1, 2, 3, 4, 5, 2, 1, 6, 7, 8]]);
    const noise = tensor(new Int32Array(8).fill(8));
    const form = { isSkipGram, isTrueGradient, window: 1, negatives: 2, seed: 1, threads: 1 };
    const compiled = { input: input.clone(), output: output.clone() };
    trainWords(
      {
        input: compiled.input,
        keep: KEEP_ALL,
        negative: isTree ? null : { output: compiled.output, noise },
        hierarchical: isTree ? { output: compiled.output, paths: native } : null,
      },
      { ...text, ...form, rates: [0.1, 0.1] },
    );
    const examples = drawExamples(text, { keep: KEEP_ALL, window: 1, isSkipGram }, random);
    const targets = isTree
      ? pathTargets(examples.centers, padPaths(native))
      : drawNegatives(examples.centers, { noise, negatives: 2, vocabulary: V }, random);
    const before = input.clone();
    // One example at a time, in their order.
    for (let i = 0; i < examples.centers.size(0); i++) {
      const one = (rowsOf: Tensor) => rowsOf.narrow(0, i, 1);
      const own = {
        centers: one(examples.centers),
        contexts: one(examples.contexts),
        isContext: one(examples.isContext),
      };
      // Two draws of the same noise word follow each other in compiled code and are added up here.
      const parts = isTree
        ? [[0, targets.rows.size(1)]]
        : [
            [0, 1],
            [1, 1],
            [2, 1],
          ];
      const moved = input.clone();
      for (const [from, size] of parts as [number, number][]) {
        const part = (rowsOf: Tensor) => one(rowsOf).narrow(1, from, size);
        const comparison = {
          output,
          targets: { rows: part(targets.rows), labels: part(targets.labels), isUsed: part(targets.isUsed) },
          isTree,
        };
        const copy = input.clone();
        stepByOperators(copy, own, [comparison], { rates: [0.1, 0.1], isTrueGradient });
        moved.add_(copy.sub(input));
      }
      input.copy_(moved);
    }
    expect(input.sub(before).abs().amax().item()).toBeGreaterThan(0.05);
    // Compiled code takes the sigmoid in steps of up to 0.003.
    expect(input.sub(compiled.input).abs().amax().item()).toBeLessThan(0.01);
    expect(output.sub(compiled.output).abs().amax().item()).toBeLessThan(0.01);
  });

  it('steps along the gradient of the loss', () => {
    const random = new Generator(6);
    const [input, output] = [0, 1].map(() => parameter(ops.randn([V, 5], { generator: random }))) as [Tensor, Tensor];
    const examples = drawExamples(
      rows([[1, 2, 3, 4, 5, 6, 7]]),
      { keep: KEEP_ALL, window: 2, isSkipGram: false },
      random,
    );
    const noise = tensor(new Int32Array([1, 2, 4, 7]));
    const comparison: Comparison = {
      output,
      targets: drawNegatives(examples.centers, { noise, negatives: 3, vocabulary: V }, random),
      isTree: false,
    };
    const [byInput, byOutput] = gradientsOf(
      [lossByOperators(contextVectors(input, examples), comparison).loss],
      [input, output],
    ) as [Tensor, Tensor];
    const moved = noGrad(() => ({ input: input.detach().clone(), output: output.detach().clone() }));
    stepByOperators(moved.input, examples, [{ ...comparison, output: moved.output }], {
      rates: [1e-3, 1e-3],
      isTrueGradient: true,
    });
    const step = (after: Tensor, before: Tensor) => after.sub(before.detach()).div(-1e-3);
    expect(step(moved.input, input).sub(byInput).abs().amax().item()).toBeLessThan(2e-3);
    expect(step(moved.output, output).sub(byOutput).abs().amax().item()).toBeLessThan(2e-3);
  });

  it('costs ln 2 per term where nothing is known, with half of the decisions right', () => {
    const examples = drawExamples(
      rows([[1, 2, 3, 4]]),
      { keep: KEEP_ALL, window: 2, isSkipGram: true },
      new Generator(1),
    );
    const x = contextVectors(ops.ones([V, 3]), examples);
    for (const isTree of [false, true]) {
      const targets = isTree
        ? pathTargets(examples.centers, padPaths(native))
        : drawNegatives(examples.centers, { noise: native.nodes, negatives: 4, vocabulary: V }, new Generator(1));
      const { loss, terms, right, decisions } = lossByOperators(x, { output: ops.zeros([V, 3]), targets, isTree });
      expect(loss.div(terms).item()).toBeCloseTo(Math.LN2, 6);
      expect(right.div(decisions).item()).toBeCloseTo(0.5, 6);
      const lengths = examples.centers.toNumbers().map((word) => paths.starts[word + 1]! - paths.starts[word]!);
      if (isTree) expect(terms.item()).toBe(lengths.reduce((sum, length) => sum + length));
    }
  });
});
