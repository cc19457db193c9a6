import { expect, it } from 'vitest';
import { Generator, gradientsOf, manualSeed, ops, type Tensor } from '../engine/index.js';
import { ContextNetwork } from './context-network.js';

/** Where the output at a place looks: the sum of the absolute gradients at each place of the input, (G, G). */
function reach(blocks: number, row: number, column: number): number[][] {
  manualSeed(0);
  const network = new ContextNetwork(4, 6, blocks);
  const x = ops.randn([1, 4, 5, 5], { generator: new Generator(1) });
  x.requiresGrad = true;
  // The network before its last ReLU, which may hide a place.
  const output = network.blocks.forward(x).select(3, column).select(2, row).sum();
  const [gradient] = gradientsOf([output], [x]);
  return gradient!.abs().sum([0, 1]).toList() as number[][];
}

it('sees nothing below its own row', () => {
  for (const row of [0, 2, 4])
    for (const below of reach(5, row, 2).slice(row + 1)) expect(below).toEqual([0, 0, 0, 0, 0]);
});

it('sees its own row on both sides, and one row more above and one column more aside with each block', () => {
  const isSeen = (grid: number[][]): boolean[][] => grid.map((row) => row.map((value) => value > 0));
  const [none, one, two] = [
    [0, 0, 0, 0, 0],
    [0, 1, 1, 1, 0],
    [1, 1, 1, 1, 1],
  ].map((row) => row.map(Boolean));
  expect(isSeen(reach(1, 2, 2))).toEqual([none, one, one, none, none]);
  expect(isSeen(reach(2, 2, 2))).toEqual([two, two, two, none, none]);
});

it('adds its blocks to what came in and ends in a ReLU', () => {
  const network = new ContextNetwork(3, 4, 2);
  const x: Tensor = ops.randn([2, 3, 4, 4], { generator: new Generator(2) });
  expect(network.forward(x).amin().item()).toBe(0);
  for (const [key, value] of network.stateDict()) if (key.includes('wide')) value.detach().zero_();
  expect(network.forward(x).equal(x.relu())).toBe(true);
});
