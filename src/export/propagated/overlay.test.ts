import sharp from 'sharp';
import { expect, it } from 'vitest';
import { VOC_PALETTE } from '../../data/mask-file.js';
import type { Pixels } from '../../train/pixels.js';
import { animate, overlay } from './overlay.js';

const plain = (value: number, side = 8): Pixels => ({
  width: side,
  height: side,
  data: new Uint8Array(3 * side * side).fill(value),
});

it('objects are covered by half with their color, all of it at their edge; the ground stays', () => {
  const data = Uint8Array.from({ length: 64 }, (_, i) => {
    const [y, x] = [Math.floor(i / 8), i % 8];
    return y >= 2 && y < 7 && x >= 2 && x < 7 ? 1 : 0;
  });
  const shown = overlay(plain(100), { width: 8, height: 8, data }, VOC_PALETTE);
  const at = (y: number, x: number) => [...shown.data.subarray(3 * (8 * y + x), 3 * (8 * y + x) + 3)];
  expect(at(0, 0)).toEqual([100, 100, 100]);
  expect(at(4, 4)).toEqual([114, 50, 50]);
  expect(at(2, 4)).toEqual([128, 0, 0]);
  expect(at(4, 6)).toEqual([128, 0, 0]);
});

it('masks of another size are brought to the frame, and objects without a visible color get one', () => {
  const mask = { width: 4, height: 4, data: new Uint8Array(16).fill(7) };
  const shown = overlay(plain(0), mask, [[0, 0, 0]]);
  const middle = [...shown.data.subarray(3 * (8 * 4 + 4), 3 * (8 * 4 + 4) + 3)];
  expect(middle).toEqual([128, 100, 0]);
  const dark = overlay(plain(0), { ...mask, data: mask.data.fill(0) }, [[0, 0, 0]]);
  expect(Math.max(...dark.data)).toBe(0);
});

it('an animation has all pictures with their times, and repeats', async () => {
  const file = await animate([plain(10), plain(120), plain(240)], [100, 250, 1]);
  const { pages, delay, loop, format } = await sharp(file, { animated: true }).metadata();
  expect({ pages, delay, loop, format }).toEqual({ pages: 3, delay: [100, 250, 20], loop: 0, format: 'webp' });
  const last = await sharp(file, { page: 2 }).raw().toBuffer();
  expect(Math.abs(last[0]! - 240)).toBeLessThan(6);
});

it('a single picture is a still one', async () => {
  const file = await animate([plain(120)], [500]);
  const { pages = 1, format, width } = await sharp(file, { animated: true }).metadata();
  expect({ pages, format, width }).toEqual({ pages: 1, format: 'webp', width: 8 });
});
