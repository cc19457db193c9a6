import { expect, it } from 'vitest';
import { createBackbone } from '../backbones/registry.js';
import { manualSeed, randomState } from '../engine/index.js';
import { mapShapes } from './map-shapes.js';

it('gives the shapes of the maps, and leaves network and random numbers as they were', () => {
  manualSeed(0);
  const backbone = createBackbone('resnet18', { inputChannels: 2, imageSize: 16, width: 4 });
  const [before, random] = [[...backbone.stateDict().values()].map((value) => value.clone()), randomState('cpu')];
  expect(mapShapes(backbone, 24, ['layer3', 'layer1'])).toEqual([
    [16, 6, 6],
    [4, 24, 24],
  ]);
  expect(mapShapes(backbone, 16).map(([, side]) => side)).toEqual([16, 16, 8, 4, 2]);
  expect([...backbone.stateDict().values()].every((value, i) => value.equal(before[i]!))).toBe(true);
  expect(randomState('cpu').equal(random)).toBe(true);
  expect(backbone.isTraining).toBe(true);
  backbone.eval();
  mapShapes(backbone, 16);
  expect(backbone.isTraining).toBe(false);
  // In training mode batch norm would refuse a map of one value per channel; in eval mode it does not.
  expect(mapShapes(createBackbone('resnet18', { inputChannels: 1, imageSize: 8, width: 2 }), 8).at(-1)).toEqual([
    16, 1, 1,
  ]);
});
