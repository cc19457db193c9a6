import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeMask, readMaskFile, VOC_PALETTE } from './mask-file.js';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-masks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function written(bytes: Uint8Array, ending = 'png'): string {
  const path = join(folder, `${count++}.${ending}`);
  writeFileSync(path, bytes);
  return path;
}

async function refusal(path: string): Promise<string> {
  return readMaskFile(path).then(
    () => 'not refused',
    (error: Error) => error.message,
  );
}

describe('masks in files', () => {
  it('keep the numbers of a palette, which sharp turns into colors', async () => {
    const data = Uint8Array.from({ length: 6 * 5 }, (_, i) => [0, 1, 2, 15, 200, 255][i % 6]!);
    const path = written(encodeMask({ width: 6, height: 5, data }, VOC_PALETTE));
    const mask = await readMaskFile(path);
    expect(mask).toEqual({ width: 6, height: 5, data, palette: VOC_PALETTE });
    const { data: colors, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(3);
    expect([...colors.subarray(3, 9)]).toEqual([128, 0, 0, 0, 128, 0]);
  });

  it.each([1, 2, 4] as const)('are unpacked from %i bits, rows of any length', async (depth) => {
    const most = 2 ** depth;
    const numbers = Uint8Array.from({ length: 7 * 3 }, (_, i) => (i * 5) % most);
    const rowBytes = Math.ceil((7 * depth) / 8);
    const packed = new Uint8Array(rowBytes * 3);
    for (const [i, number] of numbers.entries()) {
      const [row, column] = [Math.floor(i / 7), i % 7];
      const bit = column * depth;
      packed[row * rowBytes + (bit >> 3)]! |= number << (8 - depth - (bit & 7));
    }
    const palette = VOC_PALETTE.slice(0, most).map((color) => [...color]);
    const path = written(encode({ width: 7, height: 3, data: packed, channels: 1, depth, palette }));
    expect((await readMaskFile(path)).data).toEqual(numbers);
  });

  it('may be gray', async () => {
    const data = Uint8Array.from([0, 255, 3, 0]);
    const path = written(encode({ width: 2, height: 2, data, channels: 1, depth: 8 }));
    expect(await readMaskFile(path)).toEqual({ width: 2, height: 2, data, palette: null });
  });

  it('are refused with the reason', async () => {
    const pixels = { raw: { width: 4, height: 4, channels: 3 as const } };
    const color = await sharp(Buffer.alloc(48, 7), pixels).png({ palette: false }).toBuffer();
    expect(await refusal(written(color))).toMatch(
      /cannot be read: it is in colors without a palette\. Save it with a palette, or in gray/,
    );
    const deep = encode({ width: 1, height: 1, data: new Uint16Array([300]), channels: 1, depth: 16 });
    expect(await refusal(written(deep))).toContain('it has 16 bits a value');
    const jpeg = await sharp(Buffer.alloc(48, 7), pixels).jpeg().toBuffer();
    expect(await refusal(written(jpeg, 'png'))).toContain('it is no PNG. Save the mask as a PNG');
    expect(await refusal(written(new Uint8Array(0)))).toContain('it is no PNG');
    const cut = encodeMask({ width: 40, height: 40, data: new Uint8Array(1600).fill(3) }, VOC_PALETTE);
    expect(await refusal(written(cut.subarray(0, cut.length - 30)))).toContain('it is damaged');
    const huge = Uint8Array.from(cut);
    huge.set([0, 2, 0, 0, 0, 2, 0, 0], 16);
    expect(await refusal(written(huge))).toContain('131072 x 131072 pixels, which is too many');
    expect(await refusal(join(folder, 'nothing.png'))).toContain('no such file');
    mkdirSync(join(folder, 'folder.png'));
    expect(await refusal(join(folder, 'folder.png'))).toContain('is a folder');
  });

  it('have the colors of PASCAL VOC', () => {
    expect(VOC_PALETTE.length).toBe(256);
    // aeroplane, bicycle, bird, boat, person, and the border.
    expect([0, 1, 2, 3, 4, 15, 255].map((number) => VOC_PALETTE[number])).toEqual([
      ...[
        [0, 0, 0],
        [128, 0, 0],
        [0, 128, 0],
        [128, 128, 0],
        [0, 0, 128],
        [192, 128, 128],
        [224, 224, 192],
      ],
    ]);
  });
});
