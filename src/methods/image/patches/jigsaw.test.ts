import { afterAll, describe, expect, it } from 'vitest';
import type { BackboneOptions } from '../../../backbones/backbone.js';
import { Generator, gradientsOf, noGrad, ops, type Tensor, tensor } from '../../../engine/index.js';
import type { Linear } from '../../../engine/nn/index.js';
import { buildMethod } from '../../../train/build.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import { parseMethodOptions } from '../../registry.js';
import { type Jigsaw, jigsaw } from './jigsaw.js';
import { inverseOf } from './permutations.js';

const made: Jigsaw[] = [];
afterAll(() => {
  for (const method of made) method.dispose();
});

function make(options: Record<string, unknown> = {}, side = 48, channels = 3): Jigsaw {
  // With mean 0 and standard deviation 1 the normalization by the data's statistics changes nothing.
  const spec = imageSpec(side, channels, { mean: [0], std: [1] });
  const small = { tileFeatures: 16, headSize: 16, ...options };
  const method = makeMethod<Jigsaw>(jigsaw, small, { spec, batchSize: 4, seed: 1 });
  made.push(method);
  return method;
}

const asBatch = (samples: Tensor) => ({ samples, indices: [...Array(samples.size(0)).keys()] });
const noise = (count: number, size = 48, channels = 3): Tensor =>
  ops
    .randint(0, 256, [count, channels, size, size], { generator: new Generator(4), dtype: 'uint8' })
    .to({ memoryFormat: 'channelsLast' });
const largest = (x: Tensor): number => x.abs().amax().item();

