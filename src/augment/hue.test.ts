import { expect, it } from 'vitest';
import { ops, tensor } from '../engine/index.js';
import { CHANNEL_HUES, chromaShares, splitHue } from './hue.js';

/** Hue in turns from 0 to 1 and chroma by the cases of the usual definition. */
function hueOf(r: number, g: number, b: number): { hue: number; chroma: number } {
  const most = Math.max(r, g, b);
  const chroma = most - Math.min(r, g, b);
  const sixths = most === r ? (g - b) / chroma : most === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
  return { hue: (sixths / 6 + 1) % 1, chroma };
}

/** A lattice of colors without grays. */
const COLORS = Array.from({ length: 5 ** 3 }, (_, i) => [i % 5, Math.floor(i / 5) % 5, Math.floor(i / 25)])
  .filter(([r, g, b]) => r !== g || g !== b)
  .map((color) => color.map((value) => value / 4)) as [number, number, number][];
const pixels = () => tensor(Float32Array.from(COLORS.flat()), { shape: [COLORS.length, 3, 1, 1] });

it('finds hue and chroma as the usual definition by cases does', () => {
  const { hue, chroma, least } = splitHue(pixels());
  for (const [i, [r, g, b]] of COLORS.entries()) {
    const expected = hueOf(r, g, b);
    const distance = hue.toNumbers()[i]! - expected.hue;
    expect(distance - Math.round(distance), `${r}, ${g}, ${b}`).toBeCloseTo(0, 5);
    expect(chroma.toNumbers()[i]).toBeCloseTo(expected.chroma, 6);
    expect(least.toNumbers()[i]).toBe(Math.min(r, g, b));
  }
});

it('gives the colors back', () => {
  const { hue, chroma, least } = splitHue(pixels());
  const own = tensor(Float32Array.from(CHANNEL_HUES), { shape: [1, 3, 1, 1] });
  const again = chromaShares(hue.sub(own)).mul(chroma).add(least);
  expect(again.sub(pixels()).abs().amax().item()).toBeLessThan(1e-5);
});

it('gives gray pixels a finite hue and no chroma', () => {
  const { hue, chroma } = splitHue(ops.full([1, 3, 2, 2], 0.3));
  expect(hue.isfinite().all().item()).toBe(1);
  expect(chroma.abs().amax().item()).toBe(0);
});
