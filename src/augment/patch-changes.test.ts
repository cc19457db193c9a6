import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor } from '../engine/index.js';
import { drawChanges, drawCorners, type PatchChange, transformPatches } from './patch-changes.js';

const UNCHANGED: PatchChange = {
  right: 0,
  down: 0,
  scale: 1,
  angle: 0,
  contrast: [1, 1, 1],
  saturation: { power: 1, factor: 1, added: 0 },
  value: { power: 1, factor: 1, added: 0 },
  hue: 0,
};

it('draws corners where there are gradients', () => {
  const pictures = ops.zeros([50, 3, 24, 24]);
  pictures
    .narrow(2, 14, 8)
    .narrow(3, 3, 6)
    .copy_(ops.rand([50, 3, 8, 6], { generator: new Generator(2) }));
  const corners = drawCorners(pictures, 8, new Generator(3)).toList() as number[][];
  // Every patch that is chosen meets the patch of noise with its gradients of one pixel around.
  for (const [top, left] of corners) {
    expect(top! + 8).toBeGreaterThan(13);
    expect(left!).toBeLessThanOrEqual(9);
  }
  const flat = drawCorners(ops.full([200, 3, 24, 24], 0.4), 8, new Generator(4))
    .flatten()
    .toNumbers();
  expect(new Set(flat).size).toBeGreaterThan(12);
});

describe('transformPatches', () => {
  const pictures = ops.rand([3, 3, 16, 16], { generator: new Generator(5) });
  const corners = [
    { top: 0, left: 0 },
    { top: 3, left: 8 },
    { top: 8, left: 1 },
  ];
  const change = (changes: Partial<PatchChange>, side = 8): Tensor =>
    transformPatches(pictures, corners, side, Array<PatchChange>(3).fill({ ...UNCHANGED, ...changes }));
  const cut = ops.stack(corners.map(({ top, left }, i) => pictures.select(0, i).narrow(1, top, 8).narrow(2, left, 8)));
  const difference = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item();

  it('cuts exact pixels when nothing changes, as with a strength of 0', () => {
    expect(difference(change({}), cut)).toBeLessThan(1e-5);
    const none = transformPatches(pictures, corners, 8, drawChanges(3, 3, 0, new Generator(6)));
    expect(difference(none, cut)).toBeLessThan(1e-5);
  });

  it('moves by a share of the side', () => {
    const moved = transformPatches(pictures, [{ top: 4, left: 4 }, ...corners.slice(1)], 8, [
      { ...UNCHANGED, right: 0.25, down: -0.125 },
      UNCHANGED,
      UNCHANGED,
    ]);
    expect(difference(moved.select(0, 0), pictures.select(0, 0).narrow(1, 3, 8).narrow(2, 6, 8))).toBeLessThan(1e-5);
  });

  it('rotates about the middle of the patch', () => {
    const quarter = change({ angle: Math.PI / 2 });
    expect(difference(quarter, cut.rot90(1, [2, 3]))).toBeLessThan(1e-4);
  });

  it('cuts out a larger part for a larger scale', () => {
    const whole = transformPatches(
      pictures,
      Array(3).fill({ top: 4, left: 4 }),
      8,
      Array(3).fill({ ...UNCHANGED, scale: 2 }),
    );
    // Bilinear samples at the middle of four pixels are their mean.
    expect(difference(whole, ops.avgPool2d(pictures, 2))).toBeLessThan(1e-5);
  });

  it('multiplies principal components: with equal factors the distance from the mean color', () => {
    const mean = cut.mean([0, 2, 3], true);
    const expected = cut.sub(mean).mul(0.5).add(mean);
    expect(difference(change({ contrast: [0.5, 0.5, 0.5] }), expected)).toBeLessThan(1e-5);
  });

  it('multiplies the component of least variance first', () => {
    const gray = pictures.narrow(1, 0, 1).expand([3, 3, 16, 16]).contiguous();
    const make = (contrast: number[]): Tensor =>
      transformPatches(gray, corners, 8, Array<PatchChange>(3).fill({ ...UNCHANGED, contrast }));
    expect(difference(make([2, 2, 1]), make([1, 1, 1]))).toBeLessThan(1e-4);
    expect(difference(make([1, 1, 0.5]), make([1, 1, 1]))).toBeGreaterThan(0.1);
  });

  it('turns hues and bends saturation and value as the formula of HSV says', () => {
    const curves = {
      saturation: { power: 2, factor: 0.8, added: 0.05 },
      value: { power: 0.5, factor: 1.2, added: -0.1 },
    };
    const result = change({ ...curves, hue: 0.07 }).toList() as number[][][][];
    const original = cut.toList() as number[][][][];
    for (let i = 0; i < 3; i++)
      for (const [y, x] of [
        [0, 0],
        [3, 5],
        [7, 2],
      ] as const) {
        const [h, s, v] = toHsv(original[i]!.map((plane) => plane[y]![x]!));
        const bend = (value: number, { power, factor, added }: typeof curves.value): number =>
          Math.min(1, Math.max(0, factor * value ** power + added));
        const expected = fromHsv((h + 0.07) % 1, bend(s, curves.saturation), bend(v, curves.value));
        for (let c = 0; c < 3; c++) expect(result[i]![c]![y]![x]).toBeCloseTo(expected[c]!, 4);
      }
  });

  it('changes gray images in their value alone', () => {
    const gray = ops.rand([2, 1, 16, 16], { generator: new Generator(8) });
    const changes = drawChanges(2, 1, 1, new Generator(9));
    const patches = transformPatches(gray, corners.slice(0, 2), 8, changes);
    expect(patches.shape).toEqual([2, 1, 8, 8]);
    expect(patches.amin().item()).toBeGreaterThanOrEqual(0);
    expect(patches.amax().item()).toBeLessThanOrEqual(1);
  });
});

