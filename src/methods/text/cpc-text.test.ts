import { expect, it } from 'vitest';
import { noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { type CpcText, cpcText } from './cpc-text.js';
import { batchOf, batchOfRows, distance, makeFor, narrativesFor, viewsOf } from './text.test-util.js';

type Views = { sentences: Tensor };

const texts = await narrativesFor(cpcText);
const batch = batchOf(texts, 6);

it('is the InfoNCE of all sentences, step by step, as the formula has it', () => {
  scope(() =>
    noGrad(() => {
      for (const negatives of ['batch', 'text'] as const) {
        const method = makeFor<CpcText>(cpcText, texts, { negatives });
        // Predictions that differ: at first all are near 0.
        for (const predictor of method.predictors) predictor.weight.normal_(0, 0.3);
        const rows = [
          [
            [5, 6, 7],
            [8, 9],
            [10, 11, 12, 13],
          ],
          [
            [14, 15],
            [16, 17, 18],
          ],
        ];
        const views = viewsOf<Views>(method, batchOfRows(rows, 72));
        const z = method.backbone.sentences(views.sentences);
        const c = method.backbone.contexts(z);
        const real = [
          [0, 0],
          [0, 1],
          [0, 2],
          [1, 0],
          [1, 1],
        ] as const;
        const losses = [1, 2].map((step) => {
          const values = real
            .filter(([n, s]) => real.some(([m, t]) => m === n && t === s + step))
            .map(([n, s]) => {
              const made = method.predictors[step - 1]!.forward(c.select(0, n).narrow(0, s, 1)).select(0, 0);
              const score = (m: number, t: number): number => z.select(0, m).select(0, t).mul(made).sum().item();
              const others = real.filter(([m]) => negatives === 'batch' || m === n).map(([m, t]) => score(m, t));
              return Math.log(others.reduce((sum, value) => sum + Math.exp(value), 0)) - score(n, s + step);
            });
          return values.reduce((sum, value) => sum + value) / values.length;
        });
        // No text has a sentence three steps ahead.
        expect(method.loss(views).loss!.item()).toBeCloseTo((losses[0]! + losses[1]!) / 2, 4);
        method.dispose();
      }
    }),
  );
});

it('is 0 where no text has two sentences', () => {
  scope(() => {
    const method = makeFor<CpcText>(cpcText, texts);
    const views = viewsOf<Views>(method, batchOfRows([[[5, 6]], [[7]]], 72));
    const { loss, metrics } = method.loss(views);
    expect(loss!.item()).toBe(0);
    expect(metrics).toBeUndefined();
    loss!.backward();
    for (const value of method.parameters()) expect(Number.isFinite(value.grad?.sum().item() ?? 0)).toBe(true);
    method.dispose();
  });
});

it('is the mean over the steps that predict something, where a batch is cut from longer ones', () => {
  scope(() =>
    noGrad(() => {
      const method = makeFor<CpcText>(cpcText, texts);
      const rows = [
        [
          [5, 6],
          [8, 9],
        ],
        [
          [14, 15],
          [16, 17],
        ],
      ];
      const views = viewsOf<Views>(method, batchOfRows(rows, 72));
      const [count, , width] = views.sentences.shape as [number, number, number];
      const longer = ops.cat([views.sentences, ops.full([count, 2, width], -1, { dtype: 'int64' })], 1);
      const [found, wanted] = [{ sentences: longer }, views].map((given) => method.loss(given));
      expect(wanted!.loss!.item()).toBeGreaterThan(1);
      expect(found!.loss!.item()).toBeCloseTo(wanted!.loss!.item(), 4);
      for (const name of ['accuracy', 'orderAccuracy'])
        expect((found!.metrics![name] as Tensor).item()).toBe((wanted!.metrics![name] as Tensor).item());
      method.dispose();
    }),
  );
});

it('has no gradient from the prediction of a sentence to the context after it', () => {
  scope(() => {
    const method = makeFor<CpcText>(cpcText, texts);
    const { sentences } = viewsOf<Views>(method, batch);
    const z = method.backbone.sentences(sentences).detach();
    z.requiresGrad = true;
    method.backbone.contexts(z).select(1, 1).sum().backward();
    const moved = z.grad!.abs().sum([0, 2]).gt(0).toNumbers();
    expect(moved).toEqual([1, 1, 0, 0]);
    method.dispose();
  });
});

it('prefers nothing at first, and no sentence that is not there', () => {
  scope(() =>
    noGrad(() => {
      const method = makeFor<CpcText>(cpcText, texts);
      const views = viewsOf<Views>(method, batch);
      expect(method.loss(views).loss!.item()).toBeCloseTo(Math.log(6 * 4), 1);
      const rows = [[[5, 6, 7], [8, 9], [10, 11], [12]], [[14, 15]]];
      const few = viewsOf<Views>(method, batchOfRows(rows, 72));
      expect(method.loss(few).loss!.item()).toBeCloseTo(Math.log(5), 1);
      expect(distance(method.loss(few).loss!, method.loss(few).loss!)).toBe(0);
      method.dispose();
    }),
  );
});
