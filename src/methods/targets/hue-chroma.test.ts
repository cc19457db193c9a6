import { describe, expect, it } from 'vitest';
import { Generator, ops, tensor } from '../../engine/index.js';
import { colorsOf, histogramsAt, hueAndChroma, valuesAt } from './hue-chroma.js';

describe('hueAndChroma', () => {
  it('goes round the circle from red, and gives gray the hue of red', () => {
    // Red, yellow, green, cyan, blue, magenta, half as much red above gray, and gray.
    const colors = [
      ...[
        [1, 0, 0],
        [1, 1, 0],
        [0, 1, 0],
        [0, 1, 1],
        [0, 0, 1],
        [1, 0, 1],
      ],
      ...[
        [0.75, 0.25, 0.25],
        [0.4, 0.4, 0.4],
      ],
    ];
    const { hue, chroma } = hueAndChroma(tensor(Float32Array.from(colors.flat()), { shape: [colors.length, 3, 1, 1] }));
    const expected = [0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 0, 0];
    for (const [i, value] of hue.toNumbers().entries()) expect(value).toBeCloseTo(expected[i]!, 5);
    expect(chroma.toNumbers().map((value) => Number(value.toFixed(5)))).toEqual([1, 1, 1, 1, 1, 1, 0.5, 0]);
  });
});

it('picks the values at rows and columns', () => {
  const maps = ops.arange(0, 2 * 2 * 3 * 4, 1, { dtype: 'float32' }).view([2, 2, 3, 4]);
  const places = tensor([0, 1, 2, 3, 1, 0, 2, 0]).view([2, 2, 2]).to('int64');
  const whole = maps.toList() as number[][][][];
  const expected = whole.map((map, n) =>
    map.map((channel) => (places.toList() as number[][][])[n]!.map(([row, column]) => channel[row!]![column!]!)),
  );
  expect(valuesAt(maps, places).toList()).toEqual(expected);
});

describe('histogramsAt', () => {
  const [BINS, SIDE] = [5, 6];
  const values = ops.rand([2, 1, SIDE, SIDE], { generator: new Generator(1) });
  const list = values.toList() as number[][][][];

  it.each([0, 1, 2])('counts the pixels within %i of each place, the edges repeated', (reach) => {
    const places = [
      [
        [0, 0],
        [2, 3],
        [5, 5],
      ],
      [
        [4, 1],
        [3, 3],
        [0, 5],
      ],
    ];
    const found = histogramsAt(values, tensor(places.flat(2)).view([2, 3, 2]).to('int64'), BINS, reach);
    const histograms = found.toList() as number[][][];
    const clamp = (place: number): number => Math.min(Math.max(place, 0), SIDE - 1);
    for (const [n, rows] of places.entries())
      for (const [k, [row, column]] of rows.entries()) {
        const counts = Array<number>(BINS).fill(0);
        for (let y = -reach; y <= reach; y++)
          for (let x = -reach; x <= reach; x++)
            counts[Math.floor(list[n]![0]![clamp(row! + y)]![clamp(column! + x)]! * BINS)]! += 1 / (2 * reach + 1) ** 2;
        for (const [bin, share] of counts.entries()) expect(histograms[n]![k]![bin]).toBeCloseTo(share, 6);
      }
  });

  it('puts 1 into the last bin', () => {
    const place = tensor([0, 0]).view([1, 1, 2]).to('int64');
    expect(histogramsAt(ops.ones([1, 1, 2, 2]), place, 4, 0).toNumbers()).toEqual([0, 0, 0, 1]);
  });
});

describe('colorsOf', () => {
  const BINS = 32;
  const sure = (bin: number) => ops.zeros([1, BINS, 1, 1]).indexFill_(1, tensor([bin]).to('int64'), 1);
  const gray = ops.full([1, 1, 1, 1], 0.5);

  it('gives hue, chroma and the mean of the channels back', () => {
    const colors = colorsOf(gray, sure(10), sure(8));
    const { hue, chroma } = hueAndChroma(colors);
    expect(colors.mean().item()).toBeCloseTo(0.5, 5);
    expect(hue.item()).toBeCloseTo(10.5 / BINS, 4);
    expect(chroma.item()).toBeCloseTo(8.5 / BINS, 4);
  });

  it('fades where hues contradict each other', () => {
    const opposite = sure(3).add(sure(19)).div(2);
    expect(hueAndChroma(colorsOf(gray, opposite, sure(8))).chroma.item()).toBeLessThan(1e-4);
    const apart = sure(0).add(sure(8)).div(2); // A quarter of the circle: a resultant of 0.707.
    const { hue, chroma } = hueAndChroma(colorsOf(gray, apart, sure(8)));
    expect(hue.item()).toBeCloseTo(4.5 / BINS, 4);
    expect(chroma.item()).toBeCloseTo(((8.5 / BINS) * Math.SQRT1_2) / 0.96, 3);
  });

  it('takes the median of the chroma', () => {
    const two = sure(2).mul(0.45).add(sure(20).mul(0.55));
    expect(hueAndChroma(colorsOf(gray, sure(0), two)).chroma.item()).toBeCloseTo(20.5 / BINS, 4);
  });
});
