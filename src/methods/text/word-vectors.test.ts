import { describe, expect, it } from 'vitest';
import type { TokensDataset, TokensSpec } from '../../data/index.js';
import { memoryTexts } from '../../data/text/tokens.test-util.js';
import { Generator, gradientsOf, noGrad, scope, type Tensor, tensor } from '../../engine/index.js';
import { type MakeOptions, makeMethod } from '../make.test-util.js';
import type { Batch } from '../method.js';
import { type Cbow, cbow } from './cbow.js';
import { type SkipGram, skipGram } from './skip-gram.js';

/** Two documents; `rare` occurs once. */
const SENTENCES = [
  'the cat sees the dog',
  'the dog sees the cat',
  'a cat and a dog sleep',
  'a rare dog sleeps and sees',
];
const data = memoryTexts([Array.from({ length: 6 }, () => SENTENCES.slice(0, 3)).flat(), SENTENCES]);
const id = (word: string): number => data.tokenizer.idOf(word)!;

function make<M = SkipGram>(
  options: Record<string, unknown> = {},
  definition: typeof skipGram | typeof cbow = skipGram,
  changes: Partial<MakeOptions> & { dataset?: TokensDataset } = {},
): M {
  const { dataset = data, ...rest } = changes;
  return makeMethod<M>(
    definition as never,
    { leastCount: 2, subsample: 0, ...options },
    {
      ...{ spec: dataset.spec, width: 6, isSmall: false, assets: dataset.assets, seed: 3 },
      ...rest,
    },
  );
}

function batch(dataset = data): Batch<TokensSpec> {
  const indices = [...Array(dataset.count).keys()];
  return { samples: dataset.collate(indices), indices };
}

const RATES = [0.1, 0.1] as const;

describe('word vectors', () => {
  it('start with outputs of 0, so that each term costs ln 2', () => {
    for (const options of [{}, { negatives: 0, useHierarchicalSoftmax: true }, { useHierarchicalSoftmax: true }]) {
      const method = make(options);
      const { loss, metrics } = scope(() =>
        noGrad(() => method.loss(method.views(batch(), new Generator(1)))),
      ) as never as {
        loss: Tensor;
        metrics: { accuracy: Tensor };
      };
      expect(loss.item()).toBeCloseTo(Math.LN2, 6);
      expect(metrics.accuracy.item()).toBeCloseTo(0.5, 6);
      method.dispose();
    }
  });

  it('learn, by compiled code and by operators, from the same text', () => {
    for (const isCompiled of [true, false]) {
      const method = make();
      Object.defineProperty(method, 'isCompiled', { value: isCompiled });
      const random = new Generator(1);
      const lossNow = () =>
        scope(() => noGrad(() => method.loss(method.views(batch(), new Generator(9))).loss!.item()));
      const first = lossNow();
      for (let i = 0; i < 60; i++) scope(() => noGrad(() => void method.update(method.views(batch(), random), RATES)));
      expect(lossNow()).toBeLessThan(first - 0.05);
      method.dispose();
    }
  });

  it('leave rare words out: they are neither read, nor drawn, nor listed', () => {
    const method = make();
    const rare = id('rare');
    const before = method.table.select(0, rare).clone();
    const random = new Generator(1);
    for (let i = 0; i < 20; i++) scope(() => noGrad(() => void method.update(method.views(batch(), random), RATES)));
    expect(method.table.select(0, rare).equal(before)).toBe(true);
    expect(method.output!.select(0, rare).abs().amax().item()).toBe(0);
    expect(method.output!.select(0, id('dog')).abs().amax().item()).toBeGreaterThan(0);
    expect(method.vectors().words).toEqual(['the', 'dog', 'cat', 'a', 'sees', 'and', 'sleep']);
    expect(make({ leastCount: 1 }).vectors().words).toContain('rare');
    method.dispose();
  });

  it('take special tokens for no words', () => {
    const method = make();
    const { end } = data.spec.special;
    const { ids } = method.views(batch(), new Generator(1));
    expect(ids.eq(end!).any().item()).toBe(0);
    const samples = data.collate([0]);
    const own = samples.ids.clone();
    own.select(0, 0).select(0, 0).fill_(end!);
    own.select(0, 0).select(0, 1).fill_(1);
    const prepared = method.prepare({ ...samples, ids: own, lengths: tensor([4], { dtype: 'int64' }) });
    expect(prepared.toNumbers()).toEqual([0, 0, ...own.toNumbers().slice(2, 4), 0, 0, 0, 0]);
  });

  it('say that several threads give other vectors each time', () => {
    expect(make().warnings()).toEqual([]);
    expect(make({ threads: 3 }).warnings()[0]).toMatch(/^3 threads .* --threads 1 gives the same bits again/);
  });

  it('differ for CBOW by whether the error is divided', () => {
    const moved = (gradient: string): Tensor => {
      const method = make<Cbow>({ gradient }, cbow);
      const before = method.table.clone();
      const random = new Generator(1);
      for (let i = 0; i < 3; i++) scope(() => noGrad(() => void method.update(method.views(batch(), random), RATES)));
      return noGrad(() => method.table.sub(before))
        .abs()
        .sum();
    };
    expect(moved('original').item()).toBeGreaterThan(1.5 * moved('true').item());
  });

  it('have a loss whose gradient reaches both tables', () => {
    const method = make({ useHierarchicalSoftmax: true });
    // Words have something to learn once the outputs are not 0.
    noGrad(() => method.output!.fill_(0.1));
    const { loss } = method.loss(method.views(batch(), new Generator(1)));
    for (const gradient of gradientsOf([loss!], [method.table, method.output!, method.nodes!]))
      expect((gradient as Tensor).abs().amax().item()).toBeGreaterThan(0);
  });

  it('show hidden words with what they are taken for, and neighbors', () => {
    for (const options of [{}, { negatives: 0, useHierarchicalSoftmax: true }]) {
      const method = make(options);
      const random = new Generator(1);
      for (let i = 0; i < 300; i++) scope(() => noGrad(() => void method.update(method.views(batch(), random), RATES)));
      const [hidden, near] = scope(() => noGrad(() => method.preview(batch(), new Generator(2))));
      expect(hidden!.chance).toBeCloseTo(1 / 7, 6);
      const [asked, answered] = hidden!.rows[0]!;
      expect(asked!.text).toContain('___');
      expect(asked!.caption).toMatch(/^hidden: \w+$/);
      expect(answered!.text!.split(' · ')).toHaveLength(5);
      expect(answered!.isCorrect).toBe(answered!.caption === 'right');
      // Trained, they know more than a guess.
      expect(hidden!.rows.filter(([, tile]) => tile!.isCorrect).length / hidden!.rows.length).toBeGreaterThan(2 / 7);
      expect(near!.rows[0]![1]!.text).toMatch(/^\w+ -?\d\.\d\d · /);
    }
  });

  it('refuse what gives nothing to predict, and too few words, in a sentence', () => {
    expect(() => make({ negatives: 0 })).toThrow(/nothing to predict.*--use-hierarchical-softmax/);
    expect(() => make({ leastCount: 1000 })).toThrow(/at least two words that occur 1000 times, received 0/);
    const spec = { ...data.spec, special: { pad: null, unknown: 1, begin: 2, end: 3, mask: 4 } };
    expect(() => make({}, skipGram, { spec })).toThrow(
      /Entry 0 of the vocabulary, "\[PAD\]", would be taken for the end/,
    );
  });
});
