import { describe, expect, it } from 'vitest';
import { Generator, ops, type Tensor } from '../engine/index.js';
import { centerCrop, randomCrop, randomResizedCrop, resize, sampleCropBoxes } from './crop.js';
import * as reference from './reference.test-util.js';
import { channelsLast, difference, expectShare, pixelsOf, randomImages } from './reference.test-util.js';
import { type Box, cropAndResize, type Interpolation, resamplingWeights } from './resample.js';

const interpolations: Interpolation[] = ['bilinear', 'bicubic'];
const imagenet = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3], flip: 0.5 } as const;

describe.each(interpolations)('cropAndResize, %s', (interpolation) => {
  // Larger and smaller than the output, at every edge, one pixel, the whole image, mirrored.
  const boxes: Box[] = [
    { top: 0, left: 0, height: 13, width: 11 },
    { top: 2, left: 3, height: 5, width: 4 },
    { top: 8, left: 0, height: 5, width: 11, isFlipped: true },
    { top: 0, left: 7, height: 13, width: 4 },
    { top: 6, left: 5, height: 1, width: 1 },
    { top: 1, left: 1, height: 12, width: 9, isFlipped: true },
  ];

  it.each<[number, number]>([
    [7, 6],
    [13, 11],
    [20, 17],
    [3, 2],
    [1, 1],
  ])('equals the slow version for %d x %d', (height, width) => {
    const images = randomImages([boxes.length, 3, 13, 11]);
    const size = [height, width] as const;
    const wanted = pixelsOf(images).map((image, i) => reference.cropAndResize(image, boxes[i]!, size, interpolation));
    expect(difference(cropAndResize(images, boxes, { size, interpolation }), wanted)).toBeLessThan(3e-6);
    expect(difference(cropAndResize(channelsLast(images), boxes, { size, interpolation }), wanted)).toBeLessThan(3e-6);
  });

  it('equals PyTorch’s antialiased interpolation of the cut-out region', () => {
    const images = randomImages([1, 3, 40, 36]);
    for (const box of [
      { top: 3, left: 5, height: 30, width: 25 },
      { top: 20, left: 0, height: 7, width: 36 },
    ]) {
      const region = images.narrow(2, box.top, box.height).narrow(3, box.left, box.width).contiguous();
      const wanted =
        interpolation === 'bicubic'
          ? ops.upsampleBicubic2dAa(region, [16, 16], false).clamp(0, 1)
          : ops.upsampleBilinear2dAa(region, [16, 16], false);
      const actual = cropAndResize(images, [box], { size: [16, 16], interpolation });
      expect(actual.sub(wanted).abs().max().item()).toBeLessThan(1e-5);
    }
  });

  it('does not depend on pixels outside the box', () => {
    const box = { top: 4, left: 3, height: 6, width: 5 };
    const images = randomImages([1, 3, 13, 11]);
    const others = randomImages([1, 3, 13, 11], 9);
    const inside = (batch: Tensor) => batch.narrow(2, box.top, box.height).narrow(3, box.left, box.width);
    inside(others).copy_(inside(images));
    const run = (batch: Tensor, cut: Box) => cropAndResize(batch, [cut], { size: [9, 9], interpolation }).toNumbers();
    expect(run(others, box)).toEqual(run(images, box));
    // Control: a box one pixel larger does change.
    const larger = { ...box, width: 6 };
    expect(run(others, larger)).not.toEqual(run(images, larger));
  });

  it('returns boxes of the output size bit for bit, mirrored or not', () => {
    const images = randomImages([2, 3, 9, 8]);
    const whole = { top: 0, left: 0, height: 9, width: 8 };
    const result = cropAndResize(images, [whole, { ...whole, isFlipped: true }], { size: [9, 8], interpolation });
    expect(result.select(0, 0).toNumbers()).toEqual(images.select(0, 0).toNumbers());
    expect(result.select(0, 1).toNumbers()).toEqual(images.select(0, 1).flip([2]).toNumbers());
  });

  it('mirrors a resampled box: the same weights in reverse', () => {
    const spans = [
      { start: 2, length: 5 },
      { start: 2, length: 5, isReversed: true },
    ];
    const weights = resamplingWeights(spans, 8, 11, { interpolation, like: ops.zeros([1]) });
    expect(weights.select(0, 1).toNumbers()).toEqual(weights.select(0, 0).flip([0]).toNumbers());
    expect(weights.sum(2).sub(1).abs().max().item()).toBeLessThan(1e-6);
    const images = ops.cat([randomImages([1, 3, 9, 8]), randomImages([1, 3, 9, 8])]);
    const box = { top: 1, left: 2, height: 7, width: 5 };
    const result = cropAndResize(images, [box, { ...box, isFlipped: true }], { size: [6, 11], interpolation });
    expect(
      result
        .select(0, 1)
        .sub(result.select(0, 0).flip([2]))
        .abs()
        .max()
        .item(),
    ).toBeLessThan(1e-6);
  });

  it('stays within [0, 1] and keeps a constant image constant', () => {
    const edges = ops.arange(0, 12, 1).remainder(2).to('float32').view([1, 1, 1, 12]).expand([1, 1, 12, 12]);
    const options = { size: [17, 17] as const, interpolation };
    const box = { top: 0, left: 0, height: 12, width: 12 };
    const sharp = cropAndResize(edges, [box], options);
    expect(sharp.min().item()).toBeGreaterThanOrEqual(0);
    expect(sharp.max().item()).toBeLessThanOrEqual(1);
    const even = cropAndResize(ops.full([1, 3, 12, 12], 0.3), [box], options);
    expect(even.sub(0.3).abs().max().item()).toBeLessThan(1e-6);
  });
});

