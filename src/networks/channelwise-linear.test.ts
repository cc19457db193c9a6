import { expect, it } from 'vitest';
import { Generator, gradientsOf, manualSeed, ops } from '../engine/index.js';
import { ChannelwiseLinear } from './channelwise-linear.js';

it('has m n^4 weights and keeps the channels apart', () => {
  manualSeed(0);
  const layer = new ChannelwiseLinear(3, 4);
  expect(layer.weight.numel).toBe(3 * 4 ** 4);
  const x = ops.randn([2, 3, 4, 4], { generator: new Generator(1) });
  x.requiresGrad = true;
  const [gradient] = gradientsOf([layer.forward(x).select(1, 1).sum()], [x]);
  const perChannel = gradient!.abs().sum([0, 2, 3]).toNumbers();
  expect(perChannel[0]).toBe(0);
  expect(perChannel[1]).toBeGreaterThan(0);
  expect(perChannel[2]).toBe(0);
});

it('equals a sum over the positions of the same channel', () => {
  manualSeed(1);
  const layer = new ChannelwiseLinear(2, 3);
  layer.bias.detach().uniform_(-1, 1);
  const x = ops.randn([2, 2, 3, 3], { generator: new Generator(2) });
  const weights = layer.weight.toList() as number[][][];
  const biases = layer.bias.toList() as number[][][];
  const input = x.reshape([2, 2, 9]).toList() as number[][][];
  const output = layer.forward(x).reshape([2, 2, 9]).toList() as number[][][];
  for (let n = 0; n < 2; n++)
    for (let m = 0; m < 2; m++)
      for (let to = 0; to < 9; to++) {
        const expected = input[n]![m]!.reduce(
          (sum, value, from) => sum + value * weights[m]![from]![to]!,
          biases[m]![0]![to]!,
        );
        expect(output[n]![m]![to]).toBeCloseTo(expected, 4);
      }
});
