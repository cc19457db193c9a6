import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor, tensor } from '../engine/index.js';
import { colorize, labOf, labToRgb, rgbToLab, splitLab, subsample } from './lab.js';

const pixel = (rgb: readonly number[]): Tensor => tensor([...rgb], { shape: [1, 3, 1, 1] });
const largest = (x: Tensor): number => x.abs().amax().item();

/** The conversion as CIE and IEC 61966-2-1 write it, in double precision. */
function literalLab(rgb: readonly number[]): number[] {
  const [r, g, b] = rgb.map((c) => (c > 0.04045 ? ((c + 0.055) / 1.055) ** 2.4 : c / 12.92)) as [
    number,
    number,
    number,
  ];
  const rows = [
    [0.412453, 0.35758, 0.180423],
    [0.212671, 0.71516, 0.072169],
    [0.019334, 0.119193, 0.950227],
  ] as const;
  const [x, y, z] = rows.map(([p, q, s]) => {
    const t = (p * r + q * g + s * b) / (p + q + s);
    return t > 0.008856451679 ? Math.cbrt(t) : 7.787037037 * t + 16 / 116;
  }) as [number, number, number];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

describe('rgbToLab', () => {
  it.each([
    ['red', [1, 0, 0], [53.24, 80.09, 67.2]],
    ['green', [0, 1, 0], [87.73, -86.18, 83.18]],
    ['blue', [0, 0, 1], [32.3, 79.2, -107.86]],
    ['white', [1, 1, 1], [100, 0, 0]],
    ['black', [0, 0, 0], [0, 0, 0]],
  ])('gives the published values of %s', (_, rgb, lab) => {
    const given = rgbToLab(pixel(rgb)).toNumbers();
    for (const [i, value] of lab.entries()) expect(Math.abs(given[i]! - value)).toBeLessThan(0.03);
  });

  it('equals the formula, dark colors included', () => {
    const colors = [
      [0.2, 0.5, 0.9],
      [0.01, 0.02, 0.005],
      [0.03, 0.04, 0.05],
      [0.9, 0.1, 0.4],
      [0.6, 0.6, 0.6],
    ];
    for (const rgb of colors) {
      const given = rgbToLab(pixel(rgb)).toNumbers();
      for (const [i, value] of literalLab(rgb).entries()) expect(given[i]).toBeCloseTo(value, 3);
    }
  });

  it('gives grays no color', () => {
    const grays = ops.linspace(0, 1, 50).view([50, 1, 1, 1]).expand([50, 3, 1, 1]);
    expect(largest(rgbToLab(grays).narrow(1, 1, 2))).toBeLessThan(1e-3);
  });

  it('comes back, whatever the memory format', () => {
    const images = ops.rand([4, 3, 16, 16], { generator: new Generator(1) });
    expect(largest(labToRgb(rgbToLab(images)).sub(images))).toBeLessThan(1e-3);
    const interleaved = images.to({ memoryFormat: 'channelsLast' });
    expect(largest(rgbToLab(interleaved).sub(rgbToLab(images)))).toBe(0);
  });

  it('refuses images of another shape', () => {
    expect(() => rgbToLab(ops.zeros([1, 1, 4, 4]))).toThrow(/images of shape \(N, 3, H, W\)/);
  });
});

it('keeps colors that no screen can show within [0, 1]', () => {
  const rgb = labToRgb(tensor([50, 110, -110], { shape: [1, 3, 1, 1] }));
  expect(rgb.amin().item()).toBeGreaterThanOrEqual(0);
  expect(rgb.amax().item()).toBeLessThanOrEqual(1);
});

it('colorize puts the true colors back and keeps the lightness', () => {
  const images = ops
    .rand([2, 3, 8, 8], { generator: new Generator(2) })
    .mul(0.2)
    .add(0.4);
  const { lightness, ab } = splitLab(rgbToLab(images));
  expect(largest(colorize(lightness, ab).sub(images))).toBeLessThan(1e-3);
  const coarse = colorize(lightness, subsample(ab, 4).mul(0.1));
  expect(largest(splitLab(rgbToLab(coarse)).lightness.sub(lightness))).toBeLessThan(0.01);
});

it('subsample takes every n-th pixel, from the first', () => {
  const map = ops.arange(0, 25, 1, { dtype: 'float32' }).view([1, 1, 5, 5]);
  expect(subsample(map, 2).toNumbers()).toEqual([0, 2, 4, 10, 12, 14, 20, 22, 24]);
});

it('labOf takes uint8 and gray images', () => {
  const gray = ops.full([1, 1, 2, 2], 128, { dtype: 'uint8' });
  expect(labOf(gray).shape).toEqual([1, 3, 2, 2]);
  expect(labOf(gray).select(1, 0).amax().item()).toBeCloseTo(literalLab([128 / 255, 128 / 255, 128 / 255])[0]!, 3);
});
