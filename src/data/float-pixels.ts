/** What floating point pixels are multiplied by to become bytes: 255 in 0..1, 1 in 0..255. */
export type FloatScale = 1 | 255;

/** Pixels in 0..255 whose highest value is not above this may as well be some of 0..1 that are a little too high. */
const MOST_AMBIGUOUS = 16;

/** The scale of pixels by their highest value; null where that says neither 0..1 nor 0..255, as 1.02 and 2 do. */
export function scaleOfFloats(highest: number): FloatScale | null {
  if (highest <= 1) return 255;
  return highest > MOST_AMBIGUOUS ? 1 : null;
}

/** Whether a floating point pixel can be one of an image in 0..1 or 0..255; NaN cannot. */
export const isFloatPixel = (value: number): boolean => value >= 0 && value <= 255;

/** The highest pixel; as `outside`, the first that is neither in 0..1 nor in 0..255. */
export function highestFloat(values: Iterable<number>): { highest: number } | { outside: number } {
  let highest = 0;
  for (const value of values) {
    if (!isFloatPixel(value)) return { outside: value };
    if (value > highest) highest = value;
  }
  return { highest };
}

/**
 * Floating point pixels as bytes; or why not, in words that go on after "its samples ".
 *
 * @param scale of the set that the image is of; by default by its own highest value
 */
export function floatsToBytes(values: Float32Array, scale?: FloatScale): Uint8Array | string {
  const found = highestFloat(values);
  if ('outside' in found) return `are not in 0..1 or 0..255: it holds ${found.outside}; scale it before saving`;
  const { highest } = found;
  const by = scale ?? scaleOfFloats(highest) ?? 255;
  if (highest * by > 255)
    return `go up to ${highest}, a little above 0..1: clip them to 0..1, or scale them to 0..255, before saving`;
  return Uint8Array.from(values, (value) => Math.round(value * by));
}
