import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../tests/data-files.js';
import { openImages, openSource } from '../open.js';
import { photographs } from './photographs.js';
import { type PixelSource, pixelsOf } from './source.js';

const at = temporaryFolder();
const HEIGHT = 48;
const WIDTH = 80;

/** Left half one gray, right half noise. */
const halfFlat = Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) =>
  Math.floor(i / 3) % WIDTH < WIDTH / 2 ? 128 : (i * 2_654_435_761) % 251,
);

/** A cache in which every photograph was fetched, each the same picture. */
async function fakeCache(name: string): Promise<string> {
  const raw = { height: HEIGHT, width: WIDTH, channels: 3 } as const;
  const png = await sharp(halfFlat, { raw }).png().toBuffer();
  mkdirSync(at(name, 'datasets', 'photos'), { recursive: true });
  for (const { file } of photographs) writeFileSync(at(name, 'datasets', 'photos', file), png);
  return at(name);
}

async function cropsOf(spec: string, cacheFolder: string, part = 0): Promise<Uint8Array[]> {
  const source = (await openSource(spec, { cacheFolder })) as PixelSource;
  const bytes = source.height * source.width * 3;
  const crops: Uint8Array[] = [];
  for await (const piece of source.parts[part]!.pixels()) {
    const pixels = pixelsOf(piece);
    for (let i = 0; i < pixels.length; i += bytes) crops.push(Uint8Array.from(pixels.subarray(i, i + bytes)));
  }
  return crops;
}

describe('photographs', () => {
  it('has no name, file or picture twice, and a fifth for tests', () => {
    for (const key of ['name', 'file', 'path', 'sha256'] as const)
      expect(new Set(photographs.map((photograph) => photograph[key])).size).toBe(photographs.length);
    const share = photographs.filter(({ split }) => split === 'test').length / photographs.length;
    expect(share).toBeCloseTo(0.2, 1);
  });
});