it("draws changes in the paper's ranges, and narrower ones with less strength", () => {
  for (const strength of [1, 0.5]) {
    const changes = drawChanges(3000, 3, strength, new Generator(10));
    const range = (values: number[]): [number, number] => [Math.min(...values), Math.max(...values)];
    const expectRange = (values: number[], low: number, high: number): void => {
      const [least, most] = range(values);
      const slack = 0.01 * (high - low);
      expect(least).toBeGreaterThanOrEqual(low - 1e-9);
      expect(least).toBeLessThan(low + slack);
      expect(most).toBeLessThanOrEqual(high + 1e-9);
      expect(most).toBeGreaterThan(high - slack);
    };
    expectRange(
      changes.map(({ right }) => right),
      -0.2 * strength,
      0.2 * strength,
    );
    expectRange(
      changes.map(({ angle }) => (angle * 180) / Math.PI),
      -20 * strength,
      20 * strength,
    );
    expectRange(
      changes.map(({ scale }) => scale),
      0.7 ** strength,
      1.4 ** strength,
    );
    expectRange(
      changes.map(({ hue }) => hue),
      -0.1 * strength,
      0.1 * strength,
    );
    expectRange(
      changes.flatMap(({ contrast }) => contrast),
      0.5 ** strength,
      2 ** strength,
    );
    expectRange(
      changes.map(({ value }) => value.power),
      0.25 ** strength,
      4 ** strength,
    );
    expectRange(
      changes.map(({ saturation }) => saturation.factor),
      0.7 ** strength,
      1.4 ** strength,
    );
    expectRange(
      changes.map(({ value }) => value.added),
      -0.1 * strength,
      0.1 * strength,
    );
  }
});

/** Python's colorsys, with everything in [0, 1]. */
function toHsv([r, g, b]: number[]): [number, number, number] {
  const [most, least] = [Math.max(r!, g!, b!), Math.min(r!, g!, b!)];
  if (most === least) return [0, 0, most];
  const [rc, gc, bc] = [r!, g!, b!].map((value) => (most - value) / (most - least)) as [number, number, number];
  const h = r === most ? bc - gc : g === most ? 2 + rc - bc : 4 + gc - rc;
  return [(h / 6 + 1) % 1, (most - least) / most, most];
}

function fromHsv(h: number, s: number, v: number): [number, number, number] {
  const i = Math.floor(h * 6);
  const f = h * 6 - i;
  const [p, q, t] = [v * (1 - s), v * (1 - s * f), v * (1 - s * (1 - f))];
  return [
    [v, t, p],
    [q, v, p],
    [p, v, t],
    [p, q, v],
    [t, p, v],
    [v, p, q],
  ][i % 6] as [number, number, number];
}
