import sharp from 'sharp';
import type { Box } from '../../data/box.js';
import type { Pixels } from '../../train/pixels.js';
import { shrink } from './resize.js';
import { drawTiles } from './sheet.js';

/** A frame of a track, small, with its box in the small frame's pixels. */
export interface TrackPicture {
  readonly pixels: Pixels;
  readonly box: Box;
  /** In seconds. */
  readonly time: number;
}

/** Longest side of a frame in a picture of a track, in pixels. */
const LONGEST_SIDE = 320;
const TILES = 12;
/** The edge of a box, and a line around it, which together stand out from any pixels. */
const BRIGHT = [0x22, 0xd3, 0xee] as const;
const DARK = [0x0f, 0x17, 0x2a] as const;
/** Milliseconds of a frame whose length is unknown. */
const USUAL_DELAY = 100;

/** A frame made small, with its box drawn. The given pixels are left alone. */
export async function trackPicture(frame: Pixels, box: Box): Promise<Omit<TrackPicture, 'time'>> {
  const small = await shrink(frame, LONGEST_SIDE);
  const [across, down] = [small.width / frame.width, small.height / frame.height];
  const scaled: Box = {
    left: box.left * across,
    top: box.top * down,
    width: box.width * across,
    height: box.height * down,
  };
  const pixels = { ...small, data: Uint8Array.from(small.data) };
  const [left, top] = [Math.round(scaled.left), Math.round(scaled.top)];
  const [right, bottom] = [Math.round(scaled.left + scaled.width) - 1, Math.round(scaled.top + scaled.height) - 1];
  outline(pixels, { left: left - 1, top: top - 1, right: right + 1, bottom: bottom + 1 }, DARK);
  outline(pixels, { left, top, right, bottom }, BRIGHT);
  outline(pixels, { left: left + 1, top: top + 1, right: right - 1, bottom: bottom - 1 }, BRIGHT);
  return { pixels, box: scaled };
}

/** A contact sheet of at most twelve frames of a track, from the first to the last, as PNG. */
export function drawTrackSheet(pictures: readonly TrackPicture[], title: string): Promise<Buffer> {
  const count = Math.min(TILES, pictures.length);
  const last = pictures.length - 1;
  const chosen = Array.from({ length: count }, (_, i) => pictures[Math.round((i * last) / Math.max(1, count - 1))]!);
  const tiles = chosen.map(({ pixels, time }) => ({
    caption: `${time.toFixed(2)} s`,
    isCorrect: null,
    shown: { kind: 'picture' as const, ...pixels },
  }));
  const explanation = 'The box is given in the first frame and followed by a correlation filter.';
  return drawTiles({ title, explanation, chance: null, right: null, rows: [tiles] });
}

/** A track as an animation in WebP, at the video's own speed. */
export function drawTrackAnimation(pictures: readonly TrackPicture[]): Promise<Buffer> {
  const [{ width, height }] = [pictures[0]!.pixels];
  const bytes = Buffer.concat(pictures.map(({ pixels }) => pixels.data));
  const delays = pictures.slice(1).map(({ time }, i) => Math.max(1, Math.round(1000 * (time - pictures[i]!.time))));
  return sharp(bytes, { raw: { width, height: height * pictures.length, channels: 3, pageHeight: height } })
    .webp({ delay: [...delays, delays.at(-1) ?? USUAL_DELAY], loop: 0, quality: 75 })
    .toBuffer();
}

/** Draws the edge of a rectangle, one pixel wide, as far as it lies in the picture. */
function outline(
  { width, height, data }: Pixels,
  { left, top, right, bottom }: { left: number; top: number; right: number; bottom: number },
  color: readonly [number, number, number],
): void {
  const dot = (x: number, y: number): void => {
    if (x >= 0 && y >= 0 && x < width && y < height) data.set(color, (y * width + x) * 3);
  };
  for (let x = left; x <= right; x++) for (const y of [top, bottom]) dot(x, y);
  for (let y = top; y <= bottom; y++) for (const x of [left, right]) dot(x, y);
}
