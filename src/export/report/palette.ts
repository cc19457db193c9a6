/** A color in OKLab (B. Ottosson, "A perceptual color space for image processing", 2020): lightness, green to red, blue to yellow. */
type OkLab = readonly [number, number, number];

/** What the colors of a theme are seen on, and how light they may be. */
export interface Theme {
  lightness: readonly [low: number, high: number];
  /** Colors that none may look like: the background, and the dots without a class. */
  avoided: readonly string[];
}

export const LIGHT_THEME: Theme = { lightness: [0.38, 0.78], avoided: ['#f6f7f9', '#dde3ea'] };
export const DARK_THEME: Theme = { lightness: [0.5, 0.9], avoided: ['#0f1318', '#2c3540'] };

/** Values of red, green and blue that are tried: #000, #111, ..., #fff. */
const LEVELS = 16;

/**
 * Colors that are as far apart as they can be: each next one is the color that looks least like those before it. The first are the
 * same for every count.
 */
export function distinctColors(count: number, { lightness: [low, high], avoided }: Theme): string[] {
  const candidates = Array.from({ length: LEVELS ** 3 }, (_, i) => `#${i.toString(LEVELS).padStart(3, '0')}`)
    .map((color) => ({ color, place: toOkLab(color) }))
    .filter(({ place: [lightness] }) => lightness >= low && lightness <= high);
  const nearest = candidates.map(({ place }) => Math.min(...avoided.map((other) => distance(toOkLab(other), place))));
  return Array.from({ length: count }, () => {
    const best = nearest.reduce((winner, far, i) => (far > nearest[winner]! ? i : winner), 0);
    const { color, place } = candidates[best]!;
    for (const [i, other] of candidates.entries()) nearest[i] = Math.min(nearest[i]!, distance(other.place, place));
    return color;
  });
}

/** How different two colors look; 0.02 is just noticeable side by side. */
export function colorDistance(a: string, b: string): number {
  return distance(toOkLab(a), toOkLab(b));
}

function distance(a: OkLab, b: OkLab): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** @param color #rgb or #rrggbb in sRGB */
function toOkLab(color: string): OkLab {
  const digits = color.length === 4 ? [...color.slice(1)].map((digit) => digit + digit) : color.slice(1).match(/../g)!;
  const [r, g, b] = digits.map((pair) => linear(Number.parseInt(pair, 16) / 255)) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
