import { expect, it } from 'vitest';
import { manualSeed, noGrad, scope, type Tensor } from '../../engine/index.js';
import { type Simcse, simcse } from './simcse.js';
import { batchOf, distance, makeFor, narrativesFor, viewsOf } from './text.test-util.js';

const texts = await narrativesFor(simcse);
const batch = batchOf(texts, 8);
const lossOf = (method: Simcse): { loss: number; features: Tensor } => {
  manualSeed(3);
  const { loss, features } = method.loss(viewsOf<{ tokens: Tensor }>(method, batch));
  return { loss: loss!.item(), features: features! };
};

it('compares rows of the first reading with all of the second, in one direction', () => {
  scope(() =>
    noGrad(() => {
      const method = makeFor<Simcse>(simcse, texts, { temperature: 0.5 });
      method.eval();
      // Untrained networks read all texts nearly alike.
      for (const parameter of method.backbone.parameters()) if (parameter.ndim === 2) parameter.mul_(10);
      const { loss, features } = lossOf(method);
      // Without dropout both readings are the same.
      const unit = features.div(features.vectorNorm(2, [1], true));
      const logits = unit.matmul(unit.t()).div(0.5).logSoftmax(1);
      const literal = -logits.diagonal().mean().item();
      expect(Math.abs(loss - literal)).toBeLessThan(1e-5);
      expect(Math.log(8) - loss).toBeGreaterThan(0.01);
      method.dispose();
    }),
  );
});

it('reads a text in two ways by dropout alone, in training alone', () => {
  scope(() =>
    noGrad(() => {
      const [usual, without] = [0.1, 0].map((dropout) => makeFor<Simcse>(simcse, texts, { dropout }));
      const twice = (method: Simcse): number => {
        const { tokens } = viewsOf<{ tokens: Tensor }>(method, batch);
        const [one, other] = [0, 1].map(() => method.loss({ tokens }).features!);
        return distance(one!, other!);
      };
      expect(twice(usual!)).toBeGreaterThan(1e-3);
      expect(twice(without!)).toBe(0);
      usual!.eval();
      expect(twice(usual!)).toBe(0);
      for (const method of [usual!, without!]) method.dispose();
    }),
  );
});

it('gives the vector of the first token, without the layer of the training', () => {
  scope(() =>
    noGrad(() => {
      const method = makeFor<Simcse>(simcse, texts);
      method.eval();
      const x = method.prepare(batch.samples);
      const first = method.backbone.read(method.backbone.inputOf(x)).select(1, 0);
      expect(distance(method.backbone.features(x), first)).toBe(0);
      method.dispose();
    }),
  );
});
