import { describe, expect, it } from 'vitest';
import { CombinedGruText } from '../../backbones/combined-gru-text.js';
import { noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import type { Module } from '../../engine/nn/index.js';
import { SentenceDecoder, type SkipThoughts, skipThoughts, triplesOf } from './skip-thoughts.js';
import { batchOf, batchOfRows, distance, hostRows, makeFor, narrativesFor, viewsOf } from './text.test-util.js';
import { textRows } from './token-inputs.js';

type Views = Record<'current' | 'previous' | 'next', Tensor>;

const texts = await narrativesFor(skipThoughts);
const batch = batchOf(texts, 6);
const { end } = texts.spec.special as { end: number };

describe('triples', () => {
  it('are of consecutive sentences of one document', () => {
    const method = makeFor<SkipThoughts>(skipThoughts, texts);
    const { current, previous, next } = viewsOf<Views>(method, batch);
    const [before, middle, after] = [previous, current, next].map(hostRows);
    // Four sentences give two triples.
    expect(middle!.length).toBe(2 * 6);
    const known = textRows(batch.samples).map(({ ids }) => `${ids}`);
    for (const [i, row] of middle!.entries()) {
      const joined = [before![i]!, row, after![i]!].map((part) => {
        expect(part.at(-1)).toBe(end);
        return part.slice(0, -1);
      });
      expect(known.filter((text) => text.includes(`${joined.flat()}`)).length).toBeGreaterThan(0);
    }
    method.dispose();
  });

  it('have three sentences that are all shorter than the bound', () => {
    const rows = textRows(
      batchOfRows(
        [
          [[5, 6], [7, 8, 9], [10], [11]],
          [[5], [6]],
        ],
        72,
      ).samples,
    );
    expect(triplesOf(rows, 30)).toEqual([
      [[5, 6], [7, 8, 9], [10]],
      [[7, 8, 9], [10], [11]],
    ]);
    expect(triplesOf(rows, 3)).toEqual([]);
    expect(triplesOf(rows, 4).length).toBe(2);
  });

  it('give a loss of 0 where there is none', () => {
    scope(() => {
      const method = makeFor<SkipThoughts>(skipThoughts, texts);
      const views = viewsOf<Views>(method, batchOfRows([[[5, 6]], [[7], [8]]], 72));
      const { loss } = method.loss(views);
      expect(loss!.item()).toBe(0);
      loss!.backward();
      for (const value of method.parameters()) expect(Number.isFinite(value.grad?.sum().item() ?? 0)).toBe(true);
      method.dispose();
    });
  });
});

describe.each(['everyStep', 'initialState'] as const)('a decoder that is conditioned by %s', (conditioning) => {
  it('writes a token by those before it, and by the sentence that was read', () => {
    scope(() =>
      noGrad(() => {
        const method = makeFor<SkipThoughts>(skipThoughts, texts, { conditioning });
        const { next, current } = viewsOf<Views>(method, batch);
        const thoughts = method.backbone.features(current);
        const usual = method.scores(method.after, next, thoughts);
        const changed = next.clone();
        changed.select(1, 4).fill_(9);
        const moved = method.scores(method.after, changed, thoughts).sub(usual).abs().amax([0, 2]).toNumbers();
        expect(Math.max(...moved.slice(0, 5))).toBe(0);
        expect(moved[5]).toBeGreaterThan(0);
        const without = method.scores(method.after, next, ops.zerosLike(thoughts)).sub(usual).abs().amax([0, 2]);
        for (const difference of without.toNumbers()) expect(difference).toBeGreaterThan(0);
        method.dispose();
      }),
    );
  });
});

it('every step knows the sentence as well as the first, where each is given it', () => {
  scope(() =>
    noGrad(() => {
      const fades = (['everyStep', 'initialState'] as const).map((conditioning) => {
        const decoder = new SentenceDecoder(4, 8, conditioning);
        const embedded = ops.zeros([1, 40, 4]);
        const [one, other] = [0, 1].map((value) =>
          decoder.forward(embedded, ops.full([1, 8], value, { dtype: 'float32' })),
        );
        const differences = one!.sub(other!).abs().amax([0, 2]).toNumbers();
        return differences.at(-1)! / differences[0]!;
      });
      expect(fades[0]).toBeGreaterThan(1);
      expect(fades[1]).toBeLessThan(0.5);
    }),
  );
});

describe('combine-skip', () => {
  it('trains uni-skip and bi-skip as if each were alone', () => {
    scope(() => {
      const make = (encoder: string) => makeFor<SkipThoughts>(skipThoughts, texts, { encoder });
      const [uni, bi, both] = [make('uni'), make('bi'), make('combine')];
      const { backbone } = both;
      if (!(backbone instanceof CombinedGruText)) throw new Error('expected both encoders');
      const pairs = [
        [uni, backbone.uni, both],
        [bi, backbone.bi, both.second!],
      ] as const;
      for (const [alone, reader, writer] of pairs) {
        reader.loadStateDict(alone.backbone.stateDict());
        for (const part of ['before', 'after', 'output'] as const) writer[part].loadStateDict(alone[part].stateDict());
      }
      const views = viewsOf<Views>(both, batch);
      const outcome = both.loss(views);
      outcome.loss!.backward();
      let sum = 0;
      for (const [alone, reader, writer] of pairs) {
        const { loss } = alone.loss(views);
        loss!.backward();
        sum += loss!.item();
        const grads = (parts: Record<string, Module>): Tensor[] =>
          Object.values(parts).flatMap((part) => part.parameters().map((value) => value.grad!));
        const { before, after, output } = alone;
        const wanted = grads({ backbone: alone.backbone, before, after, output });
        const given = grads({ reader, before: writer.before, after: writer.after, output: writer.output });
        for (const [i, grad] of wanted.entries()) expect(distance(grad, given[i]!)).toBe(0);
      }
      expect(outcome.loss!.item()).toBeCloseTo(sum, 4);
      expect(outcome.loss!.item()).toBeCloseTo(4 * Math.log(texts.spec.vocabulary), 1);
      expect((outcome.metrics!.nextLoss as Tensor).item()).toBeCloseTo(sum / 4, 1);
      const known = backbone.features(views.current);
      expect(distance(outcome.features!, known)).toBeLessThan(1e-6);
      for (const method of [uni, bi, both]) method.dispose();
    });
  });

  it('bounds the gradient of each encoder by itself', () => {
    const method = makeFor<SkipThoughts>(skipThoughts, texts, { encoder: 'combine' });
    const groups = method.optimizerGroups();
    expect(groups.map(({ name, sharesLoss = false }) => [name, sharesLoss])).toEqual([
      ['main', false],
      ['bi', true],
    ]);
    const moved = groups.flatMap(({ modules }) => modules.flatMap((module) => module.parameters()));
    expect(new Set(moved)).toEqual(new Set(method.parameters()));
    expect(moved.length).toBe(method.parameters().length);
    method.dispose();
  });
});

it('counts no padding', () => {
  scope(() =>
    noGrad(() => {
      const method = makeFor<SkipThoughts>(skipThoughts, texts);
      const views = viewsOf<Views>(method, batch);
      const longer = Object.fromEntries(
        Object.entries(views).map(([name, rows]) => [
          name,
          ops.cat([rows, ops.full([12, 3], -1, { dtype: 'int64' })], 1),
        ]),
      ) as Views;
      expect(distance(method.loss(longer).loss!, method.loss(views).loss!)).toBeLessThan(1e-5);
      method.dispose();
    }),
  );
});
