import { describe, expect, it } from 'vitest';
import { Generator, gradientsOf, ops, type Tensor } from '../../../engine/index.js';
import { Adam } from '../../../engine/optim/index.js';
import { buildMethod } from '../../../train/build.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import { findMethod, parseMethodOptions } from '../../registry.js';
import { type ContextEncoder, contextEncoder } from './context-encoder.js';

const SPEC = imageSpec(16, 3, { mean: [0.5, 0.4, 0.3], std: [1, 1, 1] });
const make = (options: Record<string, unknown> = {}): ContextEncoder =>
  makeMethod(
    contextEncoder,
    { decoderWidth: 4, discriminatorWidth: 4, ...options },
    { spec: SPEC, architecture: 'alexnet', batchSize: 4 },
  );

const samples = (): Tensor => ops.randint(0, 256, [4, 3, 16, 16], { dtype: 'uint8', generator: new Generator(1) });
const batch = (images: Tensor) => ({ samples: images, indices: [0, 1, 2, 3] });
const MASKS = ['region', 'blocks', 'central'] as const;
type Seen = ReturnType<ContextEncoder['views']>;

describe.each(MASKS)('with a %s mask', (mask) => {
  it('sees nothing of what is hidden: other pixels there leave the input as it was', () => {
    const method = make({ mask, useFlip: false });
    const { hidden, input } = method.views(batch(samples()), new Generator(7));
    const changed = ops.where(hidden, samples().add(90), samples()); // uint8 wraps around
    const again = method.views(batch(changed), new Generator(7));
    expect(again.hidden.equal(hidden)).toBeTruthy();
    expect(again.input.equal(input)).toBeTruthy();
    expect(again.images.equal(method.encoder.prepare(samples()))).toBeFalsy();
  });

  it('fills the hole with the mean color and leaves the rest', () => {
    const method = make({ mask, useFlip: false });
    const { images, hidden, input } = method.views(batch(samples()), new Generator(7));
    const outside = hidden.logicalNot();
    expect(input.mul(outside).equal(images.mul(outside))).toBeTruthy();
    [0, -0.2, -0.4].forEach((value, channel) => {
      const inside = input.select(1, channel).maskedSelect(hidden.select(1, 0));
      expect(inside.sub(value).abs().amax().item()).toBeLessThan(1e-6);
    });
  });

  it('measures the error in the hole only', () => {
    const method = make({ mask }).eval();
    const views = method.views(batch(samples()), new Generator(7));
    const error = method.loss(views, 'generator').loss!.item();
    const elsewhere = ops.where(views.hidden, views.images, views.images.mul(-1));
    expect(method.loss({ ...views, images: elsewhere }, 'generator').loss!.item()).toBe(error);
    const inside = ops.where(views.hidden, views.images.mul(-1), views.images);
    expect(method.loss({ ...views, images: inside }, 'generator').loss!.item()).not.toBe(error);
  });

  it('fills and gives the rest of the image back as it was', () => {
    const method = make({ mask }).eval();
    const images = samples().to('float32').div(255);
    const { hidden } = method.views(batch(samples()), new Generator(7));
    const filled = method.fill(images, hidden);
    const outside = hidden.logicalNot();
    expect(filled.mul(outside).equal(images.mul(outside))).toBeTruthy();
    expect(filled.sub(images).abs().amax().item()).toBeGreaterThan(0.01);
    expect(method.generate(samples(), new Generator(7)).shape).toEqual([4, 3, 16, 16]);
  });
});

it.each(['region', 'blocks', 'central'] as const)('equals the formula, pixel by pixel, with a %s mask', (mask) => {
  const method = make({ mask }).eval();
  const views = method.views(batch(samples()), new Generator(7));
  const { loss, metrics } = method.loss(views, 'generator');
  // The painted pixels, from what the network fills in; outside of the hole it gives the image back.
  const filled = method.fill(views.images.add(1).div(2), views.hidden).mul(2).sub(1).toNumbers();
  const images = views.images.toNumbers();
  const hidden = views.hidden.expand([4, 3, 16, 16]).to('float32').toNumbers();
  let sum = 0;
  let count = 0;
  for (let i = 0; i < images.length; i++) {
    sum += (hidden[i]! * (images[i]! - filled[i]!)) ** 2;
    count += hidden[i]!;
  }
  expect(loss!.item()).toBeCloseTo(sum / count, 5);
  // On [0, 1] the squares are a quarter of those on [-1, 1].
  expect((metrics!.psnr as Tensor).item()).toBeCloseTo(-10 * Math.log10(sum / count / 4), 3);
});

it('has a reconstruction gradient of exactly zero outside of the hole, and not within', () => {
  const method = make({ mask: 'region' });
  const views = method.views(batch(samples()), new Generator(7));
  // A bias that every pixel of the output has for itself.
  const shift = ops.zeros([4, 3, 16, 16]);
  shift.requiresGrad = true;
  const forward = method.decoder.forward.bind(method.decoder);
  method.decoder.forward = (x) => forward(x).add(shift);
  const [gradient] = gradientsOf([method.loss(views, 'generator').loss!], [shift]);
  expect(gradient!.mul(views.hidden.logicalNot()).abs().amax().item()).toBe(0);
  expect(gradient!.mul(views.hidden).abs().amax().item()).toBeGreaterThan(0);
});

