import { describe, expect, it } from 'vitest';
import { Generator, gradientsOf, manualSeed, noGrad, ops, type Tensor, tensor } from '../../../engine/index.js';
import { imageBatch, imageSpec, makeMethod } from '../../make.test-util.js';
import { type BYOL, byol, cosineDistance } from './byol.js';

const BATCH = 8;
const PROGRESS = { step: 0, totalSteps: 10, epoch: 0, totalEpochs: 1, stage: 0 };

const spec = imageSpec(16);
const make = (options: Record<string, unknown> = {}): BYOL =>
  makeMethod(byol, { projectionSize: 16, hiddenSize: 32, ...options }, { spec, batchSize: BATCH });
const batch = imageBatch(BATCH, spec);
const viewsOf = (method: BYOL) => noGrad(() => method.views(batch, new Generator(5)));
const values = (tensors: readonly Tensor[]): number[] => tensors.flatMap((value) => value.detach().toNumbers());

describe('the loss', () => {
  it('is 2 - 2 cos: 0 for one direction, 2 for a right angle, 4 for opposite ones, whatever the lengths', () => {
    const first = tensor([
      [2, 0],
      [3, 0],
      [0.1, 0],
    ]);
    const second = tensor([
      [5, 0],
      [0, 7],
      [-4, 0],
    ]);
    cosineDistance(first, second)
      .toNumbers()
      .forEach((value, i) => {
        expect(value).toBeCloseTo(2 * i, 5);
      });
  });

  it("has the gradient of the paper's form |q / |q| - z / |z||^2", () => {
    manualSeed(1);
    const [q, z] = [ops.randn([4, 6]), ops.randn([4, 6])];
    q.requiresGrad = true;
    const unit = (x: Tensor) => x.div(x.vectorNorm(2, [1], true));
    const [ours] = gradientsOf([cosineDistance(q, z).sum()], [q]) as [Tensor];
    const [paper] = gradientsOf([unit(q).sub(unit(z)).square().sum()], [q]) as [Tensor];
    expect(ours.sub(paper).abs().amax().item()).toBeLessThan(1e-5);
  });

  it('is the sum of both directions, each prediction against the target of the other view', () => {
    const method = make();
    method.eval();
    const views = viewsOf(method);
    const [a, b] = views.images;
    const predict = (x: Tensor) => method.predictor!.forward(method.projection.forward(method.backbone.features(x)));
    const target = (x: Tensor) => method.targetProjection.forward(method.targetBackbone.features(x));
    const byHand =
      cosineDistance(predict(a), target(b)).mean().item() + cosineDistance(predict(b), target(a)).mean().item();
    expect(method.loss(views).loss!.item()).toBeCloseTo(byHand, 5);
    const swapped = method.loss({ images: [b, a] }).loss!.item();
    expect(swapped).toBeCloseTo(byHand, 5);
  });

  it('starts near 4, and is 0 once everything has collapsed', () => {
    const method = make();
    expect(Math.abs(method.loss(viewsOf(method)).loss!.item() - 4)).toBeLessThan(1);
    const collapsed = make({ usePredictor: false });
    // A last layer of weight zero with a constant in its place: every projection is the same vector.
    const constant = { forward: () => ops.ones([BATCH, 16]) };
    Object.assign(collapsed, { projection: constant, targetProjection: constant });
    const outcome = collapsed.loss(viewsOf(collapsed));
    expect(outcome.loss!.item()).toBeCloseTo(0, 5);
    expect((outcome.metrics!.spread as Tensor).item()).toBeCloseTo(0, 5);
  });
});

