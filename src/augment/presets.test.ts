import { describe, expect, it } from 'vitest';
import { Generator } from '../engine/index.js';
import { amdimView, byolView, mocoV1View, mocoV2View, simclrView } from './presets.js';
import { channelsLast, randomImages } from './reference.test-util.js';
import type { Transform } from './transform.js';

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
