import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { idx, put, putPng, ramp, temporaryFolder } from '../../tests/data-files.js';
import { openSource } from './open.js';
import { type PackOptions, pack } from './pack.js';

const at = temporaryFolder();
const cacheFolder = at('cache');

const packed = async (path: string, options: PackOptions = {}) =>
  pack(await openSource(path), { cacheFolder, ...options });

describe('pack: images that cannot be read', () => {
  it('lists truncated, empty, foreign and missing files with reasons and packs the rest', async () => {
    const good = await putPng(at('mixed', 'good.png'), { height: 40, width: 40 });
    const png = readFileSync(at('mixed', 'good.png'));
    const jpeg = await sharp(good, { raw: { height: 40, width: 40, channels: 3 } })
      .jpeg()
      .toBuffer();
    put(at('mixed', 'cut.png'), png.subarray(0, png.length >> 1));
    put(at('mixed', 'cut.jpg'), jpeg.subarray(0, jpeg.length >> 1));
    put(at('mixed', 'head.jpg'), jpeg.subarray(0, 60));
    put(at('mixed', 'zero.webp'), '');
    put(at('mixed', 'text.jpg'), 'This is a text.');
    put(at('mixed', 'old.bmp'), `BM${'\0'.repeat(60)}`);
    symlinkSync(at('nowhere'), at('mixed', 'lost.png'));
    const { index } = await packed(at('mixed'));
    expect(index.ids).toEqual(['good.png']);
    const reasons = Object.fromEntries(index.skipped.map(({ id, reason }) => [id, reason]));
    expect(reasons).toEqual({
      'cut.jpg': expect.stringMatching(/^damaged: .*premature end/),
      'cut.png': expect.stringMatching(/^damaged: /),
      'head.jpg': expect.stringMatching(/^damaged: /),
      'lost.png': 'there is no such file',
      'old.bmp': 'no image in a format that can be read',
      'text.jpg': 'no image in a format that can be read',
      'zero.webp': 'no image in a format that can be read',
    });
  });

  it('fails when none can be read, with the first reasons, and leaves no pack', async () => {
    for (const name of ['a.jpg', 'b.png']) put(at('none', name), 'text');
    const before = readdirSync(join(cacheFolder, 'packs'));
    await expect(packed(at('none'))).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(/None of the 2 images of none could be read: a\.jpg \(no image in a format/),
    });
    expect(readdirSync(join(cacheFolder, 'packs'))).toEqual(before);
  });

  it('keeps the skipped list in the pack that is used again', async () => {
    expect((await packed(at('mixed'))).index.skipped).toHaveLength(7);
  });
});

/** A black PNG of one gray bit per pixel, put together by hand: each row is a filter byte and width / 8 bytes. */
function hugePng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  const rows = deflateSync(Buffer.alloc(height * (1 + Math.ceil(width / 8))), { level: 1 });
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

describe('pack: huge images', () => {
  it('reads 20,000 x 20,000 pixels with little memory', async () => {
    put(at('huge', 'a.png'), hugePng(20_000, 20_000));
    const before = process.resourceUsage().maxRSS;
    const { index, pixelPath } = await packed(at('huge'));
    expect(index).toMatchObject({ count: 1, height: 224, width: 224, skipped: [] });
    expect(readFileSync(pixelPath).every((value) => value === 0)).toBe(true);
    // Unpacked, it would take 400 MB in one channel and 1,200 MB in three. maxRSS is in kilobytes.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(250_000);
  });

  it('skips what is above the limit, and says so', async () => {
    await putPng(at('above', 'good.png'));
    // The header of an SVG announces the size without a single pixel.
    put(at('above', 'huge.svg'), '<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000"/>');
    const { index } = await packed(at('above'));
    const reason = '30000 x 30000 is above the limit of 512 megapixels';
    expect(index).toMatchObject({ ids: ['good.png'], skipped: [{ id: 'huge.svg', reason }] });
  });
});

describe('pack: a disk that takes no more', () => {
  it('reports it and leaves nothing behind', () => {
    // Stands in for a full disk: the system refuses to let any file grow beyond 64 KB (ulimit counts blocks of 512 bytes or 1 KB).
    const images = put(at('full', 'images-idx3-ubyte'), idx([200, 32, 32], ramp(200 * 1024)));
    const program = put(
      at('full.mts'),
      `import { openImages } from ${JSON.stringify(fileURLToPath(new URL('./open.js', import.meta.url)))};
       await openImages(process.argv[2], { cacheFolder: process.argv[3] }).then(
         () => console.log('packed'),
         (error) => console.log(error.code, error.message),
       );`,
    );
    const command = `ulimit -f 64 && exec "$0" --import tsx "$@"`;
    const options = { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)) } as const;
    const cache = at('full-cache');
    const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, program, images, cache], options);
    expect(stdout, stderr).toMatch(/^IO Could not write .*file too large/i);
    expect(readdirSync(join(cache, 'packs'))).toEqual([]);
  });
});