describe('cropAndResize', () => {
  it('refuses boxes outside the image and a wrong number of boxes', () => {
    const images = randomImages([1, 3, 8, 8]);
    const options = { size: [4, 4] as const, interpolation: 'bicubic' as const };
    expect(() => cropAndResize(images, [{ top: 5, left: 0, height: 4, width: 4 }], options)).toThrowError(
      'Expected a box of whole pixels inside 8x8 for `boxes`',
    );
    expect(() => cropAndResize(images, [], options)).toThrowError('Expected 1 boxes, one per image');
  });
});

describe('sampleCropBoxes', () => {
  const count = 4000;

  it('keeps area, ratio and position within their ranges, and flips half', () => {
    const boxes = sampleCropBoxes(count, 64, 48, imagenet, new Generator(0));
    for (const { top, left, height, width } of boxes) {
      expect(top).toBeGreaterThanOrEqual(0);
      expect(left).toBeGreaterThanOrEqual(0);
      expect(top + height).toBeLessThanOrEqual(64);
      expect(left + width).toBeLessThanOrEqual(48);
      // Half a pixel of rounding on each side.
      expect((width + 0.5) / (height - 0.5)).toBeGreaterThan(3 / 4);
      expect((width - 0.5) / (height + 0.5)).toBeLessThan(4 / 3);
      expect((height + 0.5) * (width + 0.5)).toBeGreaterThan(0.08 * 64 * 48);
    }
    expectShare(boxes.filter((box) => box.isFlipped).length, count, 0.5);
    expect(new Set(boxes.map((box) => box.top)).size).toBeGreaterThan(40);
    // Up to every edge.
    expect(Math.min(...boxes.map(({ top, left }) => Math.max(top, left)))).toBe(0);
    expect(boxes.some(({ top, height }) => height < 40 && top + height === 64)).toBe(true);
    expect(boxes.some(({ left, width }) => width < 30 && left + width === 48)).toBe(true);
  });

  it('draws the area uniformly and the ratio log-uniformly where every box fits', () => {
    const boxes = sampleCropBoxes(count, 400, 400, { ...imagenet, scale: [0.1, 0.5] }, new Generator(1));
    const areas = boxes.map((box) => (box.height * box.width) / 400 ** 2);
    for (const bound of [0.2, 0.3, 0.4])
      expectShare(areas.filter((area) => area < bound).length, count, (bound - 0.1) / 0.4);
    expectShare(boxes.filter((box) => box.width < box.height).length, count, 0.5);
    const places = boxes.map((box) => box.top / (400 - box.height));
    expectShare(places.filter((place) => place < 0.5).length, count, 0.5);
  });

  it('tries ten times before it takes the central box', () => {
    // Of the boxes of at least 9/10 of a square, about one in three fits: after ten tries hardly any is left.
    const options = { scale: [0.9, 0.9], ratio: [3 / 4, 4 / 3], flip: 0 } as const;
    const boxes = sampleCropBoxes(count, 1000, 1000, options, new Generator(3));
    const share = 1 - Math.log(10 / 9) / Math.log(4 / 3); // of ratios that do not fit
    expectShare(boxes.filter(({ height, width }) => height * width === 1000 ** 2).length, count, share ** 10);
  });

  it('falls back to the central box when no box fits', () => {
    // A strip of 2 x 100: whatever its area, a nearly square box of more than half of it is too high.
    const options = { scale: [0.9, 1], ratio: [3 / 4, 4 / 3], flip: 0 } as const;
    for (const box of sampleCropBoxes(20, 2, 100, options, new Generator(0)))
      expect(box).toEqual({ top: 0, left: 48, height: 2, width: 3, isFlipped: false });
    for (const box of sampleCropBoxes(20, 100, 2, options, new Generator(0)))
      expect(box).toEqual({ top: 48, left: 0, height: 3, width: 2, isFlipped: false });
    const wide = { scale: [2, 2], ratio: [3 / 4, 4 / 3], flip: 0 } as const;
    for (const box of sampleCropBoxes(5, 10, 10, wide, new Generator(0)))
      expect(box).toEqual({ top: 0, left: 0, height: 10, width: 10, isFlipped: false });
  });

  it('never fails on images of one pixel', () => {
    for (const box of sampleCropBoxes(50, 1, 1, imagenet, new Generator(0)))
      expect([box.top, box.left, box.height, box.width]).toEqual([0, 0, 1, 1]);
  });
});

