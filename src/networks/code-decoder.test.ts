import { expect, it } from 'vitest';
import { Generator, gradientsOf, manualSeed, ops } from '../engine/index.js';
import { codeDecoder } from './code-decoder.js';

it.each([
  [4, 16],
  [7, 28],
  [4, 50],
  [8, 8],
])('paints from a map of side %i an image of side %i', (mapSide, outputSide) => {
  const decoder = codeDecoder({ codeSize: 5, mapSize: 6, mapSide, outputSize: 3, outputSide, width: 4 });
  expect(decoder.forward(ops.randn([2, 5])).shape).toEqual([2, 3, outputSide, outputSide]);
});

it('lets every number of the code reach every part of the image, and no other image', () => {
  manualSeed(1);
  const decoder = codeDecoder({ codeSize: 4, mapSize: 8, mapSide: 4, outputSize: 1, outputSide: 16, width: 4 }).eval();
  const codes = ops.randn([2, 4], { generator: new Generator(1) });
  codes.requiresGrad = true;
  const images = decoder.forward(codes);
  for (const [top, left] of [
    [0, 0],
    [0, 15],
    [15, 0],
    [15, 15],
  ] as const) {
    const [gradient] = gradientsOf([images.select(0, 1).select(2, left).select(1, top).sum()], [codes], {
      retainGraph: true,
    });
    const [ofOther, own] = gradient!.abs().toList() as number[][];
    expect(Math.max(...ofOther!)).toBe(0);
    expect(Math.min(...own!)).toBeGreaterThan(0);
  }
});

it('has the layers that it is made of: one matrix without bias, norm, and a decoder', () => {
  const decoder = codeDecoder({ codeSize: 5, mapSize: 6, mapSide: 2, outputSize: 3, outputSide: 4, width: 4 });
  const keys = [...decoder.stateDict().keys()].filter((key) => key.endsWith('weight'));
  expect(keys).toEqual([
    '0.weight',
    '1.weight',
    '4.up.0.weight',
    '4.up.1.weight',
    '4.hidden.0.weight',
    '4.hidden.1.weight',
    '4.output.weight',
  ]);
  expect(decoder.stateDict().get('0.weight')!.shape).toEqual([24, 5]);
});
