import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { png16, tiff } from './image-files.test-util.js';
import { type OpenOptions, openImages } from './open.js';

const at = temporaryFolder();
const options = { cacheFolder: at('cache') };
const row = { width: 4, height: 1, channels: 1 } as const;

const putFloats = (name: string, values: number[]) =>
  put(at(name), tiff(Float32Array.from(values), { ...row, kind: 'float' }));
const open = (folder: string, form: OpenOptions = {}) => openImages(at(folder), { ...options, ...form });
/** The highest byte of each image. */
const highest = (data: Awaited<ReturnType<typeof open>>) => data.ids.map((_, i) => Math.max(...data.readImage(i)));

describe('floating point images', () => {
  it('of one set have one scale: a dark one in 0..255 stays dark, and is told', async () => {
    putFloats('bytes/dark.tif', [1, 1, 1, 1]);
    putFloats('bytes/light.tif', [200, 200, 200, 200]);
    // Of a set whose form is given no header is read before.
    for (const form of [{}, { size: 1 }, { size: 1, channels: 1 }] as const) {
      const data = await open('bytes', form);
      expect(highest(data)).toEqual([1, 200]);
      expect(data.note).toMatch(/Of 2 floating point images, 1 has no value above 1: read as almost black/);
    }
  });

  it('in 0..1 are scaled, and one a little above is skipped with its value', async () => {
    putFloats('unit/a.tif', [0.5, 0.5, 0.5, 0.5]);
    putFloats('unit/b.tif', [0.5, 0.5, 0.5, 1.25]);
    putFloats('unit/c.tif', [0.5, 0.5, 0.5, -1]);
    const data = await open('unit');
    expect(highest(data)).toEqual([128]);
    expect(data.note).toBeNull();
    expect(data.skipped).toEqual([
      { id: 'b.tif', reason: expect.stringMatching(/^its samples go up to 1\.25, a little above 0\.\.1: clip them/) },
      { id: 'c.tif', reason: expect.stringMatching(/it holds -1/) },
    ]);
  });
});

describe('images of 16 bits', () => {
  const fill = (value: number) => png16(Uint16Array.of(value, value, value, value), row);

  it('that use 12 of them are told, with the factor', async () => {
    put(at('deep', 'a.png'), await fill(100));
    put(at('deep', 'b.png'), await fill(4095));
    expect((await open('deep')).note).toBe(
      '2 images of 16 bits a sample have 12 bits at most in use and keep 16 levels of gray: multiply the samples by 16 before saving.',
    );
  });

  it('are not where one uses an eighth of the range, or where dark ones have 8 bits', async () => {
    put(at('full', 'a.png'), await fill(100));
    put(at('full', 'b.png'), await fill(8192));
    expect((await open('full')).note).toBeNull();
    put(at('byte', 'a.tif'), tiff(Uint8Array.of(3, 3, 3, 3), { ...row, kind: 'unsigned' }));
    expect((await open('byte')).note).toBeNull();
  });
});