it('counts the visible edge of the central block tenfold', () => {
  const method = make({ mask: 'central', overlap: 1 }).eval();
  const views = method.views(batch(samples()), new Generator(7));
  expect(views.hidden.to('float32').sum().item()).toBe(4 * 36);
  method.decoder.output.weight.detach().zero_();
  method.decoder.output.bias!.detach().zero_();
  const block = views.images.narrow(2, 4, 8).narrow(3, 4, 8).square();
  const inner = views.images.narrow(2, 5, 6).narrow(3, 5, 6).square().sum().item();
  const all = block.sum().item();
  const literal = (inner + 10 * (all - inner)) / (4 * 3 * 64);
  expect(method.loss(views, 'generator').loss!.item()).toBeCloseTo(literal, 4);
});

describe('with a discriminator', () => {
  const value = (method: ContextEncoder, group: string, views: Seen): number => method.loss(views, group).loss!.item();

  it('has two optimizers, with the rates of the code: 2e-4 for all that learns from the judgment alone, else 2e-3', () => {
    const groups = (loss: string) =>
      make({ loss })
        .optimizerGroups()
        .map(({ name, learningRateFactor = 1 }) => [name, learningRateFactor]);
    expect(groups('l2')).toEqual([['generator', 1]]);
    expect(groups('joint')).toEqual([
      ['discriminator', 0.1],
      ['generator', 1],
    ]);
    expect(groups('adversarial')).toEqual([
      ['discriminator', 0.1],
      ['generator', 0.1],
    ]);
    expect(
      make({ loss: 'joint' })
        .optimizerGroups()
        .map(({ betas }) => betas),
    ).toEqual([
      [0.5, 0.999],
      [0.5, 0.999],
    ]);
  });

  it('starts at ln 2 while the discriminator says nothing', () => {
    const method = make({ loss: 'adversarial' });
    for (const weight of method.discriminator!.parameters()) if (weight.ndim === 4) weight.detach().zero_();
    const views = method.views(batch(samples()), new Generator(7));
    expect(value(method, 'discriminator', views)).toBeCloseTo(Math.LN2, 5);
    expect(value(method, 'generator', views)).toBeCloseTo(Math.LN2, 5);
  });

  it('is 0.999 of the error and 0.001 of the adversarial loss', () => {
    const at = (loss: string): number => {
      const method = make({ loss }).eval();
      return value(method, 'generator', method.views(batch(samples()), new Generator(7)) as Seen);
    };
    expect(at('joint')).toBeCloseTo(0.999 * at('l2') + 0.001 * at('adversarial'), 5);
  });

  it('sends no gradient from the discriminator to the painter, and moves each by its own optimizer', () => {
    const method = make({ loss: 'joint' });
    const views = method.views(batch(samples()), new Generator(7));
    method.zeroGrad();
    method.loss(views, 'discriminator').loss!.backward();
    const painter = [...method.backbone.parameters(), ...method.decoder.parameters()];
    expect(painter.every(({ grad }) => grad === null)).toBe(true);
    const snapshot = (tensors: Tensor[]): number => tensors.reduce((sum, x) => sum + x.abs().sum().item(), 0);
    for (const { name, modules } of method.optimizerGroups()) {
      const own = modules.flatMap((module) => module.parameters());
      const others = method.parameters().filter((parameter) => !own.includes(parameter));
      const before = [snapshot(own), snapshot(others)];
      const optimizer = new Adam(own, { learningRate: 1e-3 });
      method.zeroGrad();
      method.loss(views, name).loss!.backward();
      optimizer.step();
      expect(snapshot(own)).not.toBe(before[0]);
      expect(snapshot(others)).toBe(before[1]);
    }
  });

  it.each([
    ['central', [4, 3, 8, 8]],
    ['blocks', [4, 3, 16, 16]],
    ['region', [4, 3, 16, 16]],
  ] as const)('judges all of a central block, and the image around another hole: %s', (mask, shape) => {
    const method = make({ mask, loss: 'joint', overlap: mask === 'central' ? 1 : 0 });
    const views = method.views(batch(samples()), new Generator(7));
    const seen: Tensor[] = [];
    const forward = method.discriminator!.forward.bind(method.discriminator);
    method.discriminator!.forward = (x) => {
      seen.push(x);
      return forward(x);
    };
    expect(method.loss(views, 'discriminator').loss!.item()).toBeGreaterThan(0);
    const [real, made] = seen as [Tensor, Tensor];
    expect([real.shape, made.shape]).toEqual([shape, shape]);
    const images = mask === 'central' ? views.images.narrow(2, 4, 8).narrow(3, 4, 8) : views.images;
    expect(real.equal(images)).toBeTruthy();
    const differs = made.ne(real);
    // A central output differs everywhere, its visible edge included; else nothing differs outside of the holes.
    if (mask === 'central') expect(differs.to('float32').mean().item()).toBeGreaterThan(0.95);
    else expect(differs.mul(views.hidden.logicalNot()).sum().item()).toBe(0);
  });
});

