import { describe, expect, it } from 'vitest';
import { Generator, ops } from '../engine/index.js';
import { blurEach, gaussianBlur, gaussianNoise, sampleSigmas, sobel } from './filter.js';
import * as reference from './reference.test-util.js';
import { channelsLast, difference, expectShare, pixelsOf, randomImages } from './reference.test-util.js';

describe('gaussianBlur', () => {
  it.each([1, 3, 5, 9])('equals the slow version with %d taps', (taps) => {
    const images = randomImages([6, 3, 7, 9]);
    const sigmas = [0.1, null, 0.5, 1, 2, 100];
    const wanted = pixelsOf(images).map((image, i) => reference.gaussianBlur(image, sigmas[i]!, taps));
    expect(difference(blurEach(images, sigmas, taps), wanted)).toBeLessThan(2e-6);
    expect(difference(blurEach(channelsLast(images), sigmas, taps), wanted)).toBeLessThan(2e-6);
  });

  it('does not change unchosen images, nor any at a tiny sigma', () => {
    const images = randomImages([3, 3, 7, 7]);
    const blurred = blurEach(images, [null, 1e-30, 1], 5);
    expect(blurred.narrow(0, 0, 2).toNumbers()).toEqual(images.narrow(0, 0, 2).toNumbers());
    expect(blurred.select(0, 2).toNumbers()).not.toEqual(images.select(0, 2).toNumbers());
  });

  it('keeps a constant image, and draws sigma within its range with probability p', () => {
    const even = blurEach(ops.full([1, 3, 8, 8], 0.7), [1.3], 5);
    expect(even.sub(0.7).abs().max().item()).toBeLessThan(1e-6);
    const count = 4000;
    const sigmas = sampleSigmas(count, { sigma: [0.1, 2], p: 0.3 }, new Generator(0));
    const drawn = sigmas.filter((sigma) => sigma !== null);
    expectShare(drawn.length, count, 0.3);
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...drawn)).toBeLessThan(2);
    expectShare(drawn.filter((sigma) => sigma < 1.05).length, drawn.length, 0.5);
  });

  it('derives its length from the shorter side as SimCLR does, at least three taps', () => {
    for (const [side, taps] of [
      [12, 3],
      [32, 3],
      [60, 7],
      [70, 7],
    ] as const) {
      const images = randomImages([2, 1, side, side + 8]);
      const sigmas = sampleSigmas(2, { sigma: [0.1, 2], p: 1 }, new Generator(1));
      const result = gaussianBlur()(images, new Generator(1));
      expect(result.toNumbers()).toEqual(blurEach(images, sigmas, taps).toNumbers());
    }
    // 0.58 x 100 is 57.99999999999999 in floating point.
    const images = randomImages([1, 1, 100, 100]);
    const sigmas = sampleSigmas(1, { sigma: [9, 9.1], p: 1 }, new Generator(1));
    const result = gaussianBlur({ kernelFraction: 0.58, sigma: [9, 9.1] })(images, new Generator(1));
    expect(result.toNumbers()).toEqual(blurEach(images, sigmas, 59).toNumbers());
  });
});

describe('sobel', () => {
  it('equals the slow version for color and gray images', () => {
    for (const channels of [1, 3]) {
      const images = randomImages([3, channels, 7, 6]);
      expect(difference(sobel()(images), pixelsOf(images).map(reference.sobel))).toBeLessThan(2e-6);
    }
  });

  it('swaps its two channels when the image is transposed', () => {
    const images = randomImages([2, 3, 7, 7]);
    const swapped = sobel()(images.transpose(2, 3)).transpose(2, 3).flip([1]);
    expect(swapped.sub(sobel()(images)).abs().max().item()).toBeLessThan(1e-6);
  });
});

describe('gaussianNoise', () => {
  it('adds noise of the given deviation to images with probability p', () => {
    const images = ops.full([1000, 1, 8, 8], 0.5);
    const noisy = gaussianNoise({ std: 0.2, p: 0.3 })(images, new Generator(0)).sub(images);
    const energies = noisy.square().mean([1, 2, 3]).toNumbers();
    const changed = energies.filter((energy) => energy > 0);
    expectShare(changed.length, 1000, 0.3);
    const values = changed.length * 64;
    const variance = energies.reduce((sum, energy) => sum + energy, 0) / changed.length;
    expect(Math.abs(variance - 0.04)).toBeLessThan(3 * 0.04 * Math.sqrt(2 / values));
    const mean = noisy.sum().item() / values;
    expect(Math.abs(mean)).toBeLessThan(3 * (0.2 / Math.sqrt(values)));
  });
});