describe('views', () => {
  const plain = { tileSize: 16, channelJitter: 0, grayProbability: 0, useTileNorm: false };

  it('hold a puzzle that the inverse permutation solves bit for bit', () => {
    const method = make(plain);
    const samples = noise(6);
    const { tiles, labels } = method.views(asBatch(samples), new Generator(3)) as { tiles: Tensor; labels: Tensor };
    const set = method.permutations.toList() as number[][];
    const images = samples.to('float32').div(255);
    let moved = 0;
    for (const [i, label] of labels.toNumbers().entries()) {
      const inverse = inverseOf(set[label]!);
      const rows = [0, 1, 2].map((row) =>
        ops.cat(
          [0, 1, 2].map((column) => tiles.select(0, 9 * i + inverse[3 * row + column]!)),
          2,
        ),
      );
      expect(ops.cat(rows, 1).equal(images.select(0, i))).toBe(true);
      // Slot s shows cell permutation[s].
      const cell = set[label]![1]!;
      const expected = images
        .select(0, i)
        .narrow(1, 16 * Math.floor(cell / 3), 16)
        .narrow(2, 16 * (cell % 3), 16);
      expect(tiles.select(0, 9 * i + 1).equal(expected)).toBe(true);
      if (label !== 0) moved++;
    }
    expect(moved).toBeGreaterThan(0);
  });

  /** A picture whose pixels say in which column (or row) they stand, in every channel. */
  const ruler = (axis: 'column' | 'row', size: number): Tensor => {
    const line = ops.arange(0, size, 1, { dtype: 'uint8' });
    return (axis === 'column' ? line.view([1, 1, 1, size]) : line.view([1, 1, size, 1]))
      .expand([200, 3, size, size])
      .contiguous();
  };

  it.each(['column', 'row'] as const)(
    'cut each color of a tile inside its cell, shifted by at most the jitter: %s',
    (axis) => {
      const method = make({ tileSize: 12, channelJitter: 2, grayProbability: 0, useTileNorm: false }, 50);
      const views = method.views(asBatch(ruler(axis, 50)), new Generator(5)) as { tiles: Tensor; labels: Tensor };
      const set = method.permutations.toList() as number[][];
      const corners = views.tiles.select(2, 0).select(2, 0).mul(255).round().toList() as number[][]; // (9 N, 3)
      const labels = views.labels.toNumbers();
      const offsets = corners.map((channels, i) => {
        const cell = set[labels[Math.floor(i / 9)]!]![i % 9]!;
        const start = 16 * (axis === 'column' ? cell % 3 : Math.floor(cell / 3));
        return channels.map((value) => value - start);
      });
      // Cells of 16 in images of 50: the puzzle itself stands at 0 to 2, a tile of 12 at 0 to 4 of its cell.
      expect(new Set(offsets.flat())).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]));
      const spreads = offsets.map((channels) => Math.max(...channels) - Math.min(...channels));
      expect(new Set(spreads)).toEqual(new Set([0, 1, 2]));
    },
  );

  it('normalize each channel of each tile by itself', () => {
    const ramp = ops.arange(0, 48, 1, { dtype: 'float32' }).mul(5).view([1, 1, 1, 48]).expand([2, 3, 48, 48]);
    const { tiles } = make().views(asBatch(ramp.to('uint8')), new Generator(1)) as { tiles: Tensor };
    expect(largest(tiles.mean([2, 3]))).toBeLessThan(1e-5);
    expect(largest(tiles.square().mean([2, 3]).sub(1))).toBeLessThan(1e-4);
    // All tiles of a ramp look the same then: nothing is left that tells them apart.
    expect(largest(tiles.sub(tiles.narrow(0, 0, 1)))).toBeLessThan(1e-4);
    const raw = make({ useTileNorm: false }).views(asBatch(ramp.to('uint8')), new Generator(1)) as { tiles: Tensor };
    expect(largest(raw.tiles.sub(raw.tiles.narrow(0, 0, 1)))).toBeGreaterThan(0.3);
  });

  it('leave flat tiles at zero', () => {
    const { tiles } = make().views(asBatch(ops.full([2, 3, 48, 48], 77, { dtype: 'uint8' })), new Generator(1)) as {
      tiles: Tensor;
    };
    expect(largest(tiles)).toBeLessThan(1e-4);
  });

  it('take the color out of the asked share of images, however colors are shifted', () => {
    const method = make({ grayProbability: 0.3, channelJitter: 2, useTileNorm: false });
    const { tiles } = method.views(asBatch(noise(300)), new Generator(1)) as { tiles: Tensor };
    const [red, green] = tiles.unbind(1) as [Tensor, Tensor];
    const isGray = red.sub(green).abs().amax([1, 2]).lt(1e-6).view([300, 9]).to('float32').mean(1).toNumbers();
    expect(isGray.every((share) => share === 0 || share === 1)).toBe(true);
    expect(isGray.reduce((sum, share) => sum + share, 0) / 300).toBeCloseTo(0.3, 1);
  });

  it('use every permutation', () => {
    const { labels } = make().views(asBatch(noise(1, 48).expand([1000, 3, 48, 48])), new Generator(1)) as {
      labels: Tensor;
    };
    expect(new Set(labels.toNumbers()).size).toBe(64);
  });

  it('are made of gray images too', () => {
    const method = make({}, 48, 1);
    expect((method.views(asBatch(noise(2, 48, 1)), new Generator(1)).tiles as Tensor).shape).toEqual([18, 1, 12, 12]);
  });
});

describe('the network', () => {
  /** Which tiles reach the vector of tile 4 of the first puzzle. */
  function reached(method: Jigsaw): boolean[] {
    const { tiles } = method.views(asBatch(noise(2)), new Generator(1)) as { tiles: Tensor };
    const input = tiles.detach();
    input.requiresGrad = true;
    const vector = method.tower.forward(method.backbone.maps(input)).select(0, 4);
    const [gradient] = gradientsOf([vector.sum()], [input]);
    return gradient!
      .abs()
      .sum([1, 2, 3])
      .toNumbers()
      .map((value) => value > 0);
  }

  it('is context-free: the vector of a tile depends on that tile alone', () => {
    const method = make();
    expect(reached(method.eval())).toEqual(Array.from({ length: 18 }, (_, i) => i === 4));
  });

  it('control: batch statistics would carry something from tile to tile', () => {
    expect(reached(make().train()).filter(Boolean).length).toBeGreaterThan(1);
  });

  it('has the loss ln 64 when all answers are alike', () => {
    const method = make();
    const last = method.head.layers.at(-1) as Linear;
    noGrad(() => {
      last.weight.zero_();
      last.bias!.zero_();
    });
    expect(method.loss(method.views(asBatch(noise(3)), new Generator(1))).loss!.item()).toBeCloseTo(Math.log(64), 5);
  });

  it('sees the order of the tiles', () => {
    const method = make().eval();
    const { tiles } = method.views(asBatch(noise(1)), new Generator(1)) as { tiles: Tensor };
    const loss = (label: number) =>
      method.loss({
        tiles: method.shuffled(tiles, tensor([label], { dtype: 'int64' })),
        labels: tensor([0], { dtype: 'int64' }),
      });
    expect(loss(0).loss!.item()).not.toBe(loss(5).loss!.item());
  });

  it('keeps its permutations in the state dict', () => {
    const state = make({ permutationCount: 10, permutationRule: 'greedy-minimum', permutationSeed: 3 }).stateDict();
    expect(state.get('permutations')!.shape).toEqual([10, 9]);
  });
});