describe('randomResizedCrop', () => {
  it('cuts the sampled boxes', () => {
    const images = randomImages([6, 3, 15, 14]);
    const boxes = sampleCropBoxes(6, 15, 14, imagenet, new Generator(7));
    const wanted = pixelsOf(images).map((image, i) => reference.cropAndResize(image, boxes[i]!, [8, 8], 'bicubic'));
    expect(difference(randomResizedCrop({ size: 8, flip: 0.5 })(images, new Generator(7)), wanted)).toBeLessThan(3e-6);
  });

  it('is the identity for a scale of 1 and the same size', () => {
    const images = randomImages([4, 3, 8, 8]);
    const same = randomResizedCrop({ size: 8, scale: [1, 1], ratio: [1, 1] })(images, new Generator(0));
    expect(same.toNumbers()).toEqual(images.toNumbers());
  });
});

describe('resize and centerCrop', () => {
  it.each(interpolations)('resizes whole images, %s', (interpolation) => {
    const images = randomImages([2, 3, 12, 9]);
    const box = { top: 0, left: 0, height: 12, width: 9 };
    const wanted = pixelsOf(images).map((image) => reference.cropAndResize(image, box, [5, 14], interpolation));
    expect(difference(resize({ size: [5, 14], interpolation })(images), wanted)).toBeLessThan(1e-5);
    expect(difference(resize({ size: [5, 14], interpolation })(channelsLast(images)), wanted)).toBeLessThan(1e-5);
  });

  it('reads one number as the shorter side', () => {
    expect(resize({ size: 6 })(randomImages([1, 3, 12, 9])).shape).toEqual([1, 3, 8, 6]);
    expect(resize({ size: 6 })(randomImages([1, 3, 9, 12])).shape).toEqual([1, 3, 6, 8]);
    const same = randomImages([1, 3, 9, 12]);
    expect(resize({ size: 9 })(same)).toBe(same);
  });

  it('cuts the center, halves rounded to even', () => {
    const images = ops.arange(0, 30, 1, { dtype: 'float32' }).view([1, 1, 5, 6]);
    expect(centerCrop({ size: [3, 2] })(images).toList()).toEqual([
      [
        [
          [8, 9],
          [14, 15],
          [20, 21],
        ],
      ],
    ]);
    expect(
      centerCrop({ size: [2, 6] })(images)
        .select(2, 0)
        .toNumbers(),
    ).toEqual([12, 13, 14, 15, 16, 17]);
    // 1.5 and 2.5 are both rounded to 2, 0.5 to 0.
    const column = (length: number): Tensor => ops.arange(0, length, 1, { dtype: 'float32' }).view([1, 1, length, 1]);
    const starts = [5, 7, 3].map((length) => centerCrop({ size: [2, 1] })(column(length)).toNumbers()[0]);
    expect(starts).toEqual([2, 2, 0]);
  });
});

describe('randomCrop', () => {
  it('crops exact pixels at every position, uniformly', () => {
    const images = ops.arange(0, 20, 1, { dtype: 'uint8' }).view([1, 1, 4, 5]).expand([6000, 1, 4, 5]).contiguous();
    const crops = randomCrop({ size: 3 })(images, new Generator(0));
    expect(crops.shape).toEqual([6000, 1, 3, 3]);
    const corners = crops.select(2, 0).select(2, 0).flatten().toNumbers();
    expect([...new Set(corners)].sort((a, b) => a - b)).toEqual([0, 1, 2, 5, 6, 7]);
    for (const corner of [0, 1, 2, 5, 6, 7])
      expectShare(corners.filter((other) => other === corner).length, 6000, 1 / 6);
    const [first] = crops.toList() as number[][][][];
    const corner = corners[0]!;
    expect(first![0]).toEqual([0, 5, 10].map((row) => [0, 1, 2].map((column) => corner + row + column)));
  });

  it('returns images of the same size and refuses smaller ones', () => {
    const images = ops.zeros([2, 3, 4, 4], { dtype: 'uint8' });
    expect(randomCrop({ size: 4 })(images, new Generator(0)).shape).toEqual([2, 3, 4, 4]);
    expect(() => randomCrop({ size: 5 })(images, new Generator(0))).toThrow(/images of at least 5x5/);
    expect(() => randomCrop({ size: 0 })).toThrow(/integer of at least 1/);
  });
});
