import { describe, expect, it } from 'vitest';
import { autocast, Generator, memory, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import {
  centerCrop,
  colorJitter,
  compose,
  cutout,
  gaussianBlur,
  gaussianNoise,
  grayscale,
  horizontalFlip,
  inGroups,
  normalize,
  padAndCrop,
  randomResizedCrop,
  randomRotate90,
  resize,
  sobel,
  solarize,
  type Transform,
  toFloat,
} from './index.js';
import { channelsLast, randomImages } from './reference.test-util.js';

/** Every transform under one name, with options that make it act on about half of the images or on all. */
const everything: Record<string, Transform> = {
  randomResizedCrop: randomResizedCrop({ size: [9, 7], flip: 0.5 }),
  resize: resize({ size: [8, 10] }),
  centerCrop: centerCrop({ size: 5 }),
  horizontalFlip: horizontalFlip(),
  colorJitter: colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, p: 0.8 }),
  grayscale: grayscale(0.5),
  gaussianBlur: gaussianBlur({ kernelSize: 3, p: 0.5 }),
  gaussianNoise: gaussianNoise({ std: 0.1, p: 0.5 }),
  solarize: solarize({ p: 0.5 }),
  cutout: cutout({ size: 4 }),
  padAndCrop: padAndCrop({ padding: 2 }),
  randomRotate90: randomRotate90(),
  normalize: normalize([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]),
  sobel: sobel(),
};
const pixelMoves = ['centerCrop', 'horizontalFlip', 'cutout', 'padAndCrop', 'randomRotate90'];

describe.each(Object.entries(everything))('%s', (name, transform) => {
  it('depends only on the seed', () => {
    const images = randomImages([16, 3, 12, 12]);
    const once = transform(images, new Generator(5)).toNumbers();
    expect(transform(images, new Generator(5)).toNumbers()).toEqual(once);
    const isRandom = !['resize', 'centerCrop', 'normalize', 'sobel'].includes(name);
    const other = transform(images, new Generator(6)).toNumbers();
    expect(other.some((value, i) => value !== once[i])).toBe(isRandom);
  });

  it('keeps the memory format and gives the same values in both', () => {
    const images = randomImages([6, 3, 12, 12]);
    const planes = transform(images, new Generator(1));
    const pixels = transform(channelsLast(images), new Generator(1));
    expect(planes.isContiguous()).toBe(true);
    expect(pixels.isContiguous('channelsLast')).toBe(true);
    expect(pixels.sub(planes).abs().max().item()).toBeLessThan(1e-6);
  });

  it('treats images independently', () => {
    const images = randomImages([12, 3, 12, 12], 1);
    const others = randomImages([12, 3, 12, 12], 2);
    others.select(0, 4).copy_(images.select(0, 4));
    const one = transform(images, new Generator(3)).select(0, 4);
    const two = transform(others, new Generator(3)).select(0, 4);
    expect(one.sub(two).abs().max().item()).toBeLessThan(1e-6);
  });

  it('does not write to its input and leaks nothing', () => {
    const images = randomImages([10, 3, 12, 12]);
    const before = images.toNumbers();
    const random = new Generator(0);
    const tensors = memory().tensors;
    scope(() => {
      const result = transform(images, random);
      expect(result.requiresGrad).toBe(false);
      expect(memory().tensors).toBe(tensors + 1);
    });
    expect(memory().tensors).toBe(tensors);
    expect(images.toNumbers()).toEqual(before);
  });

  it('reads uint8 as [0, 1], or moves the bytes themselves', () => {
    const bytes = randomImages([8, 3, 12, 12]).mul(256).to('uint8');
    const result = transform(bytes, new Generator(2));
    const isMove = pixelMoves.includes(name);
    expect(result.dtype).toBe(isMove ? 'uint8' : 'float32');
    const wanted = transform(toFloat(bytes), new Generator(2));
    expect(toFloat(result).sub(wanted).abs().max().item()).toBe(0);
  });

  it('works for a batch of one, for gray images and for odd sizes', () => {
    if (name === 'normalize') return;
    const isSquare = name === 'randomRotate90';
    for (const shape of [
      [1, 3, 12, 12],
      [5, 1, 12, 12],
      [3, 3, 9, isSquare ? 9 : 13],
      [3, 1, 13, isSquare ? 13 : 9],
    ]) {
      const result = transform(randomImages(shape), new Generator(0));
      expect(result.size(0)).toBe(shape[0]);
      expect(result.isfinite().all().item()).toBe(1);
    }
  });

  it('refuses anything but a batch of images', () => {
    const random = new Generator(0);
    expect(() => transform(randomImages([3, 12, 12]), random)).toThrowError(
      `Expected a batch of images [N, C, H, W] for \`${name}\`, received float32[3, 12, 12] on cpu`,
    );
    expect(() => transform(ops.zeros([0, 3, 12, 12]), random)).toThrowError('received float32[0, 3, 12, 12]');
    if (pixelMoves.includes(name)) return;
    expect(() => transform(randomImages([2, 3, 12, 12]).to('float64'), random)).toThrowError(
      `Expected a float32 or uint8 batch for \`${name}\`, received float64[2, 3, 12, 12] on cpu`,
    );
  });
});

