import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor } from '../../../engine/index.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { negativeCosine, type SimSiam, simsiam } from './simsiam.js';

const spec = imageSpec(16, 3, { mean: [0, 0, 0], std: [1, 1, 1] });
const make = (options: Record<string, unknown> = {}): SimSiam =>
  makeMethod(simsiam, { projectionSize: 16, predictorSize: 4, ...options }, { spec, batchSize: 6 });
const batch = imageBatch(6, spec);

describe('negativeCosine', () => {
  it('equals the formula, whatever the lengths of the rows', () => {
    const [p, z] = [ops.randn([5, 7]), ops.randn([5, 7]).mul(30)];
    const rows = (x: Tensor) => x.toList() as number[][];
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
    const expected = rows(p).map((row, i) => {
      const other = rows(z)[i]!;
      return -dot(row, other) / Math.sqrt(dot(row, row) * dot(other, other));
    });
    expect(negativeCosine(p, z).item()).toBeCloseTo(expected.reduce((a, b) => a + b) / 5, 5);
  });

  it('is -1 for equal directions and 1 for opposite ones', () => {
    const x = ops.randn([4, 3]);
    expect(negativeCosine(x, x.mul(5)).item()).toBeCloseTo(-1, 6);
    expect(negativeCosine(x, x.neg()).item()).toBeCloseTo(1, 6);
  });
});

it('sends gradients through the predictor only', () => {
  const method = make();
  const views = method.views(batch, new Generator(2));
  const [first, second] = views.images;
  const z = (images: Tensor): Tensor => method.projection.forward(method.backbone.features(images));
  const gradient = (loss: Tensor): Tensor => {
    method.zeroGrad();
    loss.backward();
    return method.backbone.parameters()[0]!.grad!.clone();
  };
  const ours = gradient(method.loss(views).loss!);
  // The targets as plain numbers: nothing can flow through them.
  const [t1, t2] = [first, second].map((images) => z(images).detach()) as [Tensor, Tensor];
  const predict = (images: Tensor): Tensor => method.predictor.forward(z(images));
  const literal = negativeCosine(predict(first), t2)
    .add(negativeCosine(predict(second), t1))
    .div(2);
  expect(ours.sub(gradient(literal)).abs().amax().item()).toBeLessThan(1e-6);
  // Control: without the stop-gradient the gradient is another one.
  const open = make({ useStopGradient: false });
  const other = open.loss(views);
  open.zeroGrad();
  other.loss!.backward();
  const difference = open.backbone.parameters()[0]!.grad!.sub(ours).abs().amax().item();
  expect(difference).toBeGreaterThan(1e-4);
});

it('keeps the same loss when the views change places', () => {
  const method = make();
  const images = method.views(batch, new Generator(4)).images;
  const one = method.loss({ images }).loss!.item();
  expect(method.loss({ images: [images[1], images[0]] }).loss!.item()).toBeCloseTo(one, 6);
});

it("has the official heads: no bias before a norm, a last norm without scale and shift, the predictor's last bias", () => {
  const keys = (state: Map<string, Tensor>) => [...state.keys()].filter((key) => /weight|bias/.test(key));
  const method = make({ projectionLayers: 3 });
  expect(keys(method.projection.stateDict())).toEqual([
    ...['0.0.weight', '0.1.weight', '0.1.bias', '0.3.weight', '0.4.weight', '0.4.bias', '0.6.weight'],
  ]);
  expect(keys(method.predictor.stateDict())).toEqual(['0.weight', '1.weight', '1.bias', '3.weight', '3.bias']);
});

it("leaves the predictor's rate out of the schedule unless asked", () => {
  const method = make();
  expect(method.optimizerGroups()[0]!.constantRate).toEqual([method.predictor]);
  expect(make({ usePredictorDecay: true }).optimizerGroups()[0]!.constantRate).toEqual([]);
});
