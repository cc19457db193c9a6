/** What floating point pixels are multiplied by to become bytes, by their highest value: 255 in 0..1, 1 in 0..255. */
export const scaleOfFloats = (highest: number): 1 | 255 => (highest <= 1 ? 255 : 1);

/** Whether a floating point pixel can be one of an image in 0..1 or 0..255; NaN cannot. */
export const isFloatPixel = (value: number): boolean => value >= 0 && value <= 255;

/** Floating point pixels in 0..1 or 0..255 as bytes; null with the first value outside of both when there is one. */
export function floatsToBytes(
  values: Float32Array,
): { bytes: Uint8Array; outside: null } | { bytes: null; outside: number } {
  let highest = 0;
  for (const value of values) {
    if (!isFloatPixel(value)) return { bytes: null, outside: value };
    if (value > highest) highest = value;
  }
  const scale = scaleOfFloats(highest);
  return { bytes: Uint8Array.from(values, (value) => Math.round(value * scale)), outside: null };
}
