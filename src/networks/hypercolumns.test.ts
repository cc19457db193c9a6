import { expect, it } from 'vitest';
import { Generator, ops, tensor } from '../engine/index.js';
import { hypercolumns } from './hypercolumns.js';

const SIZE = [8, 8] as const;

/** The value of a map at a pixel of the image, bilinear between the centers of its cells. */
function valueAt(map: number[][], row: number, column: number): number {
  const [height, width] = [map.length, map[0]!.length];
  const along = (place: number, cells: number, pixels: number): number =>
    Math.min(Math.max(((place + 0.5) * cells) / pixels - 0.5, 0), cells - 1);
  const [y, x] = [along(row, height, SIZE[0]), along(column, width, SIZE[1])];
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const at = (i: number, k: number): number => map[Math.min(i, height - 1)]![Math.min(k, width - 1)]!;
  const between = (a: number, b: number, share: number): number => a + (b - a) * share;
  const upper = between(at(top, left), at(top, left + 1), x - left);
  return between(upper, between(at(top + 1, left), at(top + 1, left + 1), x - left), y - top);
}

it('reads every map at the places, between the centers of its cells', () => {
  const maps = [8, 4, 2].map((side, i) => ops.rand([2, i + 1, side, side], { generator: new Generator(i) }));
  const places = [
    [
      [0, 0],
      [3, 5],
      [7, 2],
    ],
    [
      [4, 4],
      [1, 7],
      [6, 6],
    ],
  ];
  const columns = hypercolumns(maps, tensor(places.flat(2)).view([2, 3, 2]), SIZE).toList() as number[][][];
  for (const [n, list] of places.entries())
    for (const [k, [row, column]] of list.entries()) {
      const expected = maps.flatMap((map) =>
        (map.select(0, n).toList() as number[][][]).map((channel) => valueAt(channel, row!, column!)),
      );
      expect(columns[n]![k]).toHaveLength(6);
      for (const [c, value] of expected.entries()) expect(columns[n]![k]![c]).toBeCloseTo(value, 5);
    }
});

it('sends a gradient to the cells around the places and to no others', () => {
  const map = ops.zeros([1, 1, 4, 4]);
  map.requiresGrad = true;
  hypercolumns([map], tensor([0, 0]).view([1, 1, 2]), SIZE)
    .sum()
    .backward();
  const gradient = (map.grad!.view([4, 4]).toList() as number[][]).map((row) => row.map((value) => value > 0));
  expect(gradient[0]![0]).toBe(true);
  expect(gradient.flat().filter(Boolean)).toHaveLength(1);
});
