import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Pixels } from '../../train/pixels.js';
import { drawTrackAnimation, drawTrackSheet, trackPicture } from './track.js';

const GRAY = 90;
const frame = (width: number, height: number, value = GRAY): Pixels => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
});
const BRIGHT = '34,211,238';

/** Columns and rows of the pixels of a color: first and last. */
function extent({ width, data }: Pixels, color: string): number[] {
  const places = Array.from({ length: data.length / 3 }, (_, i) => i).filter(
    (i) => data.subarray(3 * i, 3 * i + 3).join() === color,
  );
  const [xs, ys] = [places.map((i) => i % width), places.map((i) => Math.floor(i / width))];
  return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
}

describe('a frame of a track', () => {
  it('has its box drawn along its edge, and is left alone', async () => {
    const given = frame(64, 48);
    const { pixels, box } = await trackPicture(given, { left: 10.2, top: 6, width: 20, height: 15 });
    expect(extent(pixels, BRIGHT)).toEqual([10, 29, 6, 20]);
    expect(box).toEqual({ left: 10.2, top: 6, width: 20, height: 15 });
    expect(new Set(given.data)).toEqual(new Set([GRAY]));
    const middle = (13 * 64 + 20) * 3;
    expect([...pixels.data.subarray(middle, middle + 3)]).toEqual([GRAY, GRAY, GRAY]);
  });

  it('is made small together with its box', async () => {
    const { pixels } = await trackPicture(frame(1280, 720), { left: 400, top: 200, width: 400, height: 240 });
    expect([pixels.width, pixels.height]).toEqual([320, 180]);
    expect(extent(pixels, BRIGHT)).toEqual([100, 199, 50, 109]);
  });

  it('shows the part of a box that lies in the picture', async () => {
    const { pixels } = await trackPicture(frame(64, 48), { left: -10, top: 40, width: 20, height: 20 });
    expect(extent(pixels, BRIGHT)).toEqual([0, 9, 40, 47]);
  });
});

const pictures = (count: number) =>
  Promise.all(
    Array.from({ length: count }, async (_, t) => ({
      ...(await trackPicture(frame(64, 48, 10 * t), { left: t, top: 6, width: 20, height: 15 })),
      time: 0.5 + t / 8 + (t > 1 ? 0.4 : 0),
    })),
  );

describe('the pictures of a track', () => {
  it('are an animation at the speed of the video', async () => {
    const file = await drawTrackAnimation(await pictures(4));
    const { format, pages, pageHeight, width, delay, loop } = await sharp(file, { animated: true }).metadata();
    expect({ format, pages, pageHeight, width, delay, loop }).toEqual({
      format: 'webp',
      pages: 4,
      pageHeight: 48,
      width: 64,
      delay: [125, 525, 125, 125],
      loop: 0,
    });
    const third = await sharp(file, { page: 2 }).removeAlpha().raw().toBuffer();
    expect(Math.abs(third[(40 * 64 + 50) * 3]! - 20)).toBeLessThan(4);
    expect((await sharp(await drawTrackAnimation(await pictures(1))).metadata()).format).toBe('webp');
  });

  it('are a sheet of the first, the last and frames in between', async () => {
    const sheet = async (count: number) => {
      const { data, info } = await sharp(await drawTrackSheet(await pictures(count), 'Track'))
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const shown = new Set<number>();
      for (let i = 0; i < data.length; i += 3)
        if (data[i] === data[i + 1] && data[i] === data[i + 2] && data[i]! % 10 === 0) shown.add(data[i]! / 10);
      return { shown: [...shown].filter((t) => t < count).sort((a, b) => a - b), height: info.height };
    };
    const many = await sheet(23);
    expect(many.shown).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]);
    const one = await sheet(1);
    expect(one.shown).toEqual([0]);
    expect(many.height).toBeGreaterThan(one.height);
  });
});
