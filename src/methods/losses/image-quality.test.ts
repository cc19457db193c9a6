import { describe, expect, it } from 'vitest';
import { autocast, Generator, memory, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { decibels, luma, psnr, ssim, withoutBorder } from './image-quality.js';

const random = (shape: readonly number[], seed: number): Tensor => ops.rand(shape, { generator: new Generator(seed) });

/** Equation 13 of Wang et al. for one channel of one image, place by place, in double precision. */
function literalSsim(x: number[][], y: number[][]): number {
  const window: number[][] = [];
  let sum = 0;
  for (let i = -5; i <= 5; i++) {
    const row: number[] = [];
    for (let j = -5; j <= 5; j++) row.push(Math.exp(-(i * i + j * j) / (2 * 1.5 * 1.5)));
    window.push(row);
    sum += row.reduce((a, b) => a + b, 0);
  }
  let total = 0;
  let places = 0;
  for (let top = 0; top + 11 <= x.length; top++)
    for (let left = 0; left + 11 <= x[0]!.length; left++) {
      const mean = (value: (i: number, j: number) => number): number => {
        let result = 0;
        for (let i = 0; i < 11; i++)
          for (let j = 0; j < 11; j++) result += (window[i]![j]! / sum) * value(top + i, left + j);
        return result;
      };
      const mx = mean((i, j) => x[i]![j]!);
      const my = mean((i, j) => y[i]![j]!);
      const vx = mean((i, j) => (x[i]![j]! - mx) ** 2);
      const vy = mean((i, j) => (y[i]![j]! - my) ** 2);
      const covariance = mean((i, j) => (x[i]![j]! - mx) * (y[i]![j]! - my));
      const [c1, c2] = [0.01 ** 2, 0.03 ** 2];
      total += ((2 * mx * my + c1) * (2 * covariance + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2));
      places++;
    }
  return total / places;
}

const planes = (images: Tensor): number[][][] => {
  const [, , height, width] = images.shape as [number, number, number, number];
  const values = images.flatten().toNumbers();
  return Array.from({ length: values.length / (height * width) }, (_, k) =>
    Array.from({ length: height }, (__, i) => values.slice((k * height + i) * width, (k * height + i + 1) * width)),
  );
};

describe('psnr', () => {
  it('of images that differ by a constant d is -20 log10 d', () => {
    const images = random([3, 2, 5, 7], 1).mul(0.5);
    for (const difference of [0.5, 0.1, 0.01])
      for (const value of psnr(images, images.add(difference)).toNumbers())
        expect(value).toBeCloseTo(-20 * Math.log10(difference), 3);
  });

  it('is that of each image alone', () => {
    const [x, y] = [random([2, 3, 8, 8], 1), random([2, 3, 8, 8], 2)];
    const [a, b] = [x.flatten(1).toList(), y.flatten(1).toList()] as [number[][], number[][]];
    const literal = a.map((row, i) => {
      const squares = row.map((value, j) => (value - b[i]![j]!) ** 2);
      return 10 * Math.log10(1 / (squares.reduce((sum, square) => sum + square, 0) / row.length));
    });
    psnr(x, y)
      .toNumbers()
      .forEach((value, i) => {
        expect(value).toBeCloseTo(literal[i]!, 4);
      });
  });

  it('of equal images is 100 dB', () => {
    const images = random([1, 1, 4, 4], 3);
    expect(psnr(images, images).item()).toBeCloseTo(100, 4);
    expect(
      decibels(tensor([1, 0.1, 0.01]))
        .toNumbers()
        .map((value) => Math.round(value * 1e4) / 1e4),
    ).toEqual([-0, 10, 20]);
  });
});

describe('ssim', () => {
  it.each([
    [1, 11, 11],
    [1, 13, 19],
    [3, 16, 12],
  ])('agrees with the formula on %i channels of %i x %i', (channels, height, width) => {
    const x = random([2, channels, height, width], 4);
    for (const y of [random(x.shape, 5), x.mul(0.8).add(0.1), x.lerp(random(x.shape, 6), 0.2), x.mul(-1).add(1)]) {
      const [a, b] = [planes(x), planes(y)];
      const literal = [0, 1].map((i) => {
        const parts = Array.from({ length: channels }, (_, c) =>
          literalSsim(a[i * channels + c]!, b[i * channels + c]!),
        );
        return parts.reduce((sum, part) => sum + part, 0) / channels;
      });
      ssim(x, y)
        .toNumbers()
        .forEach((value, i) => {
          expect(value).toBeCloseTo(literal[i]!, 4);
        });
    }
  });

  it('is 1 for equal images, the same in both directions, and less the more noise there is', () => {
    const x = random([2, 1, 20, 20], 7);
    for (const value of ssim(x, x).toNumbers()) expect(value).toBeCloseTo(1, 5);
    const noise = ops.randn(x.shape, { generator: new Generator(8) });
    const [little, much] = [0.05, 0.2].map((strength) => x.add(noise.mul(strength)));
    expect(ssim(x, little!).toNumbers()).toEqual(ssim(little!, x).toNumbers());
    expect(ssim(x, little!).mean().item()).toBeGreaterThan(ssim(x, much!).mean().item());
  });

  it('is computed in full precision inside autocast', () => {
    const [x, y] = [random([1, 1, 16, 16], 1), random([1, 1, 16, 16], 2)];
    expect(autocast('cpu', 'bfloat16', () => ssim(x, y).item())).toBe(ssim(x, y).item());
  });

  it('refuses images smaller than its window, and leaves nothing behind', () => {
    expect(() => ssim(random([1, 1, 10, 20], 1), random([1, 1, 10, 20], 2))).toThrow('images of at least 11x11');
    const x = random([1, 1, 16, 16], 1);
    const before = memory().tensors;
    scope(() => void ssim(x, x).item());
    expect(memory().tensors).toBe(before);
  });
});

describe('luma', () => {
  it('runs from 16 to 235 of 255 and weighs green most', () => {
    const colors = tensor([0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1], { shape: [5, 3, 1, 1] });
    const values = luma(colors).mul(255).flatten().toNumbers();
    [16, 235, 81.481, 144.553, 40.966].forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 3);
    });
  });

  it('leaves gray images as they are', () => {
    const gray = random([2, 1, 3, 3], 1);
    expect(luma(gray)).toBe(gray);
    expect(() => luma(random([2, 2, 3, 3], 1))).toThrow('images of one or three channels');
  });
});

it('removes a border', () => {
  const images = ops.arange(0, 30).view([1, 1, 5, 6]);
  expect(withoutBorder(images, 2).flatten().toNumbers()).toEqual([14, 15]);
  expect(withoutBorder(images, 0).equal(images)).toBe(true);
});
