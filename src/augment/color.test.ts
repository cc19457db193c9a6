import { describe, expect, it } from 'vitest';
import { Generator, ops, tensor } from '../engine/index.js';
import {
  applyColorSteps,
  type ColorOperation,
  type ColorStep,
  colorJitter,
  colorRanges,
  grayChosen,
  grayscale,
  normalize,
  sampleColorSteps,
  solarize,
  solarizeChosen,
} from './color.js';
import * as reference from './reference.test-util.js';
import { channelsLast, difference, expectShare, pixelsOf, randomImages } from './reference.test-util.js';
import { sampleChosen } from './transform.js';

const operations: ColorOperation[] = ['brightness', 'contrast', 'saturation', 'hue'];
const strong = { brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2 };

/** Corner cases of hue formulas: gray, black, white, pure colors, two equal channels. */
const corners = tensor([0, 0.5, 1].flatMap((r) => [0, 0.5, 1].flatMap((g) => [0, 0.5, 1].map((b) => [r, g, b]))))
  .view([27, 3, 1, 1])
  .expand([27, 3, 2, 2]);

describe('applyColorSteps', () => {
  it.each(operations)('equals the slow version for %s', (operation) => {
    const images = ops.cat([randomImages([11, 3, 6, 5]), randomImages([5, 3, 6, 5], 1).mul(1e-3)]);
    const steps = Array.from({ length: 16 }, (_, i): ColorStep[] => [
      { operation, amount: operation === 'hue' ? (i - 8) / 16 : i / 8 },
    ]);
    const wanted = pixelsOf(images).map((image, i) => reference.applyColorSteps(image, steps[i]!));
    expect(difference(applyColorSteps(images, steps), wanted)).toBeLessThan(2e-6);
    expect(difference(applyColorSteps(channelsLast(images), steps), wanted)).toBeLessThan(2e-6);
  });

  it.each([-0.5, -0.3, -1 / 6, 0, 0.05, 1 / 3, 0.5])('shifts the hue of all corner colors by %d', (amount) => {
    const steps = Array.from({ length: 27 }, (): ColorStep[] => [{ operation: 'hue', amount }]);
    const wanted = pixelsOf(corners).map((image) => reference.turnHue(image, amount));
    expect(difference(applyColorSteps(corners, steps), wanted)).toBeLessThan(2e-6);
  });

  it('applies several operations in the order of each image', () => {
    const count = 40;
    const images = randomImages([count, 3, 6, 5]);
    const steps = sampleColorSteps(count, colorRanges(strong), 0.9, new Generator(3));
    const wanted = pixelsOf(images).map((image, i) => reference.applyColorSteps(image, steps[i]!));
    expect(difference(applyColorSteps(images, steps), wanted)).toBeLessThan(1e-5);
    // Control: the reverse order gives another image.
    const reversed = pixelsOf(images).map((image, i) => reference.applyColorSteps(image, [...steps[i]!].reverse()));
    expect(difference(applyColorSteps(images, steps), reversed)).toBeGreaterThan(0.1);
  });

  it('gives gray images brightness and contrast only', () => {
    const images = randomImages([8, 1, 6, 5]);
    const steps = sampleColorSteps(8, colorRanges(strong), 1, new Generator(3));
    const wanted = pixelsOf(images).map((image, i) => reference.applyColorSteps(image, steps[i]!));
    expect(difference(applyColorSteps(images, steps), wanted)).toBeLessThan(1e-5);
    const color = steps.map((list) =>
      list.filter(({ operation }) => operation === 'hue' || operation === 'saturation'),
    );
    expect(applyColorSteps(images, color).toNumbers()).toEqual(images.toNumbers());
  });

  it('does not change images at neutral amounts', () => {
    const images = randomImages([4, 3, 6, 5]);
    const neutral = operations.map((operation): ColorStep => ({ operation, amount: operation === 'hue' ? 0 : 1 }));
    const [b, c, s, h] = neutral;
    const exact = applyColorSteps(images, [[b!], [c!], [s!], []]);
    expect(exact.toNumbers()).toEqual(images.toNumbers());
    expect(difference(applyColorSteps(images, [[h!], [h!], [h!], [h!]]), pixelsOf(images))).toBeLessThan(5e-7);
  });

  it('returns to the start after a full turn', () => {
    const images = randomImages([1, 3, 6, 5]);
    const turn = (amount: number, times: number): ColorStep[] => Array(times).fill({ operation: 'hue', amount });
    for (const steps of [turn(1 / 6, 6), turn(-1 / 3, 6), turn(0.5, 2)])
      expect(difference(applyColorSteps(images, [steps]), pixelsOf(images))).toBeLessThan(5e-6);
    // A third of a turn moves red to green, green to blue and blue to red.
    const third = applyColorSteps(images, [turn(1 / 3, 1)]);
    const rolled = images.roll(1, 1);
    expect(third.sub(rolled).abs().max().item()).toBeLessThan(1e-6);
  });
});