describe('compose', () => {
  it('equals the transforms in order', () => {
    const images = channelsLast(randomImages([8, 3, 12, 12]));
    const steps = [randomResizedCrop({ size: 10 }), colorJitter({ brightness: 0.4, hue: 0.2 }), horizontalFlip()];
    const together = compose(...steps)(images, new Generator(4));
    const random = new Generator(4);
    const inTurn = steps.reduce((batch: Tensor, step) => step(batch, random), images);
    expect(together.isContiguous('channelsLast')).toBe(true);
    expect(together.sub(inTurn).abs().max().item()).toBeLessThan(1e-6);
  });

  it('accepts functions and compositions, and returns the input when empty', () => {
    const images = randomImages([2, 3, 4, 4]);
    const half = (batch: Tensor) => batch.mul(0.5);
    const quarter = compose(half, compose(half));
    expect(quarter(images).toNumbers()).toEqual(images.mul(0.25).toNumbers());
    expect(compose()(images)).toBe(images);
    const kept = compose((batch: Tensor) => batch, half);
    expect(kept(images).toNumbers()).toEqual(images.mul(0.5).toNumbers());
    expect(images.isFreed).toBe(false);
  });

  it('does not free a tensor that a step keeps', () => {
    const images = randomImages([2, 3, 4, 4]);
    const elsewhere = randomImages([2, 3, 4, 4], 1);
    compose(
      () => elsewhere,
      (batch: Tensor) => batch.mul(2),
    )(images);
    expect(elsewhere.isFreed).toBe(false);
  });
});

describe('toFloat', () => {
  it('divides bytes by 255 and returns float32 unchanged', () => {
    const bytes = tensor(Uint8Array.of(0, 1, 51, 255), { shape: [1, 1, 2, 2] });
    expect(toFloat(bytes).toNumbers()).toEqual([0, Math.fround(1 / 255), Math.fround(0.2), 1]);
    const images = randomImages([1, 3, 2, 2]);
    expect(toFloat(images)).toBe(images);
  });
});

describe('inGroups', () => {
  it('runs each part through its body and keeps the order', () => {
    const images = ops.arange(0, 6, 1, { dtype: 'float32' }).view([6, 1, 1, 1]);
    const seen: number[][] = [];
    const result = inGroups(
      images,
      [2, 0, 2, 1, 0, 2],
      [
        (part) => part,
        (part) => part.mul(10),
        (part, members) => {
          seen.push(members);
          return part.add(100);
        },
      ],
    );
    expect(result.toNumbers()).toEqual([100, 1, 102, 30, 4, 105]);
    expect(seen).toEqual([[0, 2, 5]]);
  });

  it('copies nothing when all images are in one group', () => {
    const images = randomImages([3, 1, 2, 2]);
    expect(inGroups(images, [1, 1, 1], [(part) => part.mul(2), (part) => part])).toBe(images);
  });
});

