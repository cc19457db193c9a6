import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Pixels } from '../../train/pixels.js';
import type { PreviewData, TileData } from '../../train/preview-data.js';
import { drawSheet } from './sheet.js';

type Tile = TileData<Pixels>;

/** A square of one color, with a side of 4 pixels. */
function square(color: readonly number[], changes: Partial<Tile> = {}, width = 4, height = width): Tile {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => color[i % 3]!);
  return { caption: null, isCorrect: null, shown: { kind: 'picture', width, height, data }, ...changes };
}

const words = (text: string): Tile => ({ caption: null, isCorrect: null, shown: { kind: 'text', text } });

function preview(rows: Tile[][], changes: Partial<PreviewData<Pixels>> = {}): PreviewData<Pixels> {
  return { title: '', explanation: '', chance: null, right: null, rows, ...changes };
}

async function draw(previews: PreviewData<Pixels>[], step = 40) {
  const png = await drawSheet({ step, isTrained: step > 0, previews });
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): number[] => [
    ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
  ];
  /** Every pixel of exactly this color: how many, and the box around them. */
  const find = (color: readonly number[]) => {
    const found = { count: 0, left: info.width, right: -1, top: info.height, bottom: -1 };
    for (let y = 0; y < info.height; y++)
      for (let x = 0; x < info.width; x++) {
        const from = (y * info.width + x) * 3;
        if (color.some((value, c) => data[from + c] !== value)) continue;
        found.count++;
        found.left = Math.min(found.left, x);
        found.right = Math.max(found.right, x);
        found.top = Math.min(found.top, y);
        found.bottom = Math.max(found.bottom, y);
      }
    return found;
  };
  return { width: info.width, height: info.height, at, find };
}

const GREEN = [0x15, 0x80, 0x3d];
const RED = [0xc2, 0x26, 0x1d];
const INK = [0x0f, 0x17, 0x2a];
const UNTRAINED = [0x9a, 0x34, 0x12];
const BLACK = [0, 0, 0];
const BLUE = [0, 0, 255];

describe('the pictures of a sheet', () => {
  it('are enlarged by a whole factor without smoothing', async () => {
    const data = Uint8Array.from([0, 255, 255, 0].flatMap((value) => [value, value, value]));
    const checker: Tile = { ...square(BLACK), shown: { kind: 'picture', width: 2, height: 2, data } };
    const sheet = await draw([preview([[checker]])]);
    // 2 pixels become 208; nothing inside is gray.
    expect(sheet.find(BLACK).count).toBe(2 * 104 * 104);
    expect(sheet.at(0, 0)).toEqual([255, 255, 255]);
  });

  it('keep their colors, and are framed by whether the answer is right', async () => {
    const color = [255, 128, 0];
    const render = (isCorrect: boolean | null) => draw([preview([[square(color, { caption: 'says so', isCorrect })]])]);
    const [right, wrong, neutral] = [await render(true), await render(false), await render(null)];
    for (const sheet of [right, wrong, neutral]) expect(sheet.find(color).count).toBe(208 * 208);
    expect(right.find(GREEN).count).toBeGreaterThan(4 * 208 * 4);
    expect(right.find(RED).count).toBe(0);
    expect(wrong.find(RED).count).toBeGreaterThan(4 * 208 * 4);
    expect(wrong.find(GREEN).count).toBe(0);
    expect(neutral.find(GREEN).count + neutral.find(RED).count).toBe(0);
  });

  it('may have several sizes, in rows of several lengths', async () => {
    const sheet = await draw([
      preview([[square(BLUE), square([64, 64, 64], {}, 1)], [square([0, 255, 0], {}, 500)], []]),
    ]);
    expect(sheet.find(BLUE).count).toBe(208 * 208);
    expect(sheet.find([64, 64, 64]).count).toBe(208 * 208);
    expect(sheet.find([0, 255, 0]).count).toBe(448 * 448);
  });
});

describe('the room on a sheet', () => {
  const columns = (count: number, rows: number) =>
    Array.from({ length: rows }, () => Array.from({ length: count }, () => square(BLUE)));

  it.each([
    [3, 6],
    [2, 5],
    [4, 6],
    [9, 4],
  ])('is used: no third stays empty beside %d tiles in %d rows', async (count, rows) => {
    const sheet = await draw([preview(columns(count, rows))]);
    const { left, right, count: pixels } = sheet.find(BLUE);
    expect(pixels).toBe(count * rows * 208 * 208);
    expect((right - left) / sheet.width).toBeGreaterThan(2 / 3);
  });

  it('is not so wide that captions become unreadable: long rows go on below', async () => {
    const sheet = await draw([preview(columns(24, 1))]);
    expect(sheet.find(BLUE).count).toBe(24 * 208 * 208);
    expect(sheet.width).toBeLessThan(2000);
  });

  it('grows with captions, which are never cut off', async () => {
    const long = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');
    const heightOf = async (caption: string) => (await draw([preview([[square(BLUE, { caption })]])])).height;
    // Two words fit on a line of 27 pixels: 40 of them are 20 lines, one of which stands already.
    expect((await heightOf(long)) - (await heightOf('word0'))).toBeGreaterThanOrEqual(18 * 27);
  });

  it('holds several previews, one below the other', async () => {
    const one = await draw([preview([[square(BLUE)]])]);
    const two = await draw([preview([[square(BLUE)]]), preview([[square(BLACK)]])]);
    expect(two.height).toBeGreaterThan(one.height + 208);
    expect(two.find(BLACK).top).toBeGreaterThan(two.find(BLUE).bottom);
  });

  it('is refused beyond what can be drawn', async () => {
    await expect(draw([preview([[words('line\n'.repeat(1100))]])])).rejects.toThrow('The picture would be');
  });
});

describe('the words of a sheet', () => {
  it('say in their own color that the network is untrained', async () => {
    const rows = [[square(BLUE)]];
    expect((await draw([preview(rows)], 0)).find(UNTRAINED).count).toBeGreaterThan(200);
    expect((await draw([preview(rows)], 40)).find(UNTRAINED).count).toBe(0);
  });

  it('tell the score', async () => {
    const score = { right: { count: 6, of: 24 }, chance: 0.25 };
    const [without, withScore] = [await draw([preview([])]), await draw([preview([], score)])];
    expect(withScore.find(INK).right).toBeGreaterThan(without.find(INK).right + 150);
  });

  it('are the tile where it is a text, in full and line by line', async () => {
    const [bare, one, two] = [
      await draw([preview([])]),
      await draw([preview([[words('The quick [MASK] fox → brown')]])]),
      await draw([preview([[words('The quick [MASK] fox → brown\n\nand its friends')]])]),
    ];
    expect(one.find(INK).count).toBeGreaterThan(bare.find(INK).count + 500);
    expect(two.height - one.height).toBe(Math.ceil(3 * 23 * 1.35) - Math.ceil(23 * 1.35));
    const long = await draw([preview([[words('word '.repeat(400))]])]);
    expect(long.width).toBeLessThan(1000);
    expect(long.find(INK).count).toBeGreaterThan(400 * 4 * 30);
  });
});
