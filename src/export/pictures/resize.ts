import sharp from 'sharp';
import type { Pixels } from '../../train/pixels.js';

/** Shrinks a picture whose longer side exceeds `side`; others stay as they are. */
export async function shrink(pixels: Pixels, side: number): Promise<Pixels> {
  const { width, height, data } = pixels;
  if (Math.max(width, height) <= side) return pixels;
  const small = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: 'inside' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: small.info.width, height: small.info.height, data: small.data };
}

/** Enlarges a picture by the smallest whole factor that brings its longer side to `side` or more, without smoothing. */
export function enlarge(pixels: Pixels, side: number): Pixels {
  const { width, height, data } = pixels;
  const factor = Math.ceil(side / Math.max(width, height));
  if (factor <= 1) return pixels;
  const large = { width: width * factor, height: height * factor, data: new Uint8Array(data.length * factor * factor) };
  for (let y = 0; y < large.height; y++)
    for (let x = 0; x < large.width; x++) {
      const from = (Math.floor(y / factor) * width + Math.floor(x / factor)) * 3;
      large.data.set(data.subarray(from, from + 3), (y * large.width + x) * 3);
    }
  return large;
}
