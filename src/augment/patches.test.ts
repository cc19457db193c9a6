import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../engine/index.js';
import { cutPatches, type Offset, pixelate, pixelateEach, samplePixelSides } from './index.js';
import { channelsLast, randomImages } from './reference.test-util.js';

describe('cutPatches', () => {
  const places: Offset[] = [
    { top: 0, left: 0 },
    { top: 3, left: 5 },
    { top: 2, left: 1 },
    { top: 3, left: 4 },
    { top: 1, left: 5 },
    { top: 0, left: 2 },
  ];
  const oneByOne = (images: Tensor, side: number): Tensor =>
    ops.stack(
      places.map(({ top, left }, i) =>
        images
          .select(0, Math.floor(i / 3))
          .narrow(1, top, side)
          .narrow(2, left, side),
      ),
    );

  it.each(['planes', 'pixels'])('cuts exact pixels of any dtype from %s', (layout) => {
    for (const dtype of ['uint8', 'float32', 'int64'] as const) {
      const images = ops.randint(0, 256, [2, 3, 7, 9], { dtype });
      const given = layout === 'pixels' ? channelsLast(images) : images;
      const cut = cutPatches(given, places, 4);
      expect(cut.dtype).toBe(dtype);
      expect(cut.shape).toEqual([6, 3, 4, 4]);
      expect(cut.isContiguous('channelsLast')).toBe(true);
      expect(cut.toNumbers()).toEqual(oneByOne(images, 4).toNumbers());
    }
  });

  it('reads a batch that is a view of a larger one', () => {
    const images = ops.randint(0, 256, [5, 3, 7, 9], { dtype: 'uint8' });
    const part = channelsLast(images).narrow(0, 2, 2);
    expect(cutPatches(part, places, 4).toNumbers()).toEqual(oneByOne(images.narrow(0, 2, 2), 4).toNumbers());
  });

  it('refuses patches past the edge and a wrong number of places', () => {
    const images = ops.zeros([2, 3, 7, 9]);
    const at = (top: number, left: number) => () =>
      cutPatches(
        images,
        [
          { top, left },
          { top: 0, left: 0 },
        ],
        4,
      );
    for (const [top, left] of [
      [4, 0],
      [0, 6],
      [-1, 0],
      [0.5, 0],
    ] as const)
      expect(at(top, left)).toThrow(/^Expected patches of 4x4 inside 7x9 for `places`, received/);
    expect(() => cutPatches(images, places.slice(0, 3), 4)).toThrow(/the same number of places for each of 2 images/);
    expect(() => cutPatches(images, [], 4)).toThrow(/received "0 places"/);
  });
});

describe('pixelate', () => {
  it('downscales each image to its side and back up, as PyTorch resizes', () => {
    const images = randomImages([4, 3, 12, 12]);
    const sides = [12, 5, 11, 5];
    const done = pixelateEach(images, sides);
    for (const [i, side] of sides.entries()) {
      const image = images.narrow(0, i, 1);
      const small = ops.upsampleBilinear2dAa(image, [side, side], false);
      const expected = side === 12 ? image : ops.upsampleBilinear2dAa(small, [12, 12], false);
      const error = done.narrow(0, i, 1).sub(expected).abs().amax().item();
      if (side === 12) expect(error).toBe(0);
      else expect(error).toBeLessThan(1e-6);
    }
  });

  it('draws sides with a uniform number of pixels, with probability p', () => {
    const sides = samplePixelSides(20_000, 96, { smallest: 10 / 96, p: 0.33 }, new Generator(3));
    const changed = sides.filter((side) => side < 96);
    expect(Math.min(...changed)).toBe(10);
    expect(Math.max(...changed)).toBe(94);
    expect(changed.length / sides.length).toBeCloseTo(0.33, 1);
    // Half of the drawn areas lie below the middle of their range.
    const middle = Math.sqrt((10 ** 2 + 95 ** 2) / 2);
    expect(changed.filter((side) => side < middle).length / changed.length).toBeCloseTo(0.5, 1);
  });

  it('removes fine detail, but keeps constant images and coarse detail', () => {
    const checks = tensor(Array.from({ length: 256 }, (_, i) => (i + (i >> 4)) % 2)).view([1, 1, 16, 16]);
    expect(pixelateEach(checks, [8]).std().item()).toBeLessThan(0.05 * checks.std().item());
    const flat = ops.full([2, 3, 16, 16], 0.3, { dtype: 'float32' });
    expect(pixelate({ smallest: 0.2 })(flat, new Generator(1)).sub(flat).abs().amax().item()).toBeLessThan(1e-6);
    const halves = tensor(Array.from({ length: 256 }, (_, i) => (i % 16 < 8 ? 0 : 1))).view([1, 1, 16, 16]);
    expect(pixelateEach(halves, [8]).std().item()).toBeGreaterThan(0.9 * halves.std().item());
  });

  it('gives the same for the same seed in either memory format, and nothing at p = 0', () => {
    const images = randomImages([9, 3, 10, 10]);
    const run = (given: Tensor) => pixelate({ smallest: 0.3, p: 0.5 })(given, new Generator(2));
    expect(run(channelsLast(images)).isContiguous('channelsLast')).toBe(true);
    expect(run(channelsLast(images)).sub(run(images)).abs().amax().item()).toBeLessThan(1e-6);
    expect(pixelate({ smallest: 0.3, p: 0 })(images, new Generator(2)).equal(images)).toBe(true);
    expect(pixelate({ smallest: 0.5 })(ops.ones([2, 3, 1, 1]), new Generator(1)).toNumbers()).toEqual(Array(6).fill(1));
  });

  it('refuses invalid options', () => {
    expect(() => pixelate({ smallest: 2 })).toThrow(/a probability from 0 to 1 for `smallest`, received 2/);
    expect(() => pixelate({ smallest: 0.5 })(ops.zeros([1, 3, 4, 5]), new Generator(1))).toThrow(/square images/);
  });
});
