import type { Prng } from '../prng.js';

/** A color as red, green and blue in [0, 1]. */
type Rgb = readonly [number, number, number];

/** A square picture that repeats in both directions, float RGB; `side` texels a side. */
export interface Texture {
  readonly side: number;
  readonly texels: Float32Array;
}

/** Writes the color at a place in texels into `out`, bilinear between the centers of texels, periodic. */
export function sampleTexture({ side, texels }: Texture, x: number, y: number, out: Float32Array): void {
  const [fx, fy] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  const [ax, ay] = [x - 0.5 - fx, y - 0.5 - fy];
  const left = ((fx % side) + side) % side;
  const top = ((fy % side) + side) % side;
  const right = left + 1 === side ? 0 : left + 1;
  const bottom = top + 1 === side ? 0 : top + 1;
  const [a, b] = [3 * (top * side + left), 3 * (top * side + right)];
  const [c, d] = [3 * (bottom * side + left), 3 * (bottom * side + right)];
  for (let i = 0; i < 3; i++) {
    const upper = texels[a + i]! * (1 - ax) + texels[b + i]! * ax;
    const lower = texels[c + i]! * (1 - ax) + texels[d + i]! * ax;
    out[i] = upper * (1 - ay) + lower * ay;
  }
}

function fill(side: number, color: (x: number, y: number) => Rgb): Texture {
  const texels = new Float32Array(3 * side * side);
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) texels.set(color(x, y), 3 * (y * side + x));
  return { side, texels };
}

/** Smooth noise in [-1, 1] with `cells` lattice points a side, periodic. */
function noise(cells: number, side: number, random: Prng): (x: number, y: number) => number {
  const lattice = Float32Array.from({ length: cells * cells }, () => 2 * random.uniform() - 1);
  const at = (i: number, k: number): number => lattice[(k % cells) * cells + (i % cells)]!;
  const smooth = (t: number): number => t * t * (3 - 2 * t);
  return (x, y) => {
    const [u, v] = [((x + 0.5) / side) * cells, ((y + 0.5) / side) * cells];
    const [i, k] = [Math.floor(u), Math.floor(v)];
    const [a, b] = [smooth(u - i), smooth(v - k)];
    return (at(i, k) * (1 - a) + at(i + 1, k) * a) * (1 - b) + (at(i, k + 1) * (1 - a) + at(i + 1, k + 1) * a) * b;
  };
}

/** A fully saturated color of a hue from 0 to 1, mixed with gray. */
function hued(hue: number, saturation: number, lightness: number): Rgb {
  const part = (offset: number): number => {
    const distance = Math.abs(((((hue + offset) % 1) + 1) % 1) - 0.5) * 6; // 3 at the hue itself, 0 opposite
    return lightness + saturation * (Math.min(1, Math.max(0, distance - 1)) - 0.5);
  };
  return [part(0), part(2 / 3), part(1 / 3)];
}

const mixed = (a: Rgb, b: Rgb, share: number, added: number): Rgb => [
  a[0] + (b[0] - a[0]) * share + added,
  a[1] + (b[1] - a[1]) * share + added,
  a[2] + (b[2] - a[2]) * share + added,
];

/**
 * Ground in two pale colors with coarse and fine structure; as many pixels per structure whatever the size.
 *
 * @param pixels side of the picture; the texture is twice as large, one texel per pixel
 */
export function groundTexture(pixels: number, palette: readonly [Rgb, Rgb], random: Prng): Texture {
  const side = 2 * pixels;
  const coarse = noise(10, side, random);
  const fine = noise(Math.max(10, Math.round(side / 4)), side, random);
  return fill(side, (x, y) => mixed(palette[0], palette[1], 0.5 + 0.7 * coarse(x, y), 0.16 * fine(x, y)));
}

/** Two pale colors of a ground. */
export function groundPalette(random: Prng): readonly [Rgb, Rgb] {
  const color = (): Rgb => hued(random.uniform(), 0.15, 0.35 + 0.3 * random.uniform());
  return [color(), color()];
}

/** One color everywhere. */
export function plainTexture(color: Rgb): Texture {
  return fill(1, () => color);
}

/** Bright stripes and spots in two strong colors; `side` texels are the diameter of the sprite. */
export function brightTexture(side: number, random: Prng): Texture {
  const hue = random.uniform();
  const colors = [
    hued(hue, 0.8, 0.35 + 0.3 * random.uniform()),
    hued(hue + 0.3 + 0.4 * random.uniform(), 0.8, 0.5),
  ] as const;
  const angle = Math.PI * random.uniform();
  const stripes = 1.5 + 2 * random.uniform();
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)].map((part) => (2 * Math.PI * stripes * part) / side) as [
    number,
    number,
  ];
  const phase = 2 * Math.PI * random.uniform();
  const spots = noise(4, side, random);
  return fill(side, (x, y) => {
    const share = 0.5 + 0.5 * Math.tanh(2.5 * (Math.sin(cos * x + sin * y + phase) + spots(x, y)));
    return mixed(colors[0], colors[1], share, 0.12 * spots(y, x));
  });
}

/** Rec. 601. */
const LUMA = [0.299, 0.587, 0.114] as const;
const MIDDLE_GRAY = 0.5;

/** `cells` x `cells` colors of one brightness over `side` texels, under a texture of gray that tells nothing of the color. */
export function quadrantTexture(cells: number, side: number, random: Prng): Texture {
  const colors = Array.from({ length: cells * cells }, (): Rgb => {
    const color = hued(random.uniform(), 0.6, 0.5);
    const luma = color.reduce((sum, value, i) => sum + value * LUMA[i]!, 0);
    return mixed(color, color, 0, MIDDLE_GRAY - luma);
  });
  const gray = noise(Math.max(4, Math.round(side / 4)), side, random);
  return fill(side, (x, y) => {
    const cell = Math.floor((y * cells) / side) * cells + Math.floor((x * cells) / side);
    return mixed(colors[cell]!, colors[cell]!, 0, 0.18 * gray(x, y));
  });
}
