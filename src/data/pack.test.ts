import { readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { idx, put, putPng, ramp, temporaryFolder } from '../../tests/data-files.js';
import { openSource } from './open.js';
import { defaultSide, type PackOptions, pack } from './pack.js';
import { checkRoom, type Pack } from './pack-file.js';
import { recordBytes } from './records.js';

const at = temporaryFolder();
const cacheFolder = at('cache');

const packed = async (path: string, options: PackOptions = {}) =>
  pack(await openSource(path), { cacheFolder, ...options });

/** Image i of a pack, height x width x channels. */
function image({ index, path }: Pack, i: number): number[] {
  const bytes = recordBytes(index.layout);
  return [...readFileSync(path).subarray(i * bytes, (i + 1) * bytes)];
}

const inCache = () => readdirSync(join(cacheFolder, 'packs'));

describe('pack: pixels', () => {
  it('keeps small images of one size as they are, bit for bit', async () => {
    const a = await putPng(at('small', 'a.png'), { start: 1 });
    const b = await putPng(at('small', 'b.png'), { start: 2 });
    const made = await packed(at('small'));
    expect(made.index).toMatchObject({ count: 2, layout: { shape: [8, 8, 3] }, ids: ['a.png', 'b.png'] });
    expect([image(made, 0), image(made, 1)]).toEqual([[...a], [...b]]);
  });

  it('takes one image', async () => {
    await putPng(at('one', 'a.png'));
    expect((await packed(at('one'))).index).toMatchObject({ count: 1, labels: null, classes: null, splits: [null] });
  });

  it('stores one channel when every image is gray, three when one is not', async () => {
    const gray = await putPng(at('gray', 'a.png'), { channels: 1 });
    await putPng(at('gray', 'b.png'), { channels: 1, start: 9 });
    const one = await packed(at('gray'));
    expect(one.index.layout.shape[2]).toBe(1);
    expect(image(one, 0)).toEqual([...gray]);
    const three = await packed(at('gray'), { channels: 3 });
    expect(image(three, 0)).toEqual([...gray].flatMap((value) => [value, value, value]));
    const color = await putPng(at('gray', 'c.png'), { channels: 3 });
    const mixed = await packed(at('gray'));
    expect(mixed.index.layout.shape[2]).toBe(3);
    expect(image(mixed, 0)).toEqual(image(three, 0));
    expect(image(mixed, 2)).toEqual([...color]);
  });

  it('brings 16 bits to 8 by the high byte', async () => {
    const values = Uint16Array.from({ length: 16 }, (_, i) => i * 4369);
    const deep = sharp(values, { raw: { width: 4, height: 4, channels: 1 } }).toColourspace('grey16');
    put(at('deep', 'a.png'), await deep.png().toBuffer());
    expect((await sharp(at('deep', 'a.png')).metadata()).depth).toBe('ushort');
    expect(image(await packed(at('deep')), 0)).toEqual(Array.from({ length: 16 }, (_, i) => i * 17));
  });

  it('puts transparent images on white, palettes and gray with alpha too', async () => {
    const clear = { width: 2, height: 2, channels: 4 as const, background: { r: 255, g: 0, b: 0, alpha: 0 } };
    put(at('alpha', 'clear.png'), await sharp({ create: clear }).png().toBuffer());
    const half = { ...clear, background: { r: 255, g: 0, b: 0, alpha: 0.2 } };
    put(at('alpha', 'half.png'), await sharp({ create: half }).png().toBuffer());
    put(at('alpha', 'palette.png'), await sharp({ create: clear }).png({ palette: true }).toBuffer());
    const pair = Uint8Array.of(100, 0, 100, 255, 0, 0, 0, 255);
    const grayAlpha = sharp(pair, { raw: { width: 2, height: 2, channels: 2 } }).toColourspace('b-w');
    put(at('alpha', 'z.png'), await grayAlpha.png().toBuffer());
    const made = await packed(at('alpha'));
    expect(made.index.ids).toEqual(['clear.png', 'half.png', 'palette.png', 'z.png']);
    expect(image(made, 0)).toEqual(Array(12).fill(255));
    expect(image(made, 1).slice(0, 3)).toEqual([255, 204, 204]);
    expect(image(made, 2)).toEqual(Array(12).fill(255));
    expect(image(made, 3)).toEqual([255, 100, 255, 0].flatMap((value) => [value, value, value]));
  });

  it('turns images as their EXIF says, before the size is settled', async () => {
    const pixels = ramp(2 * 3 * 3);
    const raw = { raw: { height: 2, width: 3, channels: 3 as const } };
    put(at('exif', 'a.png'), await sharp(pixels, raw).png().withMetadata({ orientation: 6 }).toBuffer());
    const turned = await sharp(pixels, raw)
      .rotate(90)
      .extract({ left: 0, top: 0, width: 2, height: 3 })
      .raw()
      .toBuffer();
    const made = await packed(at('exif'), { size: 2 });
    // 3 high and 2 wide after the rotation: the middle rows are cut out, with the first in front of the tie.
    const rows = [turned.subarray(0, 6), turned.subarray(6, 12), turned.subarray(12, 18)].map((row) => [...row]);
    expect([
      [...rows[0]!, ...rows[1]!],
      [...rows[1]!, ...rows[2]!],
    ]).toContainEqual(image(made, 0));
  });

  it('cuts the middle out of the longer side, or stretches on request', async () => {
    // 4 wide, 2 high: columns of gray 0, 80, 160, 240.
    const columns = Uint8Array.of(0, 80, 160, 240, 0, 80, 160, 240);
    const wide = sharp(columns, { raw: { height: 2, width: 4, channels: 1 } }).toColourspace('b-w');
    put(at('wide', 'a.png'), await wide.png().toBuffer());
    expect(image(await packed(at('wide'), { size: 2 }), 0)).toEqual([80, 160, 80, 160]);
    expect((await packed(at('wide'))).index).toMatchObject({ layout: { shape: [2, 2, expect.any(Number)] } });
    const stretched = image(await packed(at('wide'), { size: 2, fit: 'stretch' }), 0);
    expect(stretched[0]).toBeLessThan(80);
    expect(stretched[1]).toBeGreaterThan(160);
  });

  it('copies pixel data unchanged, and resizes and recolors it only when asked', async () => {
    const path = put(at('idx', 'images-idx3-ubyte'), idx([3, 2, 4], ramp(24)));
    const own = await packed(path);
    expect(own.index).toMatchObject({ count: 3, layout: { shape: [2, 4, 1] } });
    expect([...readFileSync(own.path)]).toEqual([...ramp(24)]);
    const resized = await packed(path, { size: 2, channels: 3 });
    expect(resized.index).toMatchObject({ layout: { shape: [2, 2, 3] } });
    const [, b, c, , , f, g] = ramp(24);
    expect(image(resized, 0)).toEqual([b, c, f, g].flatMap((value) => [value, value, value]));
  });
});

describe('pack: size and selection', () => {
  const square = (...sides: number[]) => sides.map((side) => ({ height: side, width: side + 5 }));

  it.each([
    ['one small size', square(28, 28), 28],
    ['one size at the limit', square(96), 96],
    ['one large size', square(640, 640), 224],
    ['mixed small sizes', square(40, 50, 70), 32],
    ['mixed large sizes', square(150, 200, 1000), 192],
    ['mixed tiny sizes', square(5, 6, 7), 32],
    ['nothing known', [], 224],
  ])('chooses the side for %s', (_, headers, side) => {
    expect(defaultSide(headers)).toBe(side);
  });

  it('draws a limit from classes that take turns', async () => {
    const lines = ['path,label'];
    for (let i = 0; i < 30; i++) {
      await putPng(at('turns', `${i}.png`), { start: i });
      lines.push(`${i}.png,${['red', 'green', 'blue'][i % 3]}`);
    }
    const path = put(at('turns', 'm.csv'), lines.join('\n'));
    const { index } = await packed(path, { limit: 10 });
    // The former choice, every third image, is red only.
    expect(new Set(index.labels)).toEqual(new Set([0, 1, 2]));
    const numbers = index.ids.map((id) => Number(id.replace('.png', '')));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(numbers.map((i) => index.classes![index.labels![numbers.indexOf(i)]!])).toEqual(
      numbers.map((i) => ['red', 'green', 'blue'][i % 3]),
    );
    // 10 of 30 in 3 classes: the expected deviation of a class from 10 / 3 is about 1.2.
    for (const label of [0, 1, 2]) expect(index.labels!.filter((own) => own === label).length).toBeLessThan(8);
  });

  it('draws the same images from the same seed, some of them for a smaller limit, others from another seed', async () => {
    const path = put(at('limit-idx', 'images-idx3-ubyte'), idx([60, 1, 2], ramp(120)));
    const idsOf = async (options: PackOptions) => (await packed(path, options)).index.ids;
    const twenty = await idsOf({ limit: 20 });
    expect(twenty).toHaveLength(20);
    expect(await idsOf({ limit: 20, seed: 0, cacheFolder: at('other-cache') })).toEqual(twenty);
    expect(await idsOf({ limit: 20, seed: 1 })).not.toEqual(twenty);
    const five = await idsOf({ limit: 5 });
    expect(five.filter((id) => !twenty.includes(id))).toEqual([]);
    expect(await idsOf({ limit: 60, seed: 3 })).toEqual(Array.from({ length: 60 }, (_, i) => String(i)));
    const few = await packed(path, { limit: 5 });
    const pixels = five.map((id) => [...ramp(120).subarray(2 * Number(id), 2 * Number(id) + 2)]);
    expect(five.map((_, i) => image(few, i))).toEqual(pixels);
  });

  it.each([
    [{ size: 0 }, /`size`, received 0/],
    [{ size: 10.5 }, /`size`/],
    [{ limit: 0 }, /`limit`/],
    [{ limit: 1, seed: 0.5 }, /`seed`/],
  ])('refuses %o', async (options, message) => {
    await expect(packed(at('one'), options)).rejects.toThrow(message);
  });
});

describe('pack: the cache', () => {
  it('uses a pack again, whatever the order of calls, and reports progress only when it works', async () => {
    await putPng(at('again', 'a.png'));
    await putPng(at('again', 'b.png'));
    const progress: [number, number][] = [];
    const options = { onProgress: (done: number, total: number) => progress.push([done, total]) };
    const first = await packed(at('again'), options);
    expect(progress).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(await packed(at('again'), options)).toEqual(first);
    expect(progress).toHaveLength(2);
  });

  it('makes another when a file changes, an image comes or an option differs', async () => {
    await putPng(at('change', 'a.png'));
    const first = await packed(at('change'));
    utimesSync(at('change', 'a.png'), 1, 1);
    const touched = await packed(at('change'));
    expect(touched.path).not.toBe(first.path);
    // The content is the same, and so is its fingerprint.
    expect(touched.index.fingerprint).toBe(first.index.fingerprint);
    await putPng(at('change', 'a.png'), { start: 50 });
    const replaced = await packed(at('change'));
    expect(replaced.index.fingerprint).not.toBe(first.index.fingerprint);
    expect(image(replaced, 0)).toEqual([...ramp(192, 50)]);
    expect((await packed(at('change'), { size: 4 })).path).not.toBe(replaced.path);
  });

  it('makes a damaged pack again', async () => {
    await putPng(at('damaged', 'a.png'));
    const first = await packed(at('damaged'));
    truncateSync(first.path, 10);
    expect(image(await packed(at('damaged')), 0)).toEqual([...ramp(192)]);
    const indexPath = first.path.replace('.records', '.json');
    for (const content of ['', '{"version":', '{"version":1}']) {
      writeFileSync(indexPath, content);
      expect((await packed(at('damaged'))).index).toEqual(first.index);
    }
    rmSync(first.path);
    expect(image(await packed(at('damaged')), 0)).toEqual([...ramp(192)]);
  });

  it('removes what a killed process left an hour ago, but not what is being written', async () => {
    put(join(cacheFolder, 'packs', 'old.tmp'), 'x');
    put(join(cacheFolder, 'packs', 'new.tmp'), 'x');
    utimesSync(join(cacheFolder, 'packs', 'old.tmp'), 1, 1);
    await putPng(at('sweep', 'a.png'));
    await packed(at('sweep'));
    expect(inCache()).not.toContain('old.tmp');
    expect(inCache()).toContain('new.tmp');
    rmSync(join(cacheFolder, 'packs', 'new.tmp'));
  });

  it('leaves nothing behind when it is stopped', async () => {
    for (let i = 0; i < 20; i++) await putPng(at('stop', `${i}.png`), { start: i });
    const before = inCache();
    const stop = new AbortController();
    const onProgress = (done: number) => done === 3 && stop.abort();
    await expect(packed(at('stop'), { signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(inCache()).toEqual(before);
    expect((await packed(at('stop'))).index.count).toBe(20);
  });

  it('leaves nothing behind when pixel data turns out to be damaged', async () => {
    const whole = gzipSync(idx([30, 2, 2], ramp(120)));
    const path = put(at('half', 'images-idx3-ubyte.gz'), whole.subarray(0, whole.length - 20));
    const before = inCache();
    await expect(packed(path)).rejects.toMatchObject({ code: 'DATA' });
    expect(inCache()).toEqual(before);
  });

  it('says that a cache folder cannot be made', async () => {
    const below = join(put(at('a-file'), 'x'), 'cache');
    await expect(packed(at('one'), { cacheFolder: below })).rejects.toMatchObject({
      code: 'IO',
      message: expect.stringMatching(/AUTODIDACT_CACHE.*a part of the path is a file/),
    });
  });

  it('compares what is needed with what is free', () => {
    expect(() => checkRoom(100, 100, '/x')).not.toThrow();
    expect(() => checkRoom(2e9, 1.5e9, '/x')).toThrow(/needs 2.0 GB in \/x, which has 1.5 GB free/);
  });
});
