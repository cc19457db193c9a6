import { describe, expect, it } from 'vitest';
import { Generator, type Tensor } from '../../engine/index.js';
import { AutodidactError } from '../../errors.js';
import { pixelsOf } from '../sources/source.js';
import { synthetic } from '../sources/synthetic.js';
import { paintObjects, sceneAxis } from './objects.js';
import { paintPattern } from './patterns.js';

const size = 48;
const channel = (images: Tensor, i: number): Tensor => images.select(1, i).to('float32');
const correlation = (a: Tensor, b: Tensor): number => {
  const [x, y] = [a.sub(a.mean()), b.sub(b.mean())];
  return x.mul(y).mean().div(x.square().mean().mul(y.square().mean()).sqrt()).item();
};

describe('chromatic aberration', () => {
  it('looks at another place of the scene the further from the center, red inwards and blue outwards', () => {
    const axis = sceneAxis(101, 0.01).toList() as number[][];
    expect(axis.map((row) => row[50])).toEqual([50.5, 50.5, 50.5]);
    expect(axis[1]![100]).toBe(100.5);
    expect(axis[0]![100]).toBeCloseTo(50.5 + 50 / 1.01, 4);
    expect(axis[2]![100]).toBeCloseTo(50.5 + 50 / 0.99, 4);
  });

  it('leaves green and changes only the edges of red and blue', () => {
    const paint = (chromaticAberration: number): Tensor =>
      paintObjects(2, { size, shapes: 'objects', hue: 'class', chromaticAberration }, new Generator(5));
    const [plain, fringed] = [paint(0), paint(0.02)];
    expect(channel(fringed, 1).equal(channel(plain, 1))).toBe(true);
    for (const i of [0, 2]) {
      const changed = channel(fringed, i).sub(channel(plain, i)).abs().gt(2).to('float32').mean().item();
      expect(changed).toBeGreaterThan(0.01);
      expect(changed).toBeLessThan(0.3);
    }
  });
});

describe('noise', () => {
  const paint = (options: { grain: number; chromaticAberration?: number }): Tensor =>
    paintPattern(400, { size, pattern: 'noise', ...options }, new Generator(3));

  it('is gray, and the same everywhere', () => {
    for (const grain of [0, 1]) {
      const images = paint({ grain });
      expect(images.shape).toEqual([400, 3, size, size]);
      expect([images.dtype, images.isContiguous('channelsLast')]).toEqual(['uint8', true]);
      expect(channel(images, 0).equal(channel(images, 2))).toBe(true);
      const deviation = channel(images, 0).std(0); // (S, S), about 0.15 x 255 at each pixel
      expect(deviation.mean().item()).toBeCloseTo(0.15 * 255, 0);
      // 400 draws leave 1 / sqrt(800) of the deviation to chance; five times that for the worst of 2,304 pixels.
      expect(deviation.amax().sub(deviation.amin()).item() / 38.25).toBeLessThan(10 / Math.sqrt(800));
    }
  });

  it('has independent pixels without grain and smooth ones with it', () => {
    const neighbors = (grain: number): number => {
      const images = channel(paint({ grain }), 0);
      return correlation(images.narrow(2, 0, size - 1), images.narrow(2, 1, size - 1));
    };
    expect(Math.abs(neighbors(0))).toBeLessThan(0.01);
    expect(neighbors(1)).toBeCloseTo(Math.exp(-1 / 4), 1); // a Gaussian of 1 pixel, seen from 1 pixel away
  });

  it('shows the lens in the relation of its colors, in no single one', () => {
    const images = paint({ grain: 1, chromaticAberration: 0.05 });
    const [red, green, blue] = [0, 1, 2].map((i) => channel(images, i)) as [Tensor, Tensor, Tensor];
    const part = (x: Tensor, left: number): Tensor => x.narrow(1, 20, 8).narrow(2, left, 8);
    expect(correlation(part(red, 20), part(blue, 20))).toBeGreaterThan(0.95);
    expect(correlation(part(red, 0), part(blue, 0))).toBeLessThan(0.7);
    expect(green.equal(channel(paint({ grain: 1 }), 1))).toBe(false); // a wider margin: other noise
    for (const one of [red, blue]) expect(part(one, 0).std().item() / part(one, 20).std().item()).toBeCloseTo(1, 1);
  });
});

it('ramps run evenly from one color to another', () => {
  const images = paintPattern(50, { size, pattern: 'gradients', grain: 0 }, new Generator(3)).to('float32');
  const slopes = (axis: number): Tensor => {
    const shift = images.narrow(axis, 24, 24).sub(images.narrow(axis, 0, 24)); // the same everywhere but for grain
    return shift.sub(shift.mean([2, 3], true));
  };
  for (const axis of [2, 3]) expect(slopes(axis).std().item()).toBeCloseTo(0.01 * 255 * Math.SQRT2, 0);
  expect(images.std([2, 3]).mean().item()).toBeGreaterThan(10);
});

describe('the source of generated images', () => {
  it('paints the parts that it promises', async () => {
    const source = await synthetic.open('objects?shapes=noise&count=210&test=5&size=16&grain=0', {});
    if (source.form !== 'pixels') throw new Error('expected pixels');
    expect(source.classes).toEqual(['noise']);
    let bytes = 0;
    for await (const piece of source.parts[0]!.pixels()) bytes += pixelsOf(piece).byteLength;
    expect(bytes).toBe(210 * 16 * 16 * 3);
    expect(new Set(source.parts[0]!.labels)).toEqual(new Set([0]));
  });

  it.each([
    [
      'shapes=gradients&chromaticAberration=0.1',
      /^Expected objects, discs or noise for `shapes`, received "gradients"/,
    ],
    ['shapes=noise&grain=0.2&chromaticAberration=0.1', /^Expected a grain of at least 0.7 with chromaticAberration/],
    ['chromaticAberration=2', /`chromaticAberration` does not fit/],
    ['chromaticAberation=1', /^Expected one of count, test, .*chromaticAberration/],
  ])('refuses %s', async (query, sentence) => {
    await expect(synthetic.open(`objects?${query}`, {})).rejects.toThrow(AutodidactError);
    await expect(synthetic.open(`objects?${query}`, {})).rejects.toThrow(sentence);
  });
});