describe('autocast', () => {
  it('is refused with a remedy where it would round the pixels', () => {
    const images = randomImages([2, 3, 8, 8]);
    const crop = randomResizedCrop({ size: 8 });
    for (const step of [crop, gaussianBlur({ kernelSize: 3, p: 0.5 }), sobel()]) {
      const attempt = () => autocast('cpu', 'bfloat16', () => step(images, new Generator(1)));
      expect(attempt).toThrowError(AutodidactError);
      expect(attempt).toThrowError(/Expected augmentation outside `autocast`.*Make the views first/);
      expect(step(images, new Generator(1)).dtype).toBe('float32');
    }
  });
});

describe('options', () => {
  it.each<[string, () => unknown, string]>([
    ['p', () => horizontalFlip(1.5), 'Expected a probability from 0 to 1 for `p`, received 1.5'],
    ['NaN', () => grayscale(Number.NaN), 'Expected a probability from 0 to 1 for `p`, received NaN'],
    ['size', () => randomResizedCrop({ size: 0 }), 'Expected an integer of at least 1 for `size`, received 0'],
    ['scale', () => randomResizedCrop({ size: 4, scale: [1, 0.1] }), 'the smaller first, for `scale`'],
    ['hue', () => colorJitter({ hue: 0.6 }), 'from 0 to 0.5, the smaller first, for `hue`'],
    ['brightness', () => colorJitter({ brightness: -1 }), 'for `brightness`, received [0,-1]'],
    ['kernel', () => gaussianBlur({ kernelSize: 4 }), 'Expected an odd number for `kernelSize`, received 4'],
    ['cutout', () => cutout({}), 'Expected either `size` or `fraction` for `cutout`, received {}'],
    ['padding', () => padAndCrop({ padding: -1 }), 'Expected an integer of at least 0 for `padding`, received -1'],
    ['std', () => normalize([0, 0, 0], [1, 0, 1]), 'Expected positive numbers for `std`, received [1,0,1]'],
    ['lengths', () => normalize([0], [1, 1]), 'Expected 1 numbers, one per mean, for `std`, received [1,1]'],
  ])('%s out of range is a usage error', (_name, make, message) => {
    expect(make).toThrowError(message);
    expect(make).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  });

  it.each<[string, () => unknown, string]>([
    ['small', () => centerCrop({ size: 9 })(randomImages([1, 3, 8, 8])), 'Expected images of at least 9x9'],
    [
      'oblong',
      () => randomRotate90()(randomImages([1, 3, 8, 6]), new Generator(0)),
      'Expected square images for `rotateEach`',
    ],
    ['two channels', () => grayscale()(randomImages([1, 2, 8, 8]), new Generator(0)), 'one or three channels'],
    ['channels', () => normalize([0, 0, 0], [1, 1, 1])(randomImages([1, 1, 8, 8])), 'images of 3 channels'],
    [
      'kernel',
      () => gaussianBlur({ kernelSize: 17 })(randomImages([1, 3, 8, 8]), new Generator(0)),
      'Expected images larger than half a kernel of 17',
    ],
    [
      'reflection',
      () => padAndCrop({ padding: 8, mode: 'reflect' })(randomImages([1, 3, 8, 8]), new Generator(0)),
      'Expected images larger than 8 pixels to reflect',
    ],
  ])('%s images that do not fit are a shape error', (_name, run, message) => {
    expect(run).toThrowError(message);
    expect(run).toThrowError(expect.objectContaining({ code: 'SHAPE' }));
  });
});