describe('photos', () => {
  it('divides by photograph, not by crop', async () => {
    const cacheFolder = await fakeCache('divided');
    const spec = 'photos?size=16&crops=3';
    const [train, test] = await Promise.all(
      (['train', 'test'] as const).map((split) => openImages(spec, { split, cacheFolder })),
    );
    const seenIn = ({ ids }: { ids: readonly string[] }) => new Set(ids.map((id) => id.split('/')[1]));
    expect(train!.count + test!.count).toBe(3 * photographs.length);
    expect(train!).toMatchObject({ size: { height: 16, width: 16 }, channels: 3, classes: null });
    expect([...seenIn(train!)].filter((name) => seenIn(test!).has(name))).toEqual([]);
    expect(test!.ids.slice(0, 2)).toEqual(['test/colourful-cups/0', 'test/colourful-cups/1']);
  });

  it('draws the same crops from the same seed, and others for every photograph and seed', async () => {
    const cacheFolder = await fakeCache('seeded');
    const crops = await cropsOf('photos?size=16&crops=70&smallest=0.4', cacheFolder);
    expect(crops).toHaveLength(70);
    expect(await cropsOf('photos:size=16&crops=70&smallest=0.4', cacheFolder)).toEqual(crops);
    expect(await cropsOf('photos?size=16&crops=70&smallest=0.4&seed=1', cacheFolder)).not.toEqual(crops);
    expect(await cropsOf('photos?size=16&crops=70&smallest=0.4', cacheFolder, 1)).not.toEqual(crops);
    expect(new Set(crops.map(String)).size).toBeGreaterThan(60);
  });

  it('leaves flat crops out as long as there are others', async () => {
    const cacheFolder = await fakeCache('flat');
    const crops = await cropsOf('photos?size=16&crops=50&smallest=0.4', cacheFolder);
    const isFlat = (crop: Uint8Array) => Math.max(...crop) - Math.min(...crop) < 4;
    expect(crops.some(isFlat)).toBe(false);
    const gray = await sharp(halfFlat, { raw: { height: HEIGHT, width: WIDTH, channels: 3 } })
      .extract({ left: 0, top: 0, width: 32, height: HEIGHT })
      .png()
      .toBuffer();
    writeFileSync(at('flat', 'datasets', 'photos', photographs[0]!.file), gray);
    const plain = await cropsOf('photos?size=16&crops=5', cacheFolder);
    expect(plain.map(isFlat)).toEqual([true, true, true, true, true]);
  });

  it('cuts the whole height at its largest, without a change to the pixels', async () => {
    const cacheFolder = await fakeCache('whole');
    const row = (left: number) =>
      Uint8Array.from({ length: HEIGHT * HEIGHT * 3 }, (_, i) => {
        const [y, x] = [Math.floor(i / (3 * HEIGHT)), Math.floor(i / 3) % HEIGHT];
        return halfFlat[(y * WIDTH + left + x) * 3 + (i % 3)]!;
      });
    const possible = new Set(Array.from({ length: WIDTH - HEIGHT + 1 }, (_, left) => String(row(left))));
    for (const crop of await cropsOf(`photos?size=${HEIGHT}&crops=9&smallest=1`, cacheFolder))
      expect(possible.has(String(crop))).toBe(true);
  });

  it('has crops of all sizes, from the smallest to the whole height, as often along the logarithm of the side', async () => {
    const cacheFolder = await fakeCache('sizes');
    // Red tells the column; the noise of the others keeps small crops from being flat.
    const ramp = Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) =>
      i % 3 === 0 ? 3 * (Math.floor(i / 3) % WIDTH) : (i * 2_654_435_761) % 251,
    );
    const raw = { height: HEIGHT, width: WIDTH, channels: 3 } as const;
    const png = await sharp(ramp, { raw }).png().toBuffer();
    writeFileSync(at('sizes', 'datasets', 'photos', photographs[0]!.file), png);
    const crops = await cropsOf('photos?size=12&crops=200&smallest=0.25', cacheFolder);
    // The first and the last pixel of a row are the red at half a pixel of the small crop from its sides.
    const sides = crops.map((crop) => ((crop[3 * 11]! - crop[0]!) / 3) * (12 / 11)).sort((a, b) => a - b);
    expect(sides[0]).toBeLessThan(14);
    expect(sides.at(-1)).toBeGreaterThan(44);
    expect(Math.abs(sides[100]! - Math.sqrt(12 * 48))).toBeLessThan(4);
  });

  it('leaves out, and lists, photographs smaller than a crop', async () => {
    const cacheFolder = await fakeCache('small');
    const small = await sharp(halfFlat, { raw: { height: HEIGHT, width: WIDTH, channels: 3 } })
      .resize(30, 20)
      .png()
      .toBuffer();
    writeFileSync(at('small', 'datasets', 'photos', photographs[0]!.file), small);
    const { skipped, count } = await openImages('photos?size=24&crops=2', { cacheFolder });
    expect(skipped).toEqual([{ id: photographs[0]!.name, reason: '30 x 20 is smaller than a crop' }]);
    expect(count).toBe(2 * (photographs.length - 1));
  });

  it('says what to do when the photographs are missing or damaged', async () => {
    await expect(openImages('photos', { cacheFolder: at('nowhere') })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/not here yet.*`autodidact data fetch photos`.*write \.\/photos/),
    });
    const cacheFolder = await fakeCache('damaged');
    put(at('damaged', 'datasets', 'photos', photographs[3]!.file), 'no image');
    await expect(openImages('photos', { cacheFolder })).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(new RegExp(`${photographs[3]!.file}.*Remove .*fetch photos`)),
    });
    const cut = await fakeCache('cut');
    const path = at('cut', 'datasets', 'photos', photographs[3]!.file);
    put(path, readFileSync(path).subarray(0, 300));
    await expect(openImages('photos?crops=2&size=16', { cacheFolder: cut })).rejects.toMatchObject({
      code: 'DATA',
      message: expect.stringMatching(new RegExp(`Could not read the photograph .*${photographs[3]!.file}`)),
    });
  });

  it('knows its options', async () => {
    await expect(openSource('photos?side=32')).rejects.toThrow(/one of size, crops, smallest, seed.*"side"/);
    await expect(openSource('photos?size=4')).rejects.toThrow(/In photos\?size=4, `size` does not fit/);
  });
});
