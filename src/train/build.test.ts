import { describe, expect, it } from 'vitest';
import type { DataDescription } from '../methods/method.js';
import { findMethod, methods, parseMethodOptions } from '../methods/registry.js';
import { buildMethod } from './build.js';

function build(name: string, channels: number, options: Record<string, unknown> = {}): void {
  const definition = findMethod(name);
  const data: DataDescription = {
    count: 8,
    channels,
    imageSize: 64,
    mean: Array(channels).fill(0.5),
    std: Array(channels).fill(0.2),
  };
  const training = { backbone: definition.recipes.small.backbone, width: 8, batchSize: 8, accumulate: 1 };
  buildMethod(definition, parseMethodOptions(definition, options, true), training, data, {
    seed: 0,
    device: 'cpu',
  }).dispose();
}

const images = methods.filter(({ modality }) => modality === 'image').map(({ name }) => name);

describe('buildMethod', () => {
  it.each(images)('refuses images with depth for %s, unless it learns from depth', (name) => {
    expect(() => build(name, 6)).toThrow(
      /learns from images in gray or color, received images in color with depth \(RGB and HHA\)/,
    );
  });

  it('lets the depth form of split-brain have images with depth, and no others', () => {
    build('split-brain', 6, { pair: 'rgb-depth' });
    expect(() => build('split-brain', 3, { pair: 'rgb-depth' })).toThrow(
      'learns from images in color with depth (RGB and HHA), received images in color',
    );
    expect(() => build('split-brain', 5, { pair: 'rgb-depth' })).toThrow('received images in 5 channels');
  });

  it('refuses gray images for tasks of colors', () => {
    for (const name of ['colorization', 'split-brain'])
      expect(() => build(name, 1)).toThrow('predicts the colors of images, but these images are gray');
  });
});
