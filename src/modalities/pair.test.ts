import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { put, putPng, temporaryFolder } from '../../tests/data-files.js';
import type { ImageSpec, PairSpec, SampleSpec } from '../data/index.js';
import type { PairDataset } from '../data/pair-dataset.js';
import { Generator, ops, type Tensor } from '../engine/index.js';
import { exportScenes } from '../export/scenes.js';
import { findMethod, parseMethodOptions } from '../methods/registry.js';
import { checkData } from '../train/build.js';
import type { OpenOptions } from './modality.js';
import { modalityNamed, modalityOf, openData, resolveData } from './registry.js';

const at = temporaryFolder();
const pair = modalityNamed('pair');
const open = async (spec: string, options: OpenOptions = {}): Promise<PairDataset> =>
  (await openData(spec, { cacheFolder: at('cache'), ...options })) as PairDataset;

/** A folder of images; returns its path. */
async function folder(name: string, files: readonly string[], { channels = 3, size = 16 } = {}): Promise<string> {
  for (const [start, file] of files.entries())
    await putPng(at(name, file), { start, channels: channels as 1 | 3, height: size, width: size });
  return at(name);
}

const imageSpec = (side: number, channels = 3): ImageSpec => {
  const [mean, std] = [0.5, 0.2].map((value) => Array<number>(channels).fill(value)) as [number[], number[]];
  return { modality: 'image', channels, height: side, width: side, mean, std };
};
const SOUND = { modality: 'sound', rate: 8000, length: 512 } as const;
const specOf = (first: SampleSpec, second: SampleSpec, isAligned = true): PairSpec => ({
  ...{ modality: 'pair', first, second, isAligned },
});

describe('opening', () => {
  it('opens both sides, the second in the size of the first', async () => {
    const [one, two] = [
      await folder('small', ['a.png', 'b.png']),
      await folder('large', ['a.jpg', 'b.jpg'], { size: 40 }),
    ];
    const pairs = await open(`pair:${one},${two}`);
    expect(pairs.spec).toMatchObject({ isAligned: true, first: { height: 16 }, second: { height: 16 } });
    expect(await open(`pair:${two},${one}`)).toMatchObject({ spec: { first: { height: 40 }, second: { height: 40 } } });
    expect((await open(`pair:${one},${two}`, { size: 8 })).spec.first).toMatchObject({ height: 8 });
    expect(pairs.describe()).toBe(
      'small and large: 2 pairs of 2 images of 16 x 16, color, unlabeled | 2 images of 16 x 16, color, unlabeled, unlabeled',
    );
  });

  it('opens each side as its own kind of data', async () => {
    const pairs = await open(`pair:${await folder('beside', ['a.png'])},synthetic:sounds?count=2&test=0`, {
      length: 512,
    });
    expect(pairs.spec).toMatchObject({ first: { modality: 'image' }, second: { modality: 'sound', length: 512 } });
    expect([pairs.spec.isAligned, pairs.count]).toEqual([false, 2]);
  });

  it('knows a folder of exported scenes by itself, on either side', async () => {
    await exportScenes('synthetic:scenes?count=3&test=0&size=32&seed=2', at('scenes'));
    const real = await folder('real', ['x.png', 'y.png']);
    const pairs = await open(`pair:${at('scenes')},${real}`);
    const scenes = await open(`pair:synthetic:scenes?count=3&test=0&size=32&seed=2&form=geometry,${real}`);
    expect(pairs.spec).toMatchObject({ first: { channels: 9, height: 32 }, second: { channels: 3, height: 32 } });
    const { first, second } = pairs.collate([0, 1, 2]) as Record<'first' | 'second', Tensor>;
    const expected = scenes.collate([0, 1, 2]) as Record<'first' | 'second', Tensor>;
    expect(first.equal(expected.first) && second.equal(expected.second)).toBe(true);
    expect((await open(`pair:rendered:${at('scenes')},${real}`)).fingerprint).toBe(pairs.fingerprint);
    expect((await open(`pair:${real},${at('scenes')}`, { size: 32 })).spec.second).toMatchObject({ channels: 9 });
  });

  it('parts the sides where both exist or have a name, so that either may have a comma', async () => {
    const [one, two] = [await folder('a,b', ['a.png']), await folder('c,d', ['a.png'])];
    expect((await open(`pair:${one},${two}`)).name).toBe('a,b and c,d');
    expect((await open(`pair:${one},synthetic:objects?count=20&test=0&size=16`)).name).toBe(
      'a,b and synthetic objects',
    );
    const manifest = put(at('a,b', 'rooms.csv'), 'path,depth\na.png,none.png');
    await expect(open(`pair:rgbd:${manifest}?focal=40,50&center=1,2,${one}`)).rejects.toThrow(
      'no image with a depth image',
    );
  });

  it('takes the labels of the first side from a table', async () => {
    const [one, two] = [await folder('labeled', ['a.png', 'b.png']), await folder('depth', ['a.png', 'b.png'])];
    const labels = put(at('labels.csv'), 'id,label\na.png,cat\nb.png,dog');
    expect((await open(`pair:${one},${two}`, { labels })).classes).toEqual(['cat', 'dog']);
  });

  it('is kept in a run with paths that lead to both sides from every folder', async () => {
    await folder('here', ['a.png']);
    const relative = resolve(at('here')).replace(process.cwd(), '.');
    expect(await resolveData(`pair:${relative},synthetic:objects`)).toBe(
      `pair:${resolve(at('here'))},synthetic:objects`,
    );
    expect(await resolveData(`pair:rendered:scenes,${at('here')}`)).toBe(
      `pair:rendered:${resolve('scenes')},${at('here')}`,
    );
  });
});