describe('the target', () => {
  it('receives no gradient; the online network does', () => {
    const method = make();
    method.loss(viewsOf(method)).loss!.backward();
    for (const module of [method.targetBackbone, method.targetProjection])
      for (const parameter of module.parameters())
        expect([parameter.grad, parameter.requiresGrad]).toEqual([null, false]);
    for (const module of method.optimizerGroups()[0]!.modules)
      for (const [key, value] of module.namedParameters()) expect(value.grad, key).not.toBeNull();
  });

  it('control: without the stop-gradient the same loss pulls on the target too', () => {
    const gradient = (useStopGradient: boolean): number[] => {
      const method = make({ useStopGradient });
      method.loss(viewsOf(method)).loss!.backward();
      return method.projection.parameters()[0]!.grad!.toNumbers();
    };
    expect(gradient(false)).not.toEqual(gradient(true));
  });

  it('moves once for each step, by the decay of that step, and never touches the predictor', () => {
    const method = make({ decay: 0.8 });
    const { backbone, projection, targetBackbone, targetProjection } = method;
    const networks = { online: [backbone, projection], target: [targetBackbone, targetProjection] };
    const pick = (from: 'online' | 'target') => values(networks[from].flatMap((network) => network.parameters()));
    let expected = pick('target');
    for (let step = 0; step < 10; step++) {
      noGrad(() =>
        networks.online.forEach((network) => {
          for (const parameter of network.parameters()) parameter.mul_(1.03);
        }),
      );
      const decay = 1 - 0.2 * ((Math.cos((Math.PI * step) / 10) + 1) / 2);
      const online = pick('online');
      expected = expected.map((value, i) => decay * value + (1 - decay) * online[i]!);
      method.beforeStep({ ...PROGRESS, step: step + 1 });
    }
    pick('target').forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
  });

  it('gathers batch statistics of its own', () => {
    const method = make();
    const mean = (name: 'backbone' | 'targetBackbone') => method[name].stateDict().get('bn1.running_mean')!.toNumbers();
    method.beforeStep({ ...PROGRESS, step: 1 });
    expect(mean('targetBackbone').every((value) => value === 0)).toBe(true);
    method.loss(viewsOf(method));
    // Both networks have equal weights and saw both views, so both have gathered the same.
    expect(mean('targetBackbone')).toEqual(mean('backbone'));
  });
});

it('blurs view 1 and never solarizes it, and makes views of its own seed', () => {
  const method = make({ useBlur: true });
  const { images } = viewsOf(method);
  expect(images).toHaveLength(2);
  expect(values(images)).toEqual(values(viewsOf(method).images));
  // Noise loses most of its variance in a blur: view 1 of pure noise is always smoother than without.
  const rough = (useBlur: boolean) => {
    const [view] = viewsOf(make({ useBlur })).images;
    return view
      .narrow(3, 1, 15)
      .sub(view.narrow(3, 0, 15))
      .abs()
      .mean()
      .item();
  };
  expect(rough(true)).toBeLessThan(rough(false));
});

it('projects and predicts as in the official code: no bias in the last layers', () => {
  const method = make();
  const keys = [
    '0.weight',
    '1.weight',
    '1.bias',
    '1.running_mean',
    '1.running_var',
    '1.num_batches_tracked',
    '3.weight',
  ];
  expect([...method.projection.stateDict().keys()]).toEqual(keys);
  expect([...method.predictor!.stateDict().keys()]).toEqual(keys);
  expect(make({ usePredictor: false }).optimizerGroups()[0]!.modules).toHaveLength(2);
});

it('refuses bad options in one sentence', () => {
  expect(() => make({ decay: 2 })).toThrow(/a value of at most 1 for `decay`, received 2/);
  expect(() => make({ minimumScale: 0 })).toThrow(/a value of at least 0.01 for `minimumScale`, received 0/);
});

it('makes crops as large as `minimumScale` asks', () => {
  // A white disc in the middle of a black image: whole images show it alone, small crops of it may be all white or all black.
  const ramp = ops.arange(0, 16, 1, { dtype: 'float32' });
  const side = ramp.sub(7.5).square();
  const disc = side
    .view([16, 1])
    .add(side.view([1, 16]))
    .lt(25)
    .to('uint8')
    .mul(255);
  const samples = disc.expand([64, 3, 16, 16]).contiguous();
  const shares = (minimumScale: number): Tensor => {
    const method = make({ minimumScale });
    const [view] = noGrad(() => method.views({ ...batch, samples }, new Generator(5))).images;
    return view.mean([1, 2, 3]);
  };
  expect(shares(1).std().item()).toBeLessThan(shares(0.05).std().item() / 2);
});
