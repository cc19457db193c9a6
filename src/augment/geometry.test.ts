import { describe, expect, it } from 'vitest';
import { Generator, type Tensor, tensor } from '../engine/index.js';
import {
  cutout,
  eraseEach,
  flipChosen,
  horizontalFlip,
  type Offset,
  padAndCrop,
  randomRotate90,
  rotate90,
  rotateEach,
  sampleHoles,
  sampleOffsets,
  sampleTurns,
  shiftEach,
} from './geometry.js';
import * as reference from './reference.test-util.js';
import { channelsLast, difference, expectShare, pixelsOf, randomImages } from './reference.test-util.js';

/** float32 and bytes, rows of planes and of pixels. */
const variants: [string, (images: Tensor) => Tensor][] = [
  ['float32', (images) => images],
  ['float32 channels-last', channelsLast],
  ['uint8', (images) => images.mul(255).to('uint8')],
  ['uint8 channels-last', (images) => channelsLast(images.mul(255).to('uint8'))],
];

describe.each(variants)('exact pixel moves of %s', (_name, make) => {
  const images = make(randomImages([6, 3, 7, 7]));
  const oblong = make(randomImages([6, 2, 7, 9]));

  it('flips the chosen images; twice is the identity', () => {
    const flags = [true, false, true, true, false, false];
    const wanted = pixelsOf(oblong).map((image, i) => (flags[i] ? reference.horizontalFlip(image) : image));
    expect(difference(flipChosen(oblong, flags), wanted)).toBe(0);
    expect(flipChosen(flipChosen(oblong, flags), flags).toNumbers()).toEqual(oblong.toNumbers());
    const all = horizontalFlip(1);
    expect(difference(all(oblong, new Generator(0)), pixelsOf(oblong).map(reference.horizontalFlip))).toBe(0);
  });

  it('rotates by RotNet’s formulas; four times is the identity', () => {
    for (const turns of [0, 1, 2, 3])
      expect(
        difference(
          rotate90(images, turns),
          pixelsOf(images).map((image) => reference.rotate90(image, turns)),
        ),
      ).toBe(0);
    const quarter = (batch: Tensor) => rotate90(batch, 1);
    expect(quarter(quarter(quarter(quarter(images)))).toNumbers()).toEqual(images.toNumbers());
    expect(quarter(images).toNumbers()).not.toEqual(images.toNumbers());
  });

  it('rotates each image by its own angle', () => {
    const turns = [3, 0, 1, 2, 1, 0];
    const wanted = pixelsOf(images).map((image, i) => reference.rotate90(image, turns[i]!));
    expect(difference(rotateEach(images, turns), wanted)).toBe(0);
    const drawn = sampleTurns(6, new Generator(2));
    const rotated = randomRotate90()(images, new Generator(2));
    expect(rotated.toNumbers()).toEqual(rotateEach(images, drawn).toNumbers());
  });

  it.each(['zero', 'reflect'] as const)('shifts each image by its own offset, %s', (mode) => {
    const padding = 3;
    const offsets: Offset[] = [
      { top: 0, left: 0 },
      { top: 6, left: 6 },
      { top: 3, left: 3 },
      { top: 0, left: 6 },
      { top: 4, left: 2 },
      { top: 1, left: 5 },
    ];
    const wanted = pixelsOf(oblong).map((image, i) => reference.padAndCrop(image, offsets[i]!, padding, mode));
    const shifted = shiftEach(oblong, offsets, { padding, mode });
    expect(difference(shifted, wanted)).toBe(0);
    expect(shifted.dtype).toBe(oblong.dtype);
    expect(shifted.select(0, 2).toNumbers()).toEqual(oblong.select(0, 2).toNumbers());
  });

  it('shifts nothing without padding', () => {
    const same = padAndCrop({ padding: 0, mode: 'reflect' })(oblong, new Generator(0));
    expect(same.toNumbers()).toEqual(oblong.toNumbers());
  });

  it('erases the hole of each image', () => {
    const hole = { top: 0, bottom: 3, left: 5, right: 9 };
    const holes = [
      hole,
      null,
      { top: 2, bottom: 3, left: 0, right: 1 },
      null,
      hole,
      { top: 0, bottom: 7, left: 0, right: 9 },
    ];
    for (const fill of [0, 1]) {
      const wanted = pixelsOf(oblong).map((image, i) => reference.cutout(image, holes[i]!, fill));
      expect(difference(eraseEach(oblong, holes, fill), wanted)).toBe(0);
    }
    const drawn = sampleHoles(6, { height: 7, width: 9, side: 4, p: 0.5 }, new Generator(3));
    const erased = cutout({ size: 4, p: 0.5 })(oblong, new Generator(3));
    expect(erased.toNumbers()).toEqual(eraseEach(oblong, drawn).toNumbers());
  });
});

describe('the direction of a quarter turn', () => {
  it('is counter-clockwise', () => {
    const image = tensor([
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ]);
    expect(rotate90(image, 1).toList()).toEqual([
      [
        [
          [2, 4],
          [1, 3],
        ],
      ],
    ]);
  });
});

describe('sampled parameters', () => {
  const count = 6000;

  it('rotates by all four angles equally often', () => {
    const turns = sampleTurns(count, new Generator(0));
    for (const angle of [0, 1, 2, 3]) expectShare(turns.filter((turn) => turn === angle).length, count, 1 / 4);
  });

  it('offsets are uniform in 0 to 2 x padding, and shift with probability p', () => {
    const offsets = sampleOffsets(count, { padding: 2, p: 1 }, new Generator(1));
    for (const place of [0, 1, 2, 3, 4]) {
      expectShare(offsets.filter((offset) => offset.top === place).length, count, 1 / 5);
      expectShare(offsets.filter((offset) => offset.left === place).length, count, 1 / 5);
    }
    expectShare(offsets.filter(({ top, left }) => top === 0 && left === 0).length, count, 1 / 25);
    const some = sampleOffsets(count, { padding: 2, p: 0.8 }, new Generator(1));
    expectShare(some.filter(({ top, left }) => top !== 2 || left !== 2).length, count, 0.8 * (24 / 25));
  });

  it('centers of holes are uniform over the image, and holes are clipped at its edges', () => {
    const holes = sampleHoles(count, { height: 10, width: 20, side: 4, p: 0.5 }, new Generator(2));
    const present = holes.filter((hole) => hole !== null);
    expectShare(present.length, count, 0.5);
    expectShare(present.filter((hole) => hole.top === 0).length, present.length, 3 / 10); // row 0, 1 or 2
    expectShare(present.filter((hole) => hole.right === 20).length, present.length, 2 / 20); // column 18 or 19
    for (const { top, bottom, left, right } of present) {
      expect(bottom - top === 4 || (top === 0 && bottom < 4) || (bottom === 10 && top > 6)).toBe(true);
      expect(right - left).toBeGreaterThanOrEqual(2);
    }
  });
});
