import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bits, temporaryFolder } from '../../../../tests/support/tiny.js';
import { resize } from '../../../augment/index.js';
import { createBackbone } from '../../../backbones/registry.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../../engine/index.js';
import { Adam } from '../../../engine/optim/index.js';
import { writeSafetensors } from '../../../engine/safetensors.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import { type SuperResolution, superResolution } from './super-resolution.js';

const folder = temporaryFolder();
const SRGAN = { stage: 1 };

interface Setting {
  imageSize?: number;
  channels?: number;
  backbone?: string;
  assets?: ReadonlyMap<string, Uint8Array>;
}

function make(given: Record<string, unknown> = {}, setting: Setting = {}): SuperResolution {
  const { imageSize = 24, channels = 3, backbone: architecture = 'srresnet', assets } = setting;
  const values = Array<number>(channels).fill(0.4);
  const spec = imageSpec(imageSize, channels, { mean: values, std: values });
  const options = { blocks: 1, tailWidth: 4, discriminatorWidth: 2, ...given };
  return makeMethod(superResolution, options, { spec, architecture, batchSize: 4, ...(assets ? { assets } : {}) });
}

const samples = (side = 24, channels = 3, count = 4): Tensor =>
  ops.randint(0, 256, [count, channels, side, side], { dtype: 'uint8', generator: new Generator(1) });
const batch = (images: Tensor) => ({ samples: images, indices: [0, 1, 2, 3] });
const viewsOf = (method: SuperResolution, images = samples()) => method.views(batch(images), new Generator(3));

/** One step of an optimizer over the group's modules. */
function step(method: SuperResolution, group: string, stage: number): void {
  const { modules } = method.optimizerGroups(stage).find(({ name }) => name === group)!;
  const parameters = modules.flatMap((module) => module.parameters());
  const optimizer = new Adam(parameters, { learningRate: 1e-3 });
  method.zeroGrad();
  method.loss(viewsOf(method), group, { stage }).loss!.backward();
  optimizer.step();
  optimizer.dispose();
}

describe('views', () => {
  it('are exact crops with their antialiased bicubic small versions', () => {
    const images = samples(40);
    const { large, small, bicubic } = viewsOf(make({ cropSize: 24 }, { imageSize: 40 }), images);
    expect([large.shape, small.shape, bicubic.shape]).toEqual([
      [4, 3, 24, 24],
      [4, 3, 12, 12],
      [4, 3, 24, 24],
    ]);
    const truth = images.to('float32').div(255);
    const places = new Set<string>();
    for (let i = 0; i < 4; i++) {
      const fits = [...Array(17 * 17).keys()].filter((place) => {
        const [top, left] = [Math.floor(place / 17), place % 17];
        return truth.select(0, i).narrow(1, top, 24).narrow(2, left, 24).equal(large.select(0, i));
      });
      expect(fits).toHaveLength(1);
      places.add(String(fits[0]));
    }
    expect(places.size).toBeGreaterThan(1);
    expect(small.equal(resize({ size: 12 })(large))).toBe(true);
    expect(bicubic.equal(resize({ size: 24 })(small))).toBe(true);
  });

  it('are whole images where the crop is larger', () => {
    expect(viewsOf(make()).large.equal(samples().to('float32').div(255))).toBe(true);
  });
});

describe('the loss of SRResNet', () => {
  it('is the mean square of what bicubic interpolation misses, before the first step of a network with the skip', () => {
    const method = make();
    const views = viewsOf(method);
    const { loss, metrics } = method.loss(views, 'generator', { stage: 0 });
    const literal = views.bicubic.mul(2).sub(views.large.mul(2)).square().mean().item();
    expect(loss!.item()).toBeCloseTo(literal, 5);
    expect((metrics!.psnr as Tensor).item()).toBeCloseTo((metrics!.psnrBicubic as Tensor).item(), 4);
    expect((metrics!.ssim as Tensor).item()).toBeCloseTo((metrics!.ssimBicubic as Tensor).item(), 5);
  });

  it('is the mean squared error on pixels in [-1, 1]', () => {
    const method = make({ useBicubicSkip: false }).eval();
    const views = viewsOf(method);
    const painted = method.tail.forward(method.backbone.maps(views.small));
    const literal = painted.sub(views.large.mul(2).sub(1)).square().mean().item();
    expect(method.loss(views, 'generator', { stage: 0 }).loss!.item()).toBeCloseTo(literal, 6);
  });

  it('measures PSNR on the Y channel without a border of as many pixels as the factor', () => {
    const method = make({ factor: 4 }, { imageSize: 20 }).eval();
    const views = viewsOf(method, samples(20));
    const y = (images: Tensor): number[] =>
      images
        .mul(ops.stack([65.481, 128.553, 24.966].map((value) => ops.full([1, 1], value / 255))).unsqueeze(0))
        .sum([1])
        .slice(1, 4, 16)
        .slice(2, 4, 16)
        .flatten(1)
        .toList() as unknown as number[];
    const [a, b] = [y(views.large), y(views.bicubic)] as unknown as [number[][], number[][]];
    const ratios = a.map((row, i) => {
      const error = row.reduce((sum, value, j) => sum + (value - b[i]![j]!) ** 2, 0) / row.length;
      return -10 * Math.log10(error);
    });
    const { metrics } = method.loss(views, 'generator', { stage: 0 });
    expect((metrics!.psnrBicubic as Tensor).item()).toBeCloseTo(ratios.reduce((sum, value) => sum + value, 0) / 4, 3);
  });
});