it('has the published inpainting network at 128 pixels', () => {
  const method: ContextEncoder = makeMethod(
    contextEncoder,
    { mask: 'central', loss: 'joint', bottleneck: 'dense', bottleneckSize: 10, decoderWidth: 4, discriminatorWidth: 4 },
    { spec: imageSpec(128), architecture: 'dcgan', isSmall: false },
  );
  const shapes = (module: { stateDict(): Map<string, Tensor> }) =>
    [...module.stateDict().values()].filter(({ ndim }) => ndim === 4).map(({ shape }) => shape);
  expect(shapes(method.bottleneck)).toEqual([
    [10, 32, 4, 4],
    [10, 32, 4, 4],
  ]);
  expect(shapes(method.discriminator!).at(-1)).toEqual([1, 32, 4, 4]);
  const images = ops.rand([2, 3, 128, 128], { generator: new Generator(1) });
  expect(method.eval().generate(images, new Generator(1)).shape).toEqual([2, 3, 128, 128]);
});

it('reads pool5 of AlexNet, 6x6 positions, at 224 pixels', () => {
  const setting = { spec: imageSpec(224), architecture: 'caffenet', width: 6, isSmall: false };
  const method: ContextEncoder = makeMethod(contextEncoder, { decoderWidth: 4 }, setting);
  expect(method.bottleneck.stateDict().get('0.weight')!.shape).toEqual([16, 36, 36]);
  expect(method.eval().generate(ops.zeros([1, 3, 224, 224]), new Generator(0)).shape).toEqual([1, 3, 224, 224]);
});

it('paints gray images and fills central blocks of other shares', () => {
  const options = { mask: 'central', hiddenShare: 0.64, loss: 'joint' };
  const method: ContextEncoder = makeMethod(contextEncoder, options, { spec: imageSpec(20, 1), architecture: 'dcgan' });
  const images = ops.rand([2, 1, 20, 20], { generator: new Generator(1) });
  const { hidden } = method.views(batch(images), new Generator(0));
  expect(hidden.to('float32').sum([1, 2, 3]).toNumbers()).toEqual([256, 256]);
  expect(method.eval().generate(images, new Generator(0)).shape).toEqual([2, 1, 20, 20]);
});

describe('refuses', () => {
  it.each([
    [{ hiddenShare: 0.9 }, 'Expected a value of at most 0.7 for `hiddenShare`, received 0.9'],
    [{ hiddenShare: 0 }, 'Expected a value of at least 0.01 for `hiddenShare`, received 0'],
    [
      { mask: 'central', overlap: 4 },
      'a margin that leaves a pixel of the central block of 8 for `overlap`, received 4',
    ],
    [
      { mask: 'blocks', blocks: 65 },
      'at most 64 blocks, a pixel each, in images of 16 pixels for `blocks`, received 65',
    ],
    [{ bottleneckSize: 0 }, 'Expected a value of at least 1 for `bottleneckSize`, received 0'],
  ])('%j', (options, message) => {
    expect(() => make(options)).toThrow(message);
  });

  it('images that are too small', () => {
    const definition = findMethod('context-encoder');
    const training = { backbone: 'dcgan', width: 4, batchSize: 4, accumulate: 1 };
    const data = { count: 4, spec: imageSpec(6) };
    const options = parseMethodOptions(definition, {}, true);
    expect(() => buildMethod(definition, options, training, data, { seed: 0, device: 'cpu' })).toThrow(
      'Context encoder needs images of at least 8 pixels a side, received 6',
    );
  });

  it('a batch of one, in which a dense bottleneck has no variance', () => {
    const definition = findMethod('context-encoder');
    const options = parseMethodOptions(definition, { bottleneck: 'dense' }, true);
    const training = { backbone: 'alexnet', width: 4, batchSize: 4, accumulate: 4 };
    const data = { count: 4, spec: SPEC };
    expect(() => buildMethod(definition, options, training, data, { seed: 0, device: 'cpu' })).toThrow(
      'Context encoder needs at least 2 samples in a batch, received 1',
    );
  });

  it('masks of another size, another type, or holes that the network does not paint', () => {
    const method = make({ mask: 'central' }).eval();
    const images = ops.rand([2, 3, 16, 16]);
    const masks = (side: number): Tensor => ops.ones([2, 1, side, side], { dtype: 'bool' });
    expect(() => method.fill(images, masks(20))).toThrow(
      'Expected bool masks of shape (2, 1, 16, 16) for `hidden`, received bool[2, 1, 20, 20]',
    );
    expect(() => method.fill(images, ops.ones([2, 1, 16, 16]))).toThrow('Expected bool masks');
    expect(() => method.fill(images, masks(16))).toThrow(
      'Expected holes within the central block of 8 pixels a side, which this network paints, for `hidden`, received "384 pixels beyond it"',
    );
    expect(() => method.fill(ops.rand([2, 3, 20, 20]), masks(20))).toThrow('Expected images of shape (N, 3, 16, 16)');
  });
});
