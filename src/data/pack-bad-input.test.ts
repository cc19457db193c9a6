import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { idx, put, putPng, ramp, temporaryFolder } from '../../tests/data-files.js';
import { rawPng } from './image-files.test-util.js';
import { openSource } from './open.js';
import { type PackOptions, pack } from './pack.js';
import { checkIndexSize } from './pack-file.js';
import type { FileSource } from './sources/source.js';

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

describe('pack: an index that is too large', () => {
  const long = 'a'.repeat(100_000);

  it('is refused before any image is decoded', async () => {
    const part = {
      ...{ idPrefix: '', ids: Array(5100).fill(long), split: null, count: 5100, labels: null, identity: 'long' },
      // biome-ignore lint/correctness/useYield: it is never to be asked
      async *pixels() {
        throw new Error('decoded');
      },
    };
    const described = { form: 'pixels' as const, kind: 'made', name: 'long', classes: null, skipped: [] };
    const source = { ...described, height: 1, width: 1, channels: 1, parts: [part] };
    await expect(pack(source, { cacheFolder })).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(
        /^The ids, labels and splits of long take 510 MB for 5,100 samples, and an index holds 500 MB\. Take a limit/,
      ),
    });
  });

  it('counts ids, labels and splits', () => {
    const check = (count: number, split: string | null) =>
      checkIndexSize(Array(count).fill({ id: 'a', label: 3, split }), 'long');
    expect(() => check(5100, null)).not.toThrow();
    expect(() => check(4900, long)).not.toThrow();
    expect(() => check(5100, long)).toThrow(/take 510 MB/);
  });
});

// Failures are made by Linux's own means.
describe.skipIf(process.platform !== 'linux')('pack: failures of the system', () => {
  it('end the packing, and leave neither a pack nor a reason behind', async () => {
    await putPng(at('system', 'good.png'));
    // Reading the first byte of a process's memory fails with EIO.
    symlinkSync('/proc/self/mem', at('system', 'disk.png'));
    const before = readdirSync(join(cacheFolder, 'packs'));
    for (const options of [{}, { size: 8, channels: 3 }]) {
      await expect(packed(at('system'), options)).rejects.toMatchObject({
        code: 'IO',
        message: expect.stringMatching(/Could not read .*disk\.png/),
      });
    }
    expect(readdirSync(join(cacheFolder, 'packs'))).toEqual(before);
    rmSync(at('system', 'disk.png'));
    await putPng(at('system', 'disk.png'), { start: 3 });
    expect((await packed(at('system'))).index).toMatchObject({ ids: ['disk.png', 'good.png'], skipped: [] });
  });

  it('end the packing when they keep a header from being read, which would change the size of all', async () => {
    for (const [i, name] of ['a.png', 'b.png'].entries()) await putPng(at('header', name), { start: i });
    await putPng(at('header', 'c.png'), { height: 40, width: 40 });
    symlinkSync('/proc/self/mem', at('header', 'disk'));
    const source = (await openSource(at('header'))) as FileSource;
    const { path } = source.files[2]!;
    let reads = 0;
    // The second reading is that of the header.
    Object.defineProperty(source.files[2]!, 'path', { get: () => (++reads === 2 ? at('header', 'disk') : path) });
    await expect(pack(source, { cacheFolder })).rejects.toMatchObject({ code: 'IO' });
    expect((await packed(at('header'))).index).toMatchObject({ count: 3, layout: { shape: [32, 32, 3] } });
  });

  it('end the packing when a file disappears meanwhile, but not when it was never there', async () => {
    for (const name of ['a.png', 'b.png']) await putPng(at('gone', name));
    const source = (await openSource(at('gone'))) as FileSource;
    // Listed and identified under one name, read under another, as if it had been removed in between.
    const { path } = source.files[1]!;
    let reads = 0;
    Object.defineProperty(source.files[1]!, 'path', { get: () => (reads++ === 0 ? path : at('gone', 'removed.png')) });
    await expect(pack(source, { cacheFolder, size: 8, channels: 3 })).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringMatching(/removed\.png disappeared while the images were packed/),
    });
    symlinkSync(at('gone', 'nowhere'), at('gone', 'c.png'));
    const reason = 'there is no such file';
    expect((await packed(at('gone'))).index).toMatchObject({ skipped: [{ id: 'c.png', reason }] });
    // When it is there, the pack is made anew.
    await putPng(at('gone', 'nowhere'));
    expect((await packed(at('gone'))).index).toMatchObject({ ids: ['a.png', 'b.png', 'c.png'], skipped: [] });
  });
});

describe('pack: huge images', () => {
  it('reads 20,000 x 20,000 pixels with little memory', async () => {
    put(at('huge', 'a.png'), rawPng({ width: 20_000, height: 20_000, channels: 1, bits: 1 }));
    const before = process.resourceUsage().maxRSS;
    const { index, path } = await packed(at('huge'));
    expect(index).toMatchObject({ count: 1, layout: { shape: [224, 224, expect.any(Number)] }, skipped: [] });
    expect(readFileSync(path).every((value) => value === 0)).toBe(true);
    // Unpacked, it would take 400 MB in one channel and 1,200 MB in three. maxRSS is in kilobytes.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(250_000);
  });

  it('holds only as many interlaced ones at once as fit', () => {
    // 392 MB of pixels each, which libpng holds whole: all at once take 1.57 GB.
    const png = rawPng({ width: 7000, height: 7000, channels: 4, bits: 16, isInterlaced: true });
    const paths = ['a', 'b', 'c', 'd'].map((name) => put(at('interlaced', `${name}.png`), png));
    const program = put(
      at('interlaced.mts'),
      `import { decode } from ${JSON.stringify(fileURLToPath(new URL('./decode.js', import.meta.url)))};
       const before = process.resourceUsage().maxRSS;
       const shape = { height: 8, width: 8, channels: 3 };
       await Promise.all(process.argv.slice(2).map((path) => decode(path, shape, 'crop')));
       console.log(process.resourceUsage().maxRSS - before);`,
    );
    const options = { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)) } as const;
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', program, ...paths], options);
    expect(Number(stdout), stderr).toBeGreaterThan(300_000);
    expect(Number(stdout)).toBeLessThan(1_000_000);
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