describe('the losses of SRGAN', () => {
  it.each(['features', 'pixels'] as const)('of the generator are those of the formula, with content %s', (content) => {
    const weights = { contentWeight: 0.7, adversarialWeight: 0.2 };
    const method = make({ content, useBicubicSkip: false, ...weights }).eval();
    const views = viewsOf(method);
    const painted = method.tail.forward(method.backbone.maps(views.small));
    const phi = (images: Tensor): number[] => method.content!.forward(images).flatten().toNumbers();
    const squares = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value * value, 0) / values.length;
    let ofContent: number;
    if (content === 'features') {
      const [made, truth] = [phi(painted.add(1).div(2)), phi(views.large)];
      ofContent = squares(made.map((value, i) => value - truth[i]!)) / squares(truth);
    } else ofContent = painted.sub(views.large.mul(2).sub(1)).square().mean().item();
    const logits = method.discriminator!.forward(painted).toNumbers();
    const adversarial = logits.reduce((sum, logit) => sum + Math.log1p(Math.exp(-logit)), 0) / logits.length;
    const { loss, metrics } = method.loss(views, 'generator', SRGAN);
    expect((metrics!.adversarial as Tensor).item()).toBeCloseTo(adversarial, 5);
    expect((metrics!.content as Tensor).item()).toBeCloseTo(ofContent, 4);
    expect(loss!.item()).toBeCloseTo(0.7 * ofContent + 0.2 * adversarial, 4);
  });

  it('of the discriminator is ln 2 for equal logits of 0, starts near it, and is that of the formula', () => {
    const method = make();
    const views = viewsOf(method);
    const before = method.loss(views, 'discriminator', SRGAN).loss!.item();
    expect(Math.abs(before - Math.LN2)).toBeLessThan(0.1);
    method.eval();
    const real = method.discriminator!.forward(views.large.mul(2).sub(1)).toNumbers();
    const made = method.discriminator!.forward(views.bicubic.mul(2).sub(1)).toNumbers();
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const literal =
      (mean(real.map((logit) => Math.log1p(Math.exp(-logit)))) +
        mean(made.map((logit) => Math.log1p(Math.exp(logit))))) /
      2;
    expect(method.loss(views, 'discriminator', SRGAN).loss!.item()).toBeCloseTo(literal, 5);
    const output = method.discriminator!.layers.at(-1)!;
    noGrad(() => output.parameters().forEach((value) => void value.zero_()));
    expect(method.loss(views, 'discriminator', SRGAN).loss!.item()).toBeCloseTo(Math.LN2, 6);
  });

  it('move the one network and leave the other, and never the content network', () => {
    const method = make({ useBicubicSkip: false });
    const { discriminator, content, tail } = method;
    const state = (modules: readonly { parameters(): Tensor[] }[]): string =>
      bits(
        new Map(modules.flatMap((module, k) => module.parameters().map((value, i) => [`${k}.${i}`, value] as const))),
      );
    const generator = [method.backbone, tail];
    const frozen = bits(content!.stateDict());
    const [g0, d0] = [state(generator), state([discriminator!])];
    step(method, 'discriminator', 1);
    const d1 = state([discriminator!]);
    expect([state(generator) === g0, d1 === d0]).toEqual([true, false]);
    step(method, 'generator', 1);
    expect([state(generator) === g0, state([discriminator!]) === d1]).toEqual([false, true]);
    step(method, 'generator', 0);
    expect(bits(content!.stateDict())).toBe(frozen);
    expect(content!.parameters().every((value) => value.grad === null)).toBe(true);
  });
});

it('has the content network in the checkpoint', () => {
  const keys = [...make().stateDict().keys()].filter((key) => key.startsWith('content.'));
  expect(keys).toEqual([
    'content.mean',
    'content.std',
    ...['0', '2', '5', '7'].map((i) => `content.network.${i}.weight`),
  ]);
});

