import type { Fit, PixelShape } from './decode.js';

/**
 * A mask in another size, by the nearest pixel: classes do not mix.
 *
 * @param mask classes, height x width of `from`
 * @param fit as for the image: `crop` cuts the center square to the shape of `to` first, `stretch` takes all of it
 */
export function resizeMask(mask: Uint8Array, from: PixelShape, to: PixelShape, fit: Fit): Uint8Array {
  const scale = Math.min(from.height / to.height, from.width / to.width);
  const [height, width] = fit === 'stretch' ? [from.height, from.width] : [to.height * scale, to.width * scale];
  const [top, left] = [(from.height - height) / 2, (from.width - width) / 2];
  const resized = new Uint8Array(to.height * to.width);
  for (let y = 0; y < to.height; y++) {
    const row = Math.min(from.height - 1, Math.floor(top + ((y + 0.5) * height) / to.height));
    for (let x = 0; x < to.width; x++) {
      const column = Math.min(from.width - 1, Math.floor(left + ((x + 0.5) * width) / to.width));
      resized[y * to.width + x] = mask[row * from.width + column]!;
    }
  }
  return resized;
}
