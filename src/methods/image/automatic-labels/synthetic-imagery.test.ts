import { describe, expect, it } from 'vitest';
import { Bench, bits, temporaryFolder, tinyImages, tinyTraining } from '../../../../tests/support/tiny.js';
import { decodeGeometry } from '../../../data/geometry-coding.js';
import { type Dataset, type ImageDataset, openImages } from '../../../data/index.js';
import { PairDataset } from '../../../data/pair-dataset.js';
import { Generator, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { AutodidactError } from '../../../errors.js';
import { findMethod } from '../../registry.js';
import type { SyntheticImagery } from './synthetic-imagery.js';

const folder = temporaryFolder();
const color = await tinyImages(folder, 'count=40&test=10&size=32');
const OPTIONS = { scenes: 16, trunkWidth: 8, headWidth: 8, discriminatorWidth: 8, poolSize: 4 };

const definition = findMethod('synthetic-imagery');
const bench = (options: Record<string, unknown> = {}, dataset: Dataset = color) =>
  new Bench(definition, dataset, tinyTraining(definition), { ...OPTIONS, ...options });
const methodOf = ({ method }: Bench): SyntheticImagery => method as unknown as SyntheticImagery;
const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];
const viewsOf = (made: Bench, seed = 3, indices: readonly number[] = EIGHT) =>
  noGrad(() => methodOf(made).views(made.batch(indices), new Generator(seed)));
const gradientOf = (parameters: Tensor[]): number =>
  parameters.reduce((sum, { grad }) => sum + (grad?.abs().sum().item() ?? 0), 0);