describe('sampleColorSteps', () => {
  const count = 6000;

  it('draws amounts within their ranges and changes images with probability p', () => {
    const steps = sampleColorSteps(count, colorRanges({ ...strong, contrast: [0.5, 3] }), 0.8, new Generator(0));
    expectShare(steps.filter((list) => list.length === 4).length, count, 0.8);
    expect(steps.every((list) => list.length === 4 || list.length === 0)).toBe(true);
    const ends = { brightness: [0.2, 1.8], contrast: [0.5, 3], saturation: [0.2, 1.8], hue: [-0.2, 0.2] };
    for (const operation of operations) {
      const [low, high] = ends[operation] as [number, number];
      const amounts = steps.flat().flatMap((step) => (step.operation === operation ? [step.amount] : []));
      expect(Math.min(...amounts)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...amounts)).toBeLessThanOrEqual(high);
      expectShare(amounts.filter((amount) => amount < low + (high - low) / 4).length, amounts.length, 0.25);
    }
  });

  it('draws each of the 24 orders equally often, independently per image', () => {
    const steps = sampleColorSteps(count, colorRanges(strong), 1, new Generator(1));
    const orders = steps.map((list) => list.map((step) => step.operation).join());
    const counts = new Map<string, number>();
    for (const order of orders) counts.set(order, (counts.get(order) ?? 0) + 1);
    expect(counts.size).toBe(24);
    for (const hits of counts.values()) expectShare(hits, count, 1 / 24);
    const same = orders.filter((order, i) => i > 0 && order === orders[i - 1]).length;
    expectShare(same, count - 1, 1 / 24);
  });

  it('skips operations of strength 0, and limits factors to 0', () => {
    expect(colorRanges({ brightness: 2, hue: 0, saturation: [1, 1] })).toEqual([
      { operation: 'brightness', range: [0, 3], neutral: 1 },
    ]);
    expect(sampleColorSteps(3, colorRanges({}), 1, new Generator(0))).toEqual([[], [], []]);
    const images = randomImages([3, 3, 4, 4]);
    expect(colorJitter({})(images, new Generator(0)).toNumbers()).toEqual(images.toNumbers());
  });

  it('is what colorJitter applies', () => {
    const images = randomImages([5, 3, 4, 4]);
    const steps = sampleColorSteps(5, colorRanges(strong), 0.5, new Generator(8));
    const jittered = colorJitter({ ...strong, p: 0.5 })(images, new Generator(8));
    expect(jittered.toNumbers()).toEqual(applyColorSteps(images, steps).toNumbers());
  });
});

describe('grayscale', () => {
  it('equals the slow version on the chosen images and changes no others', () => {
    const images = randomImages([5, 3, 4, 6]);
    const flags = [true, false, false, true, true];
    const wanted = pixelsOf(images).map((image, i) => (flags[i] ? reference.grayscale(image) : image));
    expect(difference(grayChosen(images, flags), wanted)).toBeLessThan(1e-6);
    expect(grayChosen(images, flags).select(0, 1).toNumbers()).toEqual(images.select(0, 1).toNumbers());
    expect(
      difference(grayscale()(channelsLast(images), new Generator(0)), pixelsOf(images).map(reference.grayscale)),
    ).toBeLessThan(1e-6);
  });

  it('is the identity for gray images, for p = 0, and on its own result', () => {
    const gray = randomImages([3, 1, 4, 4]);
    expect(grayscale()(gray, new Generator(0))).toBe(gray);
    const images = randomImages([3, 3, 4, 4]);
    expect(grayscale(0)(images, new Generator(0))).toBe(images);
    const once = grayscale()(images, new Generator(0));
    expect(grayscale()(once, new Generator(0)).sub(once).abs().max().item()).toBeLessThan(2e-7);
  });

  it('chooses images with probability p', () => {
    const count = 5000;
    for (const p of [0, 0.2, 1]) expectShare(sampleChosen(count, p, new Generator(4)).filter(Boolean).length, count, p);
  });
});

describe('solarize', () => {
  it('inverts pixels at or above the threshold in the chosen images', () => {
    const images = ops.cat([randomImages([3, 3, 4, 4]), ops.full([1, 3, 4, 4], 0.5)]);
    const flags = [true, false, true, true];
    const wanted = pixelsOf(images).map((image, i) => (flags[i] ? reference.solarize(image, 0.5) : image));
    expect(difference(solarizeChosen(images, flags, 0.5), wanted)).toBeLessThan(1e-7);
    const other = pixelsOf(images).map((image) => reference.solarize(image, 0.3));
    expect(difference(solarize({ threshold: 0.3 })(images, new Generator(0)), other)).toBeLessThan(1e-7);
    // A pixel at the threshold itself.
    expect(solarizeChosen(ops.full([1, 1, 1, 1], 0.25), [true], 0.25).item()).toBe(0.75);
  });
});

describe('normalize', () => {
  it('subtracts the mean and divides by the deviation of each channel', () => {
    const images = randomImages([2, 3, 4, 4]);
    const [mean, std] = [
      [0.5, 0.4, 0.3],
      [0.2, 0.3, 0.4],
    ] as const;
    const wanted = pixelsOf(images).map((image) =>
      image.map((channel, c) => channel.map((row) => row.map((value) => (value - mean[c]!) / std[c]!))),
    );
    expect(difference(normalize(mean, std)(images), wanted)).toBeLessThan(1e-6);
    expect(normalize([0], [1])(images).toNumbers()).toEqual(images.toNumbers());
  });
});
