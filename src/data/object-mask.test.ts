import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { readObjectMask } from './object-mask.js';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-object-masks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SIDE = 32;
type Pixel = readonly number[];

/** A PNG without a palette, of what `paint` says of each pixel. */
async function drawn(name: string, channels: 1 | 2 | 3 | 4, paint: (x: number, y: number) => Pixel): Promise<string> {
  const data = Uint8Array.from(
    Array.from({ length: SIDE * SIDE }, (_, i) => paint(i % SIDE, Math.floor(i / SIDE))).flat(),
  );
  const path = join(folder, `${name}.png`);
  const raw = { width: SIDE, height: SIDE, channels };
  const image = sharp(data, { raw });
  await (channels === 1 ? image.toColorspace('b-w') : image).png({ palette: false }).toFile(path);
  return path;
}

const isLeft = (x: number, y: number): boolean => x >= 4 && x < 12 && y >= 10 && y < 20;
const isRight = (x: number, y: number): boolean => x >= 18 && x < 28 && y >= 4 && y < 14;
/** A disc whose edge is smoothed: the share of each pixel that it covers. */
const cover = (x: number, y: number): number => Math.min(1, Math.max(0, 10.5 - Math.hypot(x - 15.3, y - 15.8)));

describe('masks that a person draws', () => {
  it('may be in colors, one for each object, with black for the ground', async () => {
    const path = await drawn('colors', 3, (x, y) =>
      isLeft(x, y) ? [255, 0, 0] : isRight(x, y) ? [0, 9, 255] : [0, 0, 0],
    );
    const { data, palette } = await readObjectMask(path);
    // The right one begins higher.
    expect(palette).toEqual([
      [0, 0, 0],
      [0, 9, 255],
      [255, 0, 0],
    ]);
    expect(
      data.every((number, i) => {
        const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
        return number === (isLeft(x, y) ? 2 : isRight(x, y) ? 1 : 0);
      }),
    ).toBe(true);
  });

  it.each([2, 3, 4] as const)('may be black and white in %i channels', async (channels) => {
    const white = { 2: [255, 255], 3: [255, 255, 255], 4: [255, 255, 255, 255] }[channels];
    // Nothing beside what is white is shown, whatever its color.
    const other = { 2: [70, 0], 3: [0, 0, 0], 4: [70, 80, 90, 0] }[channels];
    const path = await drawn(`white-${channels}`, channels, (x, y) => (isLeft(x, y) ? white : other));
    const { data, palette } = await readObjectMask(path);
    expect(data.reduce((sum, number) => sum + number, 0)).toBe(80);
    expect(palette![1]).toEqual([255, 255, 255]);
  });

  it('keep the numbers of gray ones, also of some objects of a single pixel', async () => {
    const path = await drawn('gray', 1, (x, y) => [isLeft(x, y) ? 7 : x === 1 && y < 2 ? 3 + y : 0]);
    const { data } = await readObjectMask(path);
    expect([...new Set(data)].sort((a, b) => a - b)).toEqual([0, 3, 4, 7]);
  });

  it.each([
    ['gray', 1, (share: number) => [Math.round(255 * share)]],
    ['color', 3, (share: number) => [Math.round(200 * share), 0, Math.round(90 * share)]],
    ['transparent', 4, (share: number) => [255, 0, 0, Math.round(255 * share)]],
  ] as const)('are refused with smoothed edges, in %s', async (name, channels, of) => {
    const path = await drawn(`smoothed-${name}`, channels, (x, y) => of(cover(x, y)));
    await expect(readObjectMask(path)).rejects.toThrow(
      /it has \d\d values, of which \d\d are nowhere two pixels wide, as those of smoothed edges are\. Draw it with a hard brush/,
    );
  });

  it('are refused with more colors than a palette has', async () => {
    const path = await drawn('photo', 3, (x, y) => [8 * x, 8 * y, 1]);
    await expect(readObjectMask(path)).rejects.toThrow('it has more than 255 colors, and each would be an object');
  });
});
