import { expect, it } from 'vitest';
import { Generator, manualSeed, ops } from '../../engine/index.js';
import { ConvolutionalTrunk, DenseHead, SceneHeads } from './scene-heads.js';

const maps = (count: number, side: number) => ops.randn([count, 6, side, side], { generator: new Generator(1) });

it.each([
  [1, 32],
  [4, 32],
  [6, 64],
  [7, 50],
  [8, 8],
])('predicts depth, normals and contours of every pixel: maps of side %i, images of side %i', (side, imageSize) => {
  const heads = new SceneHeads({ size: 6, side }, 4, 5, imageSize);
  const { logDepth, normals, contours } = heads.forward(maps(2, side));
  expect([logDepth, normals, contours].map(({ shape }) => shape)).toEqual(
    [1, 3, 1].map((channels) => [2, channels, imageSize, imageSize]),
  );
});

it('reads every second position of a map, up to five away on either side', () => {
  manualSeed(0);
  const trunk = new ConvolutionalTrunk(6, 4);
  const x = maps(1, 5);
  x.requiresGrad = true;
  trunk.eval().forward(x).select(3, 2).select(2, 2).sum().backward();
  const reached = x.grad!.abs().sum([0, 1]).gt(0).to('float32');
  // 6x6 with dilation 2, of which the positions -3, -1, 5 and 7 lie beyond the map.
  expect(reached.select(0, 0).toNumbers()).toEqual([0, 0, 0, 0, 0]);
  expect(reached.select(0, 1).toNumbers()).toEqual([0, 1, 0, 1, 0]);
});

it('starts with the small weights of the code: Xavier with a gain of 0.02, biases of 0', () => {
  manualSeed(0);
  const { weight, bias } = new DenseHead({ inputSize: 64, inputSide: 8, outputSide: 16, outputSize: 64, width: 8 })
    .layers.layers[0] as unknown as { weight: ReturnType<typeof maps>; bias: ReturnType<typeof maps> };
  const literal = 0.02 * Math.sqrt(2 / (64 * 16 + 64 * 16));
  expect(Math.abs(weight.square().mean().sqrt().item() / literal - 1)).toBeLessThan(0.03);
  expect(bias.abs().amax().item()).toBe(0);
});
