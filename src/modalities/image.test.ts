import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Generator, ops, scope, type Tensor } from '../engine/index.js';
import { imageSpec } from '../methods/make.test-util.js';
import { image } from './image.js';
import { modalityFor, modalityOf, openData } from './registry.js';

const cacheFolder = mkdtempSync(join(tmpdir(), 'autodidact-image-'));
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }));

const spec = imageSpec(16);
const noise = (count = 4): Tensor =>
  ops.randint(0, 256, [count, 3, 16, 16], { dtype: 'uint8', generator: new Generator(1) });

describe('images', () => {
  it('are what no other kind of data claims', async () => {
    expect((await modalityFor('synthetic:objects')).name).toBe('image');
    expect((await modalityFor('synthetic:sounds')).name).toBe('sound');
    expect((await modalityFor('pair:a,b')).name).toBe('pair');
    expect(modalityOf(spec)).toBe(image);
  });

  it('are small up to 64 pixels a side', () => {
    expect([64, 65].map((side) => image.isSmall(imageSpec(side)))).toEqual([true, false]);
  });

  it('are opened with at most a side, unless a size is asked for', async () => {
    const open = async (options: object) =>
      (await openData('synthetic:objects?count=6&test=0&size=24', { cacheFolder, ...options })).spec;
    expect(await open({ mostSize: 16 })).toMatchObject({ height: 16, width: 16 });
    expect(await open({ mostSize: 64 })).toMatchObject({ height: 24 });
    expect(await open({ mostSize: 16, size: 20 })).toMatchObject({ height: 20 });
  });

  it('keep their label when moved by up to an eighth, mirrored only when asked', () => {
    scope(() => {
      const samples = noise();
      const moved = image.preserve(spec, 'crop')!(samples, new Generator(2));
      expect([moved.dtype, moved.shape]).toEqual(['uint8', samples.shape]);
      expect(moved.equal(samples)).toBe(false);
      // Somewhere within two pixels lies the center of the image, as it was.
      const center = samples.select(0, 0).narrow(1, 4, 8).narrow(2, 4, 8);
      const places = [2, 3, 4, 5, 6].flatMap((y) => [2, 3, 4, 5, 6].map((x) => [y, x] as const));
      const isThere = (images: Tensor) =>
        places.some(([y, x]) => images.select(0, 0).narrow(1, y, 8).narrow(2, x, 8).equal(center));
      expect(isThere(moved)).toBe(true);
      const flipped = Array.from({ length: 12 }, (_, seed) =>
        isThere(image.preserve(spec, 'crop-flip')!(samples, new Generator(seed))),
      );
      expect(new Set(flipped)).toEqual(new Set([true, false]));
    });
  });

  it('have views that are other crops of the same images, as bytes', () => {
    scope(() => {
      const samples = noise();
      const [one, two] = [1, 1].map((seed) => image.views(spec)!(samples, new Generator(seed)));
      expect([one!.dtype, one!.shape]).toEqual(['uint8', samples.shape]);
      expect(one!.equal(two!)).toBe(true);
      expect(one!.equal(samples)).toBe(false);
    });
  });

  it('are refused when a method cannot use them', () => {
    expect(() => image.check(imageSpec(16, 6), {}, 'RotNet')).toThrow(
      /RotNet learns from images in gray or color, received images in color with depth/,
    );
    expect(() => image.check(imageSpec(16), { side: 32 }, 'Jigsaw')).toThrow(
      /Jigsaw needs images of at least 32 pixels a side, received 16\. Raise --size/,
    );
    expect(() => image.check(imageSpec(16, 3, { width: 20 }), {}, 'X')).toThrow(/square images/);
    expect(() => image.check(spec, {}, 'X')).not.toThrow();
  });

  it('of another size or number of channels than an encoder has learnt from are refused', async () => {
    const given = await openData('synthetic:objects?count=4&test=0&size=16', { cacheFolder });
    expect(() => image.checkSame(spec, given as never)).not.toThrow();
    expect(() => image.checkSame(imageSpec(32), given as never)).toThrow(
      /images of 32 x 32 pixels and 3 channels, as in pretraining, for `.*`, received "16 x 16 pixels and 3 channels"\. Open the data with size 32/,
    );
    expect(() => image.checkSame(imageSpec(16, 1), given as never)).toThrow(/1 channel, as in pretraining/);
    expect(image.formOf(spec)).toEqual({ size: 16, channels: 3 });
    expect(image.formOf(imageSpec(16, 6))).toEqual({ size: 16, channels: 'auto' });
  });

  it('are shown as pictures, of more channels the first three', () => {
    const shown = image.show(ops.full([1, 6, 2, 2], 255, { dtype: 'uint8' }), 0, imageSpec(2, 6));
    expect(shown).toMatchObject({ kind: 'picture' });
    expect(shown.kind === 'picture' && shown.image.toNumbers()).toEqual(Array(12).fill(1));
  });
});
