import { describe, expect, it } from 'vitest';
import { colorDistance, DARK_THEME, distinctColors, LIGHT_THEME } from './palette.js';

function smallest(colors: readonly string[]): number {
  const pairs = colors.flatMap((a, i) => colors.slice(0, i).map((b) => colorDistance(a, b)));
  return Math.min(...pairs);
}

/** A color of this hue in degrees, at a saturation and lightness of 50 %. */
function hsl(hue: number): string {
  const channel = (n: number): number => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (0.5 - 0.25 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return `#${[0, 8, 4].map((n) => channel(n).toString(16).padStart(2, '0')).join('')}`;
}

describe('colorDistance', () => {
  it('agrees with the values that the author of OKLab gives', () => {
    // White has lightness 1 and no chroma, black is the origin.
    expect(colorDistance('#ffffff', '#000')).toBeCloseTo(1, 5);
    // sRGB red: L 0.62796, a 0.22486, b 0.12585.
    expect(colorDistance('#f00', '#000000')).toBeCloseTo(Math.hypot(0.62796, 0.22486, 0.12585), 4);
  });
});

describe.each([
  ['light', LIGHT_THEME],
  ['dark', DARK_THEME],
])('the colors of the %s theme', (_, theme) => {
  it('can be told apart for 18 classes, and from the background', () => {
    const colors = distinctColors(18, theme);
    expect(smallest([...colors, theme.avoided[0]!])).toBeGreaterThan(0.14);
    // The control: 18 hues at equal steps.
    expect(smallest(Array.from({ length: 18 }, (_, i) => hsl(20 * i)))).toBeLessThan(0.1);
  });

  it('begin the same for every number of classes', () => {
    expect(distinctColors(30, theme).slice(0, 10)).toEqual(distinctColors(10, theme));
    expect(new Set(distinctColors(60, theme)).size).toBe(60);
    expect(distinctColors(0, theme)).toEqual([]);
  });
});
