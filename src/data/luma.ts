/** Shares of red, green and blue in the brightness of a color, ITU-R BT.601, as in Pillow; torchvision's tensor code has 0.2989 for red. */
export const LUMA = [0.299, 0.587, 0.114] as const;

/** The brightness of pixels, uint8 (..., 3) to uint8 (...), rounded. */
export function grayBytes(colors: Uint8Array): Uint8Array {
  const [red, green, blue] = LUMA;
  return Uint8Array.from({ length: colors.length / 3 }, (_, i) =>
    Math.round(red * colors[3 * i]! + green * colors[3 * i + 1]! + blue * colors[3 * i + 2]!),
  );
}
