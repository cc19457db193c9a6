import { describe, expect, it } from 'vitest';
import { Bench, bits, temporaryFolder, tinyImages, tinyTraining } from '../../../../tests/support/tiny.js';
import { Generator, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { AutodidactError } from '../../../errors.js';
import { type SyntheticImagery, syntheticImagery } from './synthetic-imagery.js';

const folder = temporaryFolder();
const color = await tinyImages(folder, 'count=40&test=10&size=32');
const OPTIONS = { scenes: 16, trunkWidth: 8, headWidth: 8, discriminatorWidth: 8, poolSize: 4 };

const bench = (options: Record<string, unknown> = {}, dataset = color) =>
  new Bench(syntheticImagery, dataset, tinyTraining(syntheticImagery), { ...OPTIONS, ...options });
const methodOf = ({ method }: Bench): SyntheticImagery => method as SyntheticImagery;
const viewsOf = (made: Bench, seed = 3) =>
  noGrad(() => made.method.views(made.batch([0, 1, 2, 3, 4, 5, 6, 7]), new Generator(seed)));
const gradientOf = (parameters: Tensor[]): number =>
  parameters.reduce((sum, { grad }) => sum + (grad?.abs().sum().item() ?? 0), 0);

describe('the turns', () => {
  it('leaves the backbone and the heads untouched while the discriminator learns', () => {
    const made = bench();
    const method = methodOf(made);
    const views = viewsOf(made);
    method.loss(views, 'tasks');
    const others = [method.backbone, method.heads];
    const before = others.map((module) => bits(module.stateDict()));
    const discriminator = bits(method.discriminator.stateDict());
    method.zeroGrad();
    method.loss(views, 'discriminator').loss!.backward();
    expect(gradientOf(others.flatMap((module) => module.parameters()))).toBe(0);
    made.state.optimizers.get('discriminator')!.step();
    // Weights and running statistics of every batch norm, bit by bit.
    expect(others.map((module) => bits(module.stateDict()))).toEqual(before);
    expect(bits(method.discriminator.stateDict())).not.toBe(discriminator);
    made.dispose();
  });

  it('gives no gradient of the tasks to the real images, nor one of being told apart', () => {
    const made = bench();
    const method = methodOf(made);
    const views = viewsOf(made);
    const [real, scenes] = [views.real as Tensor, views.scenes as Tensor];
    real.requiresGrad = true;
    scenes.requiresGrad = true;
    const { loss } = method.loss(views, 'tasks');
    loss!.backward();
    expect(real.grad).toBeNull();
    expect(scenes.grad!.abs().sum().item()).toBeGreaterThan(0);
    // Other real images change no bit of the loss.
    const other = viewsOf(made);
    other.real = ops.randn(real.shape, { generator: new Generator(8) });
    const again = bench();
    expect(methodOf(again).loss(other, 'tasks').loss!.item()).toBe(loss!.item());
    for (const each of [made, again]) each.dispose();
  });

  it('pushes the backbone towards maps that the discriminator takes for real, unless the weight is 0', () => {
    const gradient = (domainWeight: number): number => {
      const made = bench({ domainWeight, depthWeight: 0, normalWeight: 0, contourWeight: 0 });
      methodOf(made).loss(viewsOf(made), 'tasks').loss!.backward();
      const sum = gradientOf(made.method.backbone.parameters());
      made.dispose();
      return sum;
    };
    expect(gradient(0.05)).toBeGreaterThan(0);
    expect(gradient(0)).toBe(0);
  });

  it('shows the discriminator the maps that the tasks have made, and remembers them', () => {
    const made = bench();
    const method = methodOf(made);
    const views = viewsOf(made);
    method.loss(views, 'tasks');
    const [rendered] = views.maps as [Tensor, Tensor];
    method.loss(views, 'discriminator');
    expect(method.renderedPool.maps.abs().sum().item()).toBe(0);
    method.afterStep(views);
    expect(
      method.renderedPool.maps
        .sub(rendered.narrow(0, 0, 4))
        .abs()
        .max()
        .item(),
    ).toBe(0);
    expect(method.realPool.maps.abs().sum().item()).toBeGreaterThan(0);
    made.dispose();
  });

  it('starts the discriminator near ln 2', () => {
    const made = bench();
    const { loss } = methodOf(made).loss(viewsOf(made), 'discriminator');
    expect(loss!.item()).toBeCloseTo(Math.LN2, 0);
    made.dispose();
  });
});

describe('the views', () => {
  it('shows one channel of each image, the same in all three', () => {
    const made = bench();
    const views = viewsOf(made);
    for (const name of ['scenes', 'real']) {
      const images = views[name] as Tensor;
      expect(images.shape).toEqual([8, 3, 32, 32]);
      expect(
        images
          .sub(images.narrow(1, 0, 1))
          .abs()
          .max()
          .item(),
      ).toBe(0);
    }
    // Every channel has its turn.
    const { mean, std } = methodOf(made).data;
    const all = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / 3;
    const samples = made.batch([0, 1, 2, 3, 4, 5, 6, 7]).samples.to('float32').div(255);
    const chosen = new Set<number>();
    for (let seed = 0; seed < 4; seed++) {
      const gray = (viewsOf(made, seed).real as Tensor).narrow(1, 0, 1).mul(all(std)).add(all(mean));
      for (let i = 0; i < 8; i++) {
        const distance = samples.select(0, i).sub(gray.select(0, i)).abs().amax([1, 2]).toNumbers();
        chosen.add(distance.findIndex((value) => value < 1e-4));
      }
    }
    expect(chosen).toEqual(new Set([0, 1, 2]));
    made.dispose();
  });

  it('draws scenes out of a stock, or new ones without end', () => {
    const different = (scenes: number | null): number => {
      const made = bench({ scenes });
      const depths = [0, 1, 2, 3].flatMap((seed) =>
        (viewsOf(made, seed).logDepth as Tensor).sum([1, 2, 3]).toNumbers(),
      );
      made.dispose();
      return new Set(depths.map((depth) => depth.toFixed(2))).size;
    };
    expect(different(4)).toBe(4);
    expect(different(null)).toBe(32);
  });

  it('learns from gray images too, as they are', async () => {
    const { openImages } = await import('../../../data/index.js');
    const gray = await openImages('synthetic:objects?count=40&test=0&size=32', { cacheFolder: folder, channels: 1 });
    const made = bench({}, gray);
    expect((viewsOf(made).scenes as Tensor).shape).toEqual([8, 1, 32, 32]);
    expect(Number.isFinite(made.step().loss)).toBe(true);
    expect(methodOf(made).preview(made.batch([0, 1]), new Generator(1))).toHaveLength(2);
    made.dispose();
  });

  it('refuses images that are too small for scenes, and options out of range', async () => {
    const small = await tinyImages(folder);
    expect(() => bench({}, small)).toThrow(/at least 32 pixels a side, received 16/);
    expect(() => bench({ objects: 13 })).toThrow(AutodidactError);
    expect(() => bench({ scaleInvariance: 2 })).toThrow(/scaleInvariance/);
  });
});

it('describes images in meters, unit normals and probabilities', () => {
  const made = bench();
  // Batch statistics first: untrained, the outputs have hardly any length.
  for (let i = 0; i < 3; i++) made.step();
  const method = methodOf(made);
  method.eval();
  const { depth, normals, contours } = method.describe(made.batch([0, 1, 2]).samples);
  expect([depth, normals, contours].map(({ shape }) => shape)).toEqual([
    [3, 1, 32, 32],
    [3, 3, 32, 32],
    [3, 1, 32, 32],
  ]);
  expect(depth.min().item()).toBeGreaterThan(0);
  expect(normals.square().sum([1]).sub(1).abs().max().item()).toBeLessThan(1e-5);
  expect(contours.amin().item()).toBeGreaterThan(0);
  expect(contours.amax().item()).toBeLessThan(1);
  made.dispose();
});
