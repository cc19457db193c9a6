import { expect, it } from 'vitest';
import { tensor } from '../engine/index.js';
import { flowColors } from './flow-colors.js';

/** The color of one vector, literally after the reference code (`colorcode.cpp`), in 255ths. */
function literal(u: number, v: number): number[] {
  const wheel: number[][] = [];
  const [RY, YG, GC, CB, BM, MR] = [15, 6, 4, 11, 13, 6];
  const part = (i: number, n: number): number => Math.floor((255 * i) / n);
  for (let i = 0; i < RY; i++) wheel.push([255, part(i, RY), 0]);
  for (let i = 0; i < YG; i++) wheel.push([255 - part(i, YG), 255, 0]);
  for (let i = 0; i < GC; i++) wheel.push([0, 255, part(i, GC)]);
  for (let i = 0; i < CB; i++) wheel.push([0, 255 - part(i, CB), 255]);
  for (let i = 0; i < BM; i++) wheel.push([part(i, BM), 0, 255]);
  for (let i = 0; i < MR; i++) wheel.push([255, 0, 255 - part(i, MR)]);
  const radius = Math.sqrt(u * u + v * v);
  const place = ((Math.atan2(-v, -u) / Math.PI + 1) / 2) * (wheel.length - 1);
  const low = Math.floor(place);
  const high = (low + 1) % wheel.length;
  return [0, 1, 2].map((k) => {
    const color = (1 - (place - low)) * (wheel[low]![k]! / 255) + (place - low) * (wheel[high]![k]! / 255);
    return 255 * (radius <= 1 ? 1 - radius * (1 - color) : color * 0.75);
  });
}

/** The colors of vectors in a row, in 255ths. */
function colorsOf(vectors: readonly (readonly [number, number])[], longest?: number): number[][] {
  const flow = tensor(Float32Array.from([...vectors.map(([x]) => x), ...vectors.map(([, y]) => y)]), {
    shape: [2, 1, vectors.length],
  });
  const colors = flowColors(flow, longest);
  expect(colors.shape).toEqual([3, 1, vectors.length]);
  const values = colors.toNumbers();
  return vectors.map((_, i) => [0, 1, 2].map((k) => 255 * values[k * vectors.length + i]!));
}

it('equals the reference code in every direction and at every length', () => {
  const vectors = Array.from({ length: 200 }, (_, i) => {
    const [angle, length] = [(i * 2 * Math.PI) / 97 + 0.01, (i % 13) / 9];
    return [length * Math.cos(angle), length * Math.sin(angle)] as const;
  });
  for (const [i, color] of colorsOf(vectors, 1).entries())
    for (const [k, value] of literal(...vectors[i]!).entries()) expect(color[k]).toBeCloseTo(value, 2);
});

it('shows motion to the right in red, downwards in yellow, and rest in white', () => {
  const [right, down, left, up, rest] = colorsOf(
    [
      [3, 0],
      [0, 3],
      [-3, 0],
      [0, -3],
      [0, 0],
    ],
    3,
  ) as [number[], number[], number[], number[], number[]];
  expect(right.map(Math.round)).toEqual([255, 0, 0]);
  expect(down[0]).toBeCloseTo(255);
  expect(down[1]).toBeGreaterThan(220);
  expect(down[2]).toBeCloseTo(0);
  expect(left[0]).toBeCloseTo(0);
  expect(left[2]).toBeCloseTo(255);
  expect(up[2]).toBeCloseTo(255);
  expect(up[1]).toBeCloseTo(0);
  expect(rest.map(Math.round)).toEqual([255, 255, 255]);
});

it('shows the longest vector in full, unless it is told a length', () => {
  const [short, long] = colorsOf([
    [2, 0],
    [4, 0],
  ]);
  expect(long!.map(Math.round)).toEqual([255, 0, 0]);
  expect(short!.map(Math.round)).toEqual([255, 128, 128]);
  expect(colorsOf([[0, 0]])[0]!.map(Math.round)).toEqual([255, 255, 255]);
});

it('shows unknown flow in black', () => {
  const unknown = colorsOf([
    [Number.NaN, 0],
    [0, Number.POSITIVE_INFINITY],
    [1, 0],
  ]);
  expect(unknown.map((color) => color.map(Math.round))).toEqual([
    [0, 0, 0],
    [0, 0, 0],
    [255, 0, 0],
  ]);
});

it('refuses what is no flow', () => {
  expect(() => flowColors(tensor([[[1]]]))).toThrow('Expected (2, H, W), x before y, for `flow`');
  expect(() => flowColors(tensor([[[1]], [[1]]]), 0)).toThrow('Expected a length above 0 for `longest`, received 0');
});
