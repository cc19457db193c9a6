import { afterEach, expect, it } from 'vitest';
import { renderScenes } from '../../data/index.js';
import { Generator, memory, scope } from '../../engine/index.js';
import { type SceneSample, SceneSupply } from './scene-supply.js';

const OPTIONS = { size: 16, objects: 3 };
const made: SceneSupply[] = [];
const supplyOf = (stock: number | null): SceneSupply => {
  const supply = new SceneSupply(OPTIONS, stock);
  made.push(supply);
  return supply;
};
afterEach(() => {
  for (const supply of made.splice(0)) supply.dispose();
});

/** What tells scenes apart: the sum of the depths of each. */
const depths = ({ depth }: SceneSample): string[] =>
  depth
    .sum([1, 2, 3])
    .toNumbers()
    .map((sum) => sum.toFixed(2));

it('renders new scenes without end, those of the generator', () => {
  const supply = supplyOf(null);
  const random = new Generator(1);
  const scenes = [0, 1, 2, 3].flatMap(() => depths(supply.take(8, random)));
  expect(new Set(scenes).size).toBe(32);
  expect(depths(supplyOf(null).take(8, new Generator(1)))).toEqual(scenes.slice(0, 8));
});

it('gives each picture with its own depth, normals and contours', () => {
  const { images, depth, normals, contours } = supplyOf(null).take(2, new Generator(1));
  expect([images, depth, normals, contours].map(({ shape }) => shape)).toEqual(
    [3, 1, 3, 1].map((channels) => [2, channels, 16, 16]),
  );
  const same = renderScenes([{ seed: 1, index: 0 }], OPTIONS);
  expect([images.dtype, contours.dtype]).toEqual([same.images.dtype, same.contours.dtype]);
});

it('draws from a stock that is the same in every run, unless new scenes are asked for', () => {
  const supply = supplyOf(5);
  const random = new Generator(1);
  const stock = new Set([0, 1, 2, 3, 4].flatMap(() => depths(supply.take(8, random))));
  expect(stock.size).toBe(5);
  for (const depth of depths(supplyOf(5).take(8, new Generator(9)))) expect(stock).toContain(depth);
  for (const depth of depths(supply.take(8, random, true))) expect(stock).not.toContain(depth);
});

it('keeps one stock, however often it is drawn from', () => {
  const supply = supplyOf(3);
  const random = new Generator(1);
  scope(() => void supply.take(2, random));
  const before = memory().tensors;
  scope(() => void supply.take(2, random));
  expect(memory().tensors).toBe(before);
});