describe('bad input:', () => {
  it.each(['pair:', 'pair:./a', 'pair:./a,', 'pair:,./b', 'pair:,', 'pair:pair:./a,./b,./c'])('%s', async (spec) => {
    await expect(open(spec)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('Expected two sides, pair:<first>,<second> for `data`'),
      remedy: expect.stringContaining('pair:./images,./depth'),
    });
  });

  it('a side that is not there is named', async () => {
    const here = await folder('present', ['a.png']);
    await expect(open(`pair:${here},${at('absent')}`)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(at('absent')),
    });
    await expect(open(`pair:${at('absent')},${here}`)).rejects.toThrow(at('absent'));
  });

  it('a side that is something else, or holds nothing, is named', async () => {
    const here = await folder('full', ['a.png']);
    const text = put(at('notes.log'), 'text');
    mkdirSync(at('empty'));
    await expect(open(`pair:${here},${text}`)).rejects.toThrow(`received "${text}"`);
    await expect(open(`pair:${here},${at('empty')}`)).rejects.toThrow('holds no images');
    await expect(open(`pair:${here},rendered:${here}`)).rejects.toThrow('a folder with images/, depth/');
  });

  it('a side that cannot be brought to the size of the other says so', async () => {
    const large = await folder('wide', ['a.png'], { size: 40 });
    await expect(open(`pair:${large},synthetic:scenes?count=1&test=0&size=32&form=geometry`)).rejects.toThrow(
      'Expected the 32 x 32 pixels of synthetic scenes for `size`, received 40',
    );
  });

  const check = (method: string, options: Record<string, unknown>, spec: SampleSpec) => () => {
    const definition = findMethod(method);
    checkData(definition, parseMethodOptions(definition, options, true), spec);
  };
  const depth = { pair: 'rgb-depth' };

  it.each([
    ['number', ['a.png', 'b.png'], ['a.png']],
    ['names', ['a.png', 'b.png'], ['a.png', 'c.png']],
  ])('aligned sides must agree in %s', async (what, one, two) => {
    const sides = [await folder(`${what}/images`, one), await folder(`${what}/depth`, two)];
    const { spec } = await open(`pair:${sides.join(',')}`);
    expect(check('split-brain', depth, spec)).toThrow(
      'Split-brain autoencoder learns from aligned pairs, received two sides whose files do not match',
    );
  });

  it('methods without pairs refuse them, as do those that need them otherwise', () => {
    const spec = specOf(imageSpec(32), imageSpec(32));
    expect(check('rotation', {}, spec)).toThrow('RotNet learns from images, received pairs');
    expect(check('split-brain', {}, spec)).toThrow('learns from no pairs with these options');
    expect(check('split-brain', depth, spec)).not.toThrow();
  });

  it.each([
    [specOf(SOUND, imageSpec(32)), 'learns from pairs of images, received sounds on the first side'],
    [specOf(imageSpec(32), SOUND), 'learns from pairs of images, received sounds on the second side'],
    [
      specOf(imageSpec(32, 1), imageSpec(32)),
      'On the first side, Split-brain autoencoder learns from images in color, received',
    ],
    [
      specOf(imageSpec(32), imageSpec(32, 6)),
      'On the second side, Split-brain autoencoder learns from images in color, received',
    ],
    [specOf(imageSpec(32), imageSpec(48)), 'one size for `data`, received "32 x 32 and 48 x 48 pixels"'],
    [specOf(imageSpec(32), { ...imageSpec(32), width: 40 } as ImageSpec), 'Expected square images'],
  ])('sides that do not suit the method, %#', (spec, message) => {
    expect(check('split-brain', depth, spec)).toThrow(message);
  });

  it('data of another form than in pretraining is refused, whichever side it is on', async () => {
    const [one, two] = [await folder('same/a', ['a.png']), await folder('same/b', ['a.png'])];
    const pairs = await open(`pair:${one},${two}`);
    expect(() => pair.checkSame(pairs.spec, pairs)).not.toThrow();
    for (const wanted of [specOf(imageSpec(32), imageSpec(16)), specOf(imageSpec(16), imageSpec(32))])
      expect(() => pair.checkSame(wanted, pairs)).toThrow('images of 32 x 32 pixels and 3 channels, as in pretraining');
  });
});

