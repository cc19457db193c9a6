import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../../backbones/registry.js';
import { Generator, gradientsOf, manualSeed, ops, type Tensor } from '../../../engine/index.js';
import { Adam } from '../../../engine/optim/index.js';
import { parseOptions } from '../../registry.js';
import { type ContextEncoder, contextEncoder } from './context-encoder.js';

function make(options: Record<string, unknown> = {}): ContextEncoder {
  manualSeed(0);
  const backbone = createBackbone('alexnet', { inputChannels: 3, imageSize: 16, width: 4 });
  const data = { count: 4, channels: 3, imageSize: 16, mean: [0.5, 0.4, 0.3], std: [1, 1, 1] };
  const parsed = parseOptions(contextEncoder, { decoderWidth: 4, discriminatorWidth: 4, ...options }, true);
  return contextEncoder.create({ options: parsed, backbone, data, batchSize: 4 }) as ContextEncoder;
}

const samples = (): Tensor => ops.randint(0, 256, [4, 3, 16, 16], { dtype: 'uint8', generator: new Generator(1) });
const batch = (images: Tensor) => ({ samples: images, indices: [0, 1, 2, 3], domains: {} });
const MASKS = ['region', 'blocks', 'central'] as const;
type Seen = Record<'images' | 'hidden' | 'input', Tensor>;

describe.each(MASKS)('with a %s mask', (mask) => {
  it('sees nothing of what is hidden: other pixels there leave the input as it was', () => {
    const method = make({ mask, useFlip: false });
    const { hidden, input } = method.views(batch(samples()), new Generator(7)) as Seen;
    const changed = ops.where(hidden, samples().add(90), samples()); // uint8 wraps around
    const again = method.views(batch(changed), new Generator(7)) as Seen;
    expect(again.hidden.equal(hidden)).toBeTruthy();
    expect(again.input.equal(input)).toBeTruthy();
    expect(again.images.equal(method.prepare(samples()))).toBeFalsy();
  });

  it('fills the hole with the mean colour and leaves the rest', () => {
    const method = make({ mask, useFlip: false });
    const { images, hidden, input } = method.views(batch(samples()), new Generator(7)) as Seen;
    const outside = hidden.logicalNot();
    expect(input.mul(outside).equal(images.mul(outside))).toBeTruthy();
    [0, -0.2, -0.4].forEach((value, channel) => {
      const inside = input.select(1, channel).maskedSelect(hidden.select(1, 0));
      expect(inside.sub(value).abs().amax().item()).toBeLessThan(1e-6);
    });
  });

  it('measures the error in the hole only', () => {
    const method = make({ mask }).eval();
    const views = method.views(batch(samples()), new Generator(7)) as Seen;
    const error = method.loss(views, 'main').loss!.item();
    const elsewhere = ops.where(views.hidden, views.images, views.images.mul(-1));
    expect(method.loss({ ...views, images: elsewhere }, 'main').loss!.item()).toBe(error);
    const inside = ops.where(views.hidden, views.images.mul(-1), views.images);
    expect(method.loss({ ...views, images: inside }, 'main').loss!.item()).not.toBe(error);
  });

  it('fills and gives the rest of the image back as it was', () => {
    const method = make({ mask }).eval();
    const images = samples().to('float32').div(255);
    const { hidden } = method.views(batch(samples()), new Generator(7)) as Seen;
    const filled = method.fill(images, hidden);
    const outside = hidden.logicalNot();
    expect(filled.mul(outside).equal(images.mul(outside))).toBeTruthy();
    expect(filled.sub(images).abs().amax().item()).toBeGreaterThan(0.01);
    expect(method.generate(samples(), new Generator(7)).shape).toEqual([4, 3, 16, 16]);
  });
});

it('has a reconstruction gradient of exactly zero outside of the hole, and not within', () => {
  const method = make({ mask: 'region' });
  const views = method.views(batch(samples()), new Generator(7)) as Seen;
  // A bias that every pixel of the output has for itself.
  const shift = ops.zeros([4, 3, 16, 16]);
  shift.requiresGrad = true;
  const forward = method.decoder.forward.bind(method.decoder);
  method.decoder.forward = (x) => forward(x).add(shift);
  const [gradient] = gradientsOf([method.loss(views, 'main').loss!], [shift]);
  expect(gradient!.mul(views.hidden.logicalNot()).abs().amax().item()).toBe(0);
  expect(gradient!.mul(views.hidden).abs().amax().item()).toBeGreaterThan(0);
});

it('counts the visible edge of the central block tenfold', () => {
  const method = make({ mask: 'central', overlap: 1 }).eval();
  const views = method.views(batch(samples()), new Generator(7)) as Seen;
  expect(views.hidden.to('float32').sum().item()).toBe(4 * 36);
  method.decoder.output.weight.detach().zero_();
  method.decoder.output.bias!.detach().zero_();
  const block = views.images.narrow(2, 4, 8).narrow(3, 4, 8).square();
  const inner = views.images.narrow(2, 5, 6).narrow(3, 5, 6).square().sum().item();
  const all = block.sum().item();
  const literal = (inner + 10 * (all - inner)) / (4 * 3 * (36 + 10 * 28));
  expect(method.loss(views, 'main').loss!.item()).toBeCloseTo(literal, 4);
});

describe('with a discriminator', () => {
  const value = (method: ContextEncoder, turn: string, views: Seen): number => method.loss(views, turn).loss!.item();

  it('takes two turns: the discriminator at a tenth of the rate in the joint loss', () => {
    expect(
      make()
        .turns()
        .map(({ name }) => name),
    ).toEqual(['main']);
    const [first, second] = make({ loss: 'joint' }).turns();
    expect([first!.name, first!.learningRateFactor, first!.betas]).toEqual(['discriminator', 0.1, [0.5, 0.999]]);
    expect([second!.name, second!.learningRateFactor]).toEqual(['generator', undefined]);
    expect(make({ loss: 'adversarial' }).turns()[0]!.learningRateFactor).toBe(1);
  });

  it('starts at ln 2 while the discriminator says nothing', () => {
    const method = make({ loss: 'adversarial' });
    for (const weight of method.discriminator!.parameters()) if (weight.ndim === 4) weight.detach().zero_();
    const views = method.views(batch(samples()), new Generator(7)) as Seen;
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

  it('sends no gradient from the discriminator to the painter, and moves each in its own turn', () => {
    const method = make({ loss: 'joint' });
    const views = method.views(batch(samples()), new Generator(7)) as Seen;
    method.zeroGrad();
    method.loss(views, 'discriminator').loss!.backward();
    const painter = [...method.backbone.parameters(), ...method.decoder.parameters()];
    expect(painter.every(({ grad }) => grad === null)).toBe(true);
    const snapshot = (tensors: Tensor[]): number => tensors.reduce((sum, x) => sum + x.abs().sum().item(), 0);
    for (const { name, modules } of method.turns()) {
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

  it.each(MASKS)('judges the painted part for a %s mask', (mask) => {
    const method = make({ mask, loss: 'joint' });
    const outcome = method.loss(method.views(batch(samples()), new Generator(7)), 'discriminator');
    expect(outcome.loss!.item()).toBeGreaterThan(0);
  });
});
