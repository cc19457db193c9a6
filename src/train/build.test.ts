import { describe, expect, it } from 'vitest';
import { imageSpec } from '../methods/make.test-util.js';
import { findMethod, methods, parseMethodOptions } from '../methods/registry.js';
import { buildEncoder, buildMethod, checkData } from './build.js';

function build(name: string, channels: number, options: Record<string, unknown> = {}): void {
  const definition = findMethod(name);
  const data = { count: 8, spec: imageSpec(64, channels) };
  const training = { backbone: definition.recipes.small.backbone, width: 8, batchSize: 8, accumulate: 1 };
  buildMethod(definition, parseMethodOptions(definition, options, true), training, data, {
    seed: 0,
    device: 'cpu',
  }).dispose();
}

const images = methods.filter(({ modalities }) => modalities[0] === 'image').map(({ name }) => name);

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

  it('makes room for the largest micro-batch, and counts the smallest', () => {
    const definition = findMethod('moco');
    const options = parseMethodOptions(definition, { queueSize: 4 }, true);
    const data = { count: 20, spec: imageSpec(32) };
    const make = (batchSize: number, accumulate: number, given = options) =>
      buildMethod(definition, given, { backbone: 'resnet18', width: 4, batchSize, accumulate }, data, {
        seed: 0,
        device: 'cpu',
      }).dispose();
    make(8, 2);
    expect(() => make(9, 2)).toThrow(
      'Expected room for at least the 5 vectors of one batch for `queueSize`, received 4',
    );
    expect(() => make(5, 3)).toThrow('MoCo needs at least 2 samples in a batch, received 1');
  });

  it('refuses gray images for tasks of colors', () => {
    for (const name of ['colorization', 'split-brain'])
      expect(() => build(name, 1)).toThrow('predicts the colors of images, but these images are gray');
  });
});

describe('buildEncoder', () => {
  const make = (isOrdinary: boolean) => {
    const training = { backbone: 'resnet18', width: 8 };
    const options = parseMethodOptions(findMethod('simclr'), {}, true);
    return buildEncoder(findMethod('simclr'), options, training, imageSpec(32), { seed: 0, device: 'cpu', isOrdinary });
  };
  const lastNorm = (isOrdinary: boolean) =>
    make(isOrdinary).backbone.stateDict().get('layer1.0.bn2.weight')!.abs().sum().item();

  it('starts blocks as the identity where the method does, unless the ordinary initialization is asked for', () => {
    expect([lastNorm(false), lastNorm(true)]).toEqual([0, 8]);
  });

  it('refuses data of another kind in one sentence', () => {
    const sounds = { modality: 'sound', rate: 8000, length: 4096 };
    const rotation = findMethod('rotation');
    const options = parseMethodOptions(rotation, {}, true);
    expect(() =>
      buildEncoder(rotation, options, { backbone: 'resnet18', width: 8 }, sounds, { seed: 0, device: 'cpu' }),
    ).toThrow('RotNet learns from images, received sounds. `autodidact methods` lists the methods for sounds.');
    const cpcSound = findMethod('cpc-sound');
    expect(() => checkData(cpcSound, parseMethodOptions(cpcSound, {}, true), imageSpec(32))).toThrow(
      'CPC of sound learns from sounds, received images.',
    );
  });
});
