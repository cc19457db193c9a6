import { expect, it } from 'vitest';
import { createBackbone } from '../backbones/registry.js';
import { manualSeed, ops } from '../engine/index.js';
import { Decoder, lastMap } from './decoder.js';

it.each([
  [4, 16],
  [8, 8],
  [13, 56],
  [3, 10],
  [8, 4],
  [1, 7],
])('leads from maps of side %i to images of side %i', (inputSide, outputSide) => {
  const decoder = new Decoder({ inputSize: 12, inputSide, outputSize: 5, outputSide, width: 4 });
  const out = decoder.forward(ops.randn([2, 12, inputSide, inputSide]));
  expect(out.shape).toEqual([2, 5, outputSide, outputSide]);
});

it('halves the channels on the way to the width that is asked for', () => {
  const decoder = new Decoder({ inputSize: 64, inputSide: 4, outputSize: 3, outputSide: 32, width: 8 });
  const sizes = [...decoder.stateDict()].filter(([key]) => /^up\.\d+\.weight$/.test(key)).map(([, { shape }]) => shape);
  expect(sizes.filter(({ length }) => length === 4).map(([from, to]) => [from, to])).toEqual([
    [64, 32],
    [32, 16],
    [16, 8],
  ]);
});

it('lastMap asks the network and leaves it as it was', () => {
  manualSeed(0);
  const backbone = createBackbone('alexnet', { inputChannels: 1, imageSize: 32, width: 8 });
  const before = backbone.stateDict().get('conv1.1.running_mean')!.toNumbers();
  const state = ops.rand([1]).item();
  manualSeed(0);
  createBackbone('alexnet', { inputChannels: 1, imageSize: 32, width: 8 });
  expect(lastMap(backbone, 32)).toEqual({ size: 32, side: 8 });
  expect(ops.rand([1]).item()).toBe(state);
  expect(backbone.stateDict().get('conv1.1.running_mean')!.toNumbers()).toEqual(before);
  expect(backbone.isTraining).toBe(true);
});