describe('sizes', () => {
  it('follow the image', () => {
    expect(make().cuts).toMatchObject({ cell: 16, tile: 12 });
    expect(make({}, 256).cuts).toMatchObject({ cell: 85, tile: 64 });
    expect(make({ cellSize: 75, tileSize: 64 }, 225).cuts).toMatchObject({ cell: 75, tile: 64 });
  });

  it("let CaffeNet's first convolution make strides of 2 on tiles as large as the paper's", () => {
    const chosen = (side: number, architecture: string, given: Record<string, unknown> = {}) => {
      let asked: Partial<BackboneOptions> = {};
      const options = parseMethodOptions(jigsaw, given, false);
      jigsaw.encoder({
        ...{ options, architecture, spec: imageSpec(side) },
        makeBackbone(overrides = {}) {
          asked = overrides;
          return undefined as never;
        },
      });
      return asked;
    };
    expect(chosen(255, 'caffenet')).toEqual({ imageSize: 64, stem: 'imagenet', conv1Stride: 2 });
    expect(chosen(255, 'caffenet', { conv1Stride: 4 })).toEqual({ imageSize: 64, stem: 'imagenet', conv1Stride: 4 });
    expect(chosen(255, 'resnet50')).toEqual({ imageSize: 64 });
    expect(chosen(96, 'caffenet')).toEqual({ imageSize: 24 });
  });

  it("make the paper's network", () => {
    const parsed = parseMethodOptions(jigsaw, { permutationCount: 1000, permutationRule: 'greedy-mean' }, false);
    const training = { backbone: 'caffenet', width: null, batchSize: 256, accumulate: 1 };
    const data = { count: 1, spec: imageSpec(255) };
    const method = buildMethod(jigsaw as never, parsed, training, data, { seed: 1, device: 'cpu' }) as Jigsaw;
    made.push(method);
    const maps = noGrad(() => method.backbone.maps(ops.zeros([1, 3, 64, 64])));
    expect(maps.shape).toEqual([1, 256, 6, 6]);
    const fc6 = 6 * 6 * 256 * 512 + 512;
    const fc7 = 9 * 512 * 4096 + 4096;
    const fc8 = 4096 * 1000 + 1000;
    expect(method.parameterCount() - method.backbone.parameterCount()).toBe(fc6 + fc7 + fc8);
  });

  it.each([
    [
      { cellSize: 17 },
      /^Expected images of at least 51 pixels a side for 3x3 cells for `imageSize`, received 48\. Take larger/,
    ],
    [{ tileSize: 17 }, /^Expected a tile of at most its cell of 16 pixels for `tileSize`, received 17/],
    [
      { permutationCount: 100 },
      /^Expected a whole number from 2 to 72 with the rule affine for `permutationCount`, received 100/,
    ],
  ])('are refused when they do not fit: %j', (options, sentence) => {
    expect(() => make(options)).toThrow(sentence);
  });

  it('are refused for images too small for tiles', () => {
    expect(() => make({}, 16)).toThrow(/^Jigsaw needs images of at least 32 pixels a side, received 16/);
  });
});
