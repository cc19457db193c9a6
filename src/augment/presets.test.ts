import { describe, expect, it } from 'vitest';
import { Generator } from '../engine/index.js';
import { colorJitter, grayscale, solarize } from './color.js';
import { randomResizedCrop } from './crop.js';
import { gaussianBlur } from './filter.js';
import { amdimView, byolView, mocoV1View, mocoV2View, simclrView } from './presets.js';
import { channelsLast, randomImages } from './reference.test-util.js';
import { compose, type Transform } from './transform.js';

const presets: [string, Transform][] = [
  ['SimCLR', simclrView({ size: 16 })],
  ['SimCLR for CIFAR', simclrView({ size: 16, strength: 0.5, useBlur: false })],
  ['MoCo v1', mocoV1View({ size: 16 })],
  ['MoCo v2', mocoV2View({ size: 16 })],
  ['BYOL, view 1', byolView({ size: 16, view: 1 })],
  ['BYOL, view 2', byolView({ size: 16, view: 2 })],
  ['AMDIM', amdimView({ size: 16, views: 'crop', colorStrength: 1, grayProbability: 0.25 })],
];

describe.each(presets)('%s', (_name, view) => {
  it('makes channels-last views in [0, 1] that differ between draws and images', () => {
    const bytes = channelsLast(randomImages([1, 3, 20, 20]).mul(255).to('uint8').repeat([8, 1, 1, 1]));
    const random = new Generator(0);
    const [first, second] = [view(bytes, random), view(bytes, random)];
    expect(first.shape).toEqual([8, 3, 16, 16]);
    expect(first.dtype).toBe('float32');
    expect(first.isContiguous('channelsLast')).toBe(true);
    expect(first.min().item()).toBeGreaterThanOrEqual(0);
    expect(first.max().item()).toBeLessThanOrEqual(1);
    expect(first.sub(second).abs().amax([1, 2, 3]).min().item()).toBeGreaterThan(0.01);
    const images = new Set(Array.from({ length: 8 }, (_, i) => first.select(0, i).toNumbers().join()));
    expect(images.size).toBe(8);
  });

  it('works on gray images', () => {
    const views = view(randomImages([4, 1, 20, 20]), new Generator(0));
    expect(views.shape).toEqual([4, 1, 16, 16]);
  });
});

/** The papers' parameters: crop, then the rest in its order. */
const LITERAL: [string, Transform, Transform][] = [
  [
    'SimCLR (appendix A: s = 1)',
    simclrView({ size: 12 }),
    compose(
      randomResizedCrop({ size: 12, scale: [0.08, 1], ratio: [3 / 4, 4 / 3], interpolation: 'bicubic', flip: 0.5 }),
      colorJitter({ brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2, p: 0.8 }),
      grayscale(0.2),
      gaussianBlur({ kernelFraction: 0.1, sigma: [0.1, 2], p: 0.5 }),
    ),
  ],
  [
    'MoCo v1 (section 3.3 and its code)',
    mocoV1View({ size: 12 }),
    compose(
      randomResizedCrop({ size: 12, scale: [0.2, 1], interpolation: 'bilinear', flip: 0.5 }),
      grayscale(0.2),
      colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.4 }),
    ),
  ],
  [
    'MoCo v2 (its code)',
    mocoV2View({ size: 12 }),
    compose(
      randomResizedCrop({ size: 12, scale: [0.2, 1], interpolation: 'bilinear', flip: 0.5 }),
      colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 }),
      grayscale(0.2),
      gaussianBlur({ sigma: [0.1, 2], p: 0.5 }),
    ),
  ],
  ...([1, 2] as const).map((view): [string, Transform, Transform] => [
    `BYOL (table 6), view ${view}`,
    byolView({ size: 12, view }),
    compose(
      randomResizedCrop({ size: 12, scale: [0.08, 1], interpolation: 'bicubic', flip: 0.5 }),
      colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1, p: 0.8 }),
      grayscale(0.2),
      gaussianBlur({ sigma: [0.1, 2], p: [1, 0.1][view - 1]! }),
      ...[[], [solarize({ threshold: 0.5, p: 0.2 })]][view - 1]!,
    ),
  ]),
];

it.each(LITERAL)('has the parameters of %s', (_name, view, literal) => {
  const images = randomImages([40, 3, 16, 16]);
  const [made, expected] = [view, literal].map((augment) => augment(images, new Generator(7)).toNumbers());
  expect(made).toEqual(expected);
});