describe('the two optimizers', () => {
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
    const { real, scenes } = views;
    real.requiresGrad = true;
    scenes.requiresGrad = true;
    const { loss } = method.loss(views, 'tasks');
    loss!.backward();
    expect(real.grad).toBeNull();
    expect(scenes.grad!.abs().sum().item()).toBeGreaterThan(0);
    // Other real images change no bit of the loss.
    const other = { ...viewsOf(made), real: ops.randn(real.shape, { generator: new Generator(8) }) };
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

  it('shows the discriminator the maps that the tasks have made, and the pools take them in after the step', () => {
    const made = bench();
    const method = methodOf(made);
    const views = viewsOf(made);
    const forward = method.backbone.maps.bind(method.backbone);
    const maps: Tensor[] = [];
    method.backbone.maps = (x) => {
      maps.push(forward(x));
      return maps.at(-1)!;
    };
    method.loss(views, 'tasks');
    expect(maps).toHaveLength(2);
    const { carry } = method.loss(views, 'discriminator');
    expect(maps).toHaveLength(2);
    carry!.maps.forEach((map, i) => void expect(map.equal(maps[i]!)).toBe(true));
    expect(carry!.maps.some(({ requiresGrad }) => requiresGrad)).toBe(false);
    expect(method.renderedPool.maps.abs().sum().item()).toBe(0);
    method.afterStep([carry!]);
    expect(method.renderedPool.maps.equal(maps[0]!.narrow(0, 0, 4))).toBe(true);
    expect(method.realPool.maps.equal(maps[1]!.narrow(0, 0, 4))).toBe(true);
    made.dispose();
  });

  it('fills the pools alike with two micro-batches and with one of all', () => {
    const pools = (parts: readonly (readonly number[])[]): string => {
      const made = bench({ poolSize: 6 });
      const method = methodOf(made);
      method.eval(); // no batch statistics, which differ between parts
      const all = viewsOf(made);
      const carries = parts.map((part) => {
        const cut = (values: Tensor): Tensor => values.narrow(0, part[0]!, part.length);
        const views = { ...all, scenes: cut(all.scenes), real: cut(all.real) };
        const exchanges = { isOld: all.isOld.map(cut), slots: all.slots.map(cut) } as unknown as typeof all;
        return method.loss({ ...views, isOld: exchanges.isOld, slots: exchanges.slots }, 'discriminator').carry!;
      });
      expect(carries.map(({ maps }) => maps[0].size(0))).toEqual(parts.map(({ length }) => length));
      method.afterStep(carries);
      const state = [method.renderedPool, method.realPool].map((pool) => bits(pool.stateDict())).join();
      expect(method.renderedPool.maps.abs().sum([1, 2, 3]).gt(0).sum().item()).toBe(6);
      made.dispose();
      return state;
    };
    expect(pools([EIGHT.slice(0, 4), EIGHT.slice(4)])).toBe(pools([EIGHT]));
  });

  it('lets the discriminator pay for real maps that it takes for rendered ones, and the other way round', () => {
    const made = bench();
    const method = methodOf(made);
    const views = viewsOf(made);
    const [rendered, real] = noGrad(() => [method.backbone.maps(views.scenes), method.backbone.maps(views.real)]);
    const verdicts = (maps: Tensor): Tensor => noGrad(() => method.discriminator.forward(maps));
    const [forReal, forRendered] = [verdicts(real!).neg().softplus().mean(), verdicts(rendered!).softplus().mean()];
    const { loss } = method.loss(views, 'discriminator');
    expect(loss!.item()).toBeCloseTo((forReal.item() + forRendered.item()) / 2, 5);
    // Turned around it would be another.
    const turned = verdicts(rendered!).neg().softplus().mean().add(verdicts(real!).softplus().mean()).div(2);
    expect(Math.abs(turned.item() - loss!.item())).toBeGreaterThan(1e-4);
    made.dispose();
  });

  it('adds the losses of the tasks by their weights', () => {
    const weights = { depthWeight: 5, normalWeight: 10, contourWeight: 3, domainWeight: 0.5 };
    const none = { depthWeight: 0, normalWeight: 0, contourWeight: 0, domainWeight: 0 };
    const outcome = (given: Record<string, number>) => {
      const made = bench({ ...none, ...given });
      const { loss, metrics } = methodOf(made).loss(viewsOf(made), 'tasks');
      const values = {
        loss: loss!.item(),
        ...Object.fromEntries(
          Object.entries(metrics!).map(([k, v]) => [k, Number(v instanceof Object ? v.item() : v)]),
        ),
      };
      made.dispose();
      return values as Record<'loss' | 'depth' | 'contours' | 'angle', number>;
    };
    const [depth, normals, contours, domain] = Object.keys(weights).map((name) => outcome({ [name]: 1 }).loss);
    const all = outcome(weights);
    expect(all.loss).toBeCloseTo(5 * depth! + 10 * normals! + 3 * contours! + 0.5 * domain!, 3);
    expect([depth, contours]).toEqual([all.depth, all.contours]);
    expect(domain).toBeCloseTo(Math.LN2, 0);
    // Normals of random directions: 1 - cos is near 1 - cos(angle).
    expect(normals).toBeCloseTo(1 - Math.cos((all.angle * Math.PI) / 180), 0);
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
    for (const images of [views.scenes, views.real]) {
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
    const { mean, std } = color.spec;
    const all = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / 3;
    const samples = made.batch(EIGHT).samples.to('float32').div(255);
    const chosen = new Set<number>();
    for (let seed = 0; seed < 4; seed++) {
      const gray = viewsOf(made, seed).real.narrow(1, 0, 1).mul(all(std)).add(all(mean));
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
      const depths = [0, 1, 2, 3].flatMap((seed) => viewsOf(made, seed).logDepth.sum([1, 2, 3]).toNumbers());
      made.dispose();
      return new Set(depths.map((depth) => depth.toFixed(2))).size;
    };
    expect(different(4)).toBe(4);
    expect(different(null)).toBe(32);
  });

  it('learns from gray images too, as they are', async () => {
    const gray = await openImages('synthetic:objects?count=40&test=0&size=32', { cacheFolder: folder, channels: 1 });
    const made = bench({}, gray);
    expect(viewsOf(made).scenes.shape).toEqual([8, 1, 32, 32]);
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

describe('with rendered and real images in pairs', () => {
  const SCENES = 'synthetic:scenes?count=12&test=0&size=32&form=geometry';
  const open = (spec: string): Promise<ImageDataset> => openImages(spec, { cacheFolder: folder });
  const pairsOf = async (channels?: 1): Promise<PairDataset> => {
    const images = await openImages('synthetic:objects?count=30&test=0&size=32', { cacheFolder: folder, channels });
    return PairDataset.of(await open(SCENES), images);
  };

  it('takes the scenes and their geometry from the first side and the real images from the second', async () => {
    const pairs = await pairsOf();
    expect([pairs.spec.isAligned, pairs.count]).toEqual([false, 30]);
    const made = bench({}, pairs);
    const views = viewsOf(made, 3, [0, 1, 13, 29]);
    const truth = decodeGeometry((await open(SCENES)).batch([0, 1, 1, 5]));
    expect(views.normals.equal(truth.normals)).toBe(true);
    expect(views.contours.equal(truth.contours)).toBe(true);
    expect(views.logDepth.equal(truth.depth.log())).toBe(true);
    const { mean, std } = pairs.second.spec as ImageDataset['spec'];
    const all = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / 3;
    for (const [seen, originals] of [
      [views.scenes, truth.images],
      [views.real, (pairs.second as ImageDataset).batch([0, 1, 13, 29])],
    ] as const) {
      const gray = seen.narrow(1, 0, 1).mul(all(std)).add(all(mean));
      const distance = originals.to('float32').div(255).sub(gray).abs().amax([2, 3]); // (N, C)
      expect(distance.amin(1).amax().item()).toBeLessThan(1e-5);
    }
    made.dispose();
  });

  it('has an encoder of the second side, learns, and shows both', async () => {
    const pairs = await pairsOf();
    const made = bench({}, pairs);
    const { encoder } = methodOf(made);
    expect(encoder.spec).toEqual(pairs.second.spec);
    expect(pairs.seenBy(encoder.spec)).toBe(pairs.second);
    const images = (pairs.second as ImageDataset).batch([0, 1]);
    expect(encoder.prepare(images).shape).toEqual([2, 3, 32, 32]);
    const before = bits(encoder.backbone.stateDict());
    expect(Number.isFinite(made.step().loss)).toBe(true);
    expect(bits(encoder.backbone.stateDict())).not.toBe(before);
    methodOf(made).eval();
    const sheets = noGrad(() => methodOf(made).preview(made.batch([0, 1, 2]), new Generator(1)));
    expect(sheets.map(({ rows }) => rows.length)).toEqual([3, 3]);
    const [scene] = sheets[0]!.rows[1]!;
    const truth = (await open(SCENES)).batch([1]).select(0, 0).narrow(0, 0, 3).to('float32').div(255);
    expect(scene!.image!.sub(truth).abs().amax().item()).toBeLessThan(1e-6);
    made.dispose();
  });

  it('learns from gray real images beside scenes in color', async () => {
    const made = bench({}, await pairsOf(1));
    expect(viewsOf(made).scenes.shape).toEqual([8, 1, 32, 32]);
    expect(Number.isFinite(made.step().loss)).toBe(true);
    made.dispose();
  });

  it('takes sides that happen to have the same names, too', async () => {
    const pairs = PairDataset.of(await open(SCENES), await open('synthetic:objects?count=12&test=0&size=32'));
    expect(pairs.spec.isAligned).toBe(true);
    const made = bench({}, pairs);
    expect(Number.isFinite(made.step().loss)).toBe(true);
    made.dispose();
  });

  it.each([
    [
      'sides the wrong way round',
      'synthetic:objects?count=9&test=0&size=32',
      SCENES,
      'On the first side, Synthetic imagery learns from images in color with geometry (depth, normals, contours), received images in color. Give a folder',
    ],
    [
      'scenes on both sides',
      SCENES,
      SCENES,
      'On the second side, Synthetic imagery learns from images in gray or color, received images in color with geometry',
    ],
    [
      'sides of two sizes',
      SCENES,
      'synthetic:objects?count=9&test=0&size=48',
      'Expected both sides of a pair in one size',
    ],
    [
      'scenes that are too small',
      'synthetic:scenes?count=4&test=0&size=16&form=geometry',
      'synthetic:objects?count=9&test=0&size=16',
      'On the first side, Synthetic imagery needs images of at least 32 pixels a side',
    ],
  ])('refuses %s', async (_, first, second, message) => {
    const pairs = PairDataset.of(await open(first), await open(second));
    expect(() => bench({}, pairs)).toThrow(message);
  });
});
