import sharp from 'sharp';
import type { Palette } from '../../data/mask-file.js';
import { resizeMask } from '../../data/resize-mask.js';
import type { Pixels } from '../../train/pixels.js';

/** How much of a pixel's color is that of its object. */
const COVER = 0.5;
/** Objects whose palette color is darker than this, of 255, are shown in another: black on black says nothing. */
const DARKEST = 40;
const FALLBACK = [255, 200, 0] as const;

/** The color of an object of this number that can be seen on any picture. */
export function visibleColor(number: number, palette: Palette): readonly [number, number, number] {
  const given = palette[number] ?? FALLBACK;
  return Math.max(...given) < DARKEST ? FALLBACK : given;
}

/**
 * A frame with the objects of a mask in the colors of a palette, each with an outline.
 *
 * @param frame RGB, row by row
 * @param mask numbers of objects, 0 for the ground, of any size with the same proportions
 */
export function overlay(
  frame: Pixels,
  mask: { data: Uint8Array; height: number; width: number },
  palette: Palette,
): Pixels {
  const { width, height } = frame;
  const size = { height, width, channels: 1 };
  const own = resizeMask(mask.data, { height: mask.height, width: mask.width, channels: 1 }, size, 'stretch');
  const data = Uint8Array.from(frame.data);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const number = own[i]!;
      if (number === 0) continue;
      const isEdge =
        own[i - 1] !== number || own[i + 1] !== number || own[i - width] !== number || own[i + width] !== number;
      const color = visibleColor(number, palette);
      const cover = isEdge ? 1 : COVER;
      for (let c = 0; c < 3; c++) data[3 * i + c] = Math.round((1 - cover) * data[3 * i + c]! + cover * color[c]!);
    }
  return { width, height, data };
}

/** Pictures of one size as an animated WebP that repeats; of one picture a still one. @param delays milliseconds for which each is shown */
export async function animate(pictures: readonly Pixels[], delays: readonly number[]): Promise<Buffer> {
  const frames = pictures.map(({ width, height, data }) => ({
    ...{ data: Buffer.from(data.buffer, data.byteOffset, data.byteLength) },
    raw: { width, height, channels: 3 as const },
  }));
  const encoded = await Promise.all(
    frames.map(({ data, raw }) => sharp(data, { raw }).png({ compressionLevel: 1 }).toBuffer()),
  );
  // sharp joins two pictures at least.
  const [only, ...others] = encoded;
  return (others.length === 0 ? sharp(only) : sharp(encoded, { join: { animated: true } }))
    .webp({ quality: 80, effort: 2, loop: 0, delay: delays.map((delay) => Math.max(20, Math.round(delay))) })
    .toBuffer();
}