describe('what belongs to both sides', () => {
  const spec = specOf(imageSpec(16), imageSpec(16, 1));
  /** Both sides show the same picture, the second in one channel. */
  const picture = ops.randint(0, 256, [24, 1, 16, 16], { dtype: 'uint8', generator: new Generator(1) });
  const samples = () => ({ first: picture.expand([24, 3, 16, 16]).contiguous(), second: picture.clone() });

  it.each(['crop', 'crop-flip'] as const)('preserve moves both sides alike: %s', (strength) => {
    const augment = pair.preserve(spec, strength)! as unknown as (
      x: object,
      random: Generator,
    ) => ReturnType<typeof samples>;
    const { first, second } = augment(samples(), new Generator(2));
    expect([first.shape, second.shape]).toEqual([
      [24, 3, 16, 16],
      [24, 1, 16, 16],
    ]);
    expect(first.narrow(1, 0, 1).equal(second)).toBe(true);
    expect(first.equal(samples().first)).toBe(false);
    // As the images' own change of the first side, with the same draws.
    const alone = modalityOf(spec.first).preserve(spec.first, strength)!;
    expect(first.equal(alone(samples().first, new Generator(2)) as Tensor)).toBe(true);
  });

  it('views crop both sides alike', () => {
    const view = pair.views(spec)! as unknown as (x: object, random: Generator) => ReturnType<typeof samples>;
    const { first, second } = view(samples(), new Generator(2));
    expect(first.narrow(1, 0, 1).equal(second)).toBe(true);
    expect(second.equal(picture)).toBe(false);
  });

  it('preserve and views are left out for sides that are not aligned, of two sizes or kinds', () => {
    for (const other of [
      specOf(imageSpec(16), imageSpec(16), false),
      specOf(imageSpec(16), imageSpec(32)),
      specOf(imageSpec(16), SOUND),
    ])
      expect([pair.preserve(other, 'crop'), pair.views(other)]).toEqual([null, null]);
  });

  it('show puts pictures of one height side by side, in color, and else the first', () => {
    const shown = pair.show(samples() as never, 3, spec);
    const image = shown.kind === 'picture' ? shown.image : null;
    expect(image!.shape).toEqual([3, 16, 32]);
    const [left, right] = image!.chunk(2, 2) as [Tensor, Tensor];
    expect(left.equal(picture.select(0, 3).to('float32').div(255).expand([3, 16, 16]))).toBe(true);
    expect(right.equal(left)).toBe(true);
    const sound = ops.zeros([24, 512], { dtype: 'int16' });
    const beside = pair.show({ first: samples().first, second: sound } as never, 0, specOf(imageSpec(16), SOUND));
    expect(beside.kind === 'picture' && beside.image.shape).toEqual([3, 16, 16]);
  });

  it('the size for other data, weight and input come from the sides', () => {
    const two = specOf(imageSpec(16), imageSpec(80, 1));
    expect(pair.formOf(two)).toEqual({ size: 16, channels: 'auto' });
    expect([pair.isSmall(spec), pair.isSmall(two)]).toEqual([true, false]);
    expect(pair.weight(two)).toBe(16 ** 2 + 80 ** 2);
    expect(pair.input(two)).toEqual({ inputChannels: 1, imageSize: 80 });
    expect(pair.describe(two)).toBe('16 x 16, color | 80 x 80, gray');
  });
});