it('makes its encoder again from the files of the run, also when the encoder is gone', () => {
  const path = join(folder, 'encoder.safetensors');
  const encoder = createBackbone('resnet18', { inputChannels: 3, imageSize: 24, width: 2 });
  const { architecture, options } = encoder;
  const preparation = JSON.stringify({ mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] });
  writeSafetensors(path, encoder.stateDict(), { architecture, options: JSON.stringify(options), preparation });
  const first = make({ encoder: path });
  rmSync(path);
  expect(existsSync(path)).toBe(false);
  expect(() => make({ encoder: path })).toThrow('no such file or folder');
  const again = make({ encoder: path }, { assets: first.assets() });
  again.loadStateDict(first.stateDict());
  const images = ops.rand([2, 3, 24, 24]);
  expect(again.content!.forward(images).equal(first.content!.forward(images))).toBe(true);
  expect([...again.assets().keys()]).toEqual([...first.assets().keys()]);
});

it('has two stages, with the discriminator in the second only', () => {
  const names = (method: SuperResolution, stage: number): string[] =>
    method.optimizerGroups(stage).map(({ name }) => name);
  const both = make({ ganShare: 0.25 });
  expect(both.stages).toEqual([
    { name: 'srresnet', share: 0.75 },
    { name: 'srgan', share: 0.25 },
  ]);
  expect([names(both, 0), names(both, 1)]).toEqual([['generator'], ['discriminator', 'generator']]);
  const alone = make({ ganShare: 0 });
  expect(alone.stages).toEqual([{ name: 'srresnet', share: 1 }]);
  expect([alone.discriminator, alone.content]).toEqual([null, null]);
  const sequence = bits(alone.tail.stateDict());
  expect(bits(both.tail.stateDict())).toBe(sequence);
});

it('paints the same in training and in evaluation once its batch statistics have settled', () => {
  scope(() => {
    const method = make({ useBicubicSkip: false });
    const { small } = viewsOf(method, samples(24, 3, 4));
    const paint = (): Tensor => noGrad(() => method.tail.forward(method.backbone.maps(small)));
    for (let i = 0; i < 100; i++) paint();
    const inTraining = paint();
    method.eval();
    expect(paint().sub(inTraining).abs().max().item()).toBeLessThan(1e-2);
  });
});

describe('generate', () => {
  it.each([
    [2, [1, 3, 9, 14]],
    [4, [2, 3, 8, 5]],
  ] as const)('enlarges by %i images of any size', (factor, shape) => {
    const method = make({ factor }).eval();
    const images = ops.randint(0, 256, shape, { dtype: 'uint8' });
    const large = method.generate(images);
    expect(large.shape).toEqual([shape[0], 3, factor * shape[2], factor * shape[3]]);
    const bicubic = resize({ size: [factor * shape[2], factor * shape[3]] })(images);
    expect(large.sub(bicubic).abs().max().item()).toBeLessThan(1e-5); // the network is untrained
    expect(method.generate(images.to('float32').div(255)).sub(large).abs().max().item()).toBeLessThan(1e-5);
  });

  it('says when another backbone cannot enlarge images of this size', () => {
    const method = make({}, { backbone: 'resnet18', imageSize: 32 }).eval();
    expect(method.generate(ops.rand([1, 3, 16, 24])).shape).toEqual([1, 3, 32, 48]);
    expect(() => method.generate(ops.rand([1, 3, 16, 20]))).toThrow(
      'resnet18 leads from images of 16x20 to 32x48 instead of 32x40',
    );
  });
});

describe('settings that do not fit are refused in one sentence:', () => {
  it.each([
    ['an indivisible image', { factor: 4 }, { imageSize: 30 }, 'a multiple of the factor 4, received 30 pixels'],
    [
      'an indivisible crop',
      { cropSize: 23 },
      {},
      'Expected crops whose side is a multiple of the factor 2, received 23',
    ],
    ['a small image', { factor: 4 }, { imageSize: 16 }, 'by 4 needs images of at least 20 pixels a side, received 16'],
    ['a small crop', { cropSize: 14 }, {}, 'by 2 needs crops of at least 16 pixels a side, received 14'],
    [
      'maps that no doubling leads to the image',
      {},
      { backbone: 'resnet18' },
      'resnet18 makes maps of 2 pixels a side',
    ],
  ] as const)('%s', (_, given, setting, message) => {
    expect(() => make(given, setting)).toThrow(message);
  });
});

it.each(['srresnet', 'alexnet', 'resnet18'])('learns gray images with %s', (backbone) => {
  const method = make({ ganShare: 1 }, { backbone, channels: 1, imageSize: 32 });
  const outcome = method.loss(viewsOf(method, samples(32, 1)), 'generator', SRGAN);
  outcome.loss!.backward();
  expect(method.tail.output.weight.grad!.abs().sum().item()).toBeGreaterThan(0);
});
