import { describe, expect, it } from 'vitest';
import {
  decodeObjects,
  encodeObjects,
  type ImageObject,
  inImage,
  inSample,
  shownObjects,
  windowOf,
} from './objects.js';

const box = (left: number, top: number, width: number, height: number) => ({ left, top, width, height });

describe('windows', () => {
  it('are all of the image when stretched, and the middle square when cropped', () => {
    const [from, to] = [
      { width: 100, height: 50 },
      { width: 10, height: 10 },
    ];
    expect(windowOf(from, to, 'stretch')).toEqual({ left: 0, top: 0, scaleX: 10, scaleY: 5 });
    expect(windowOf(from, to, 'crop')).toEqual({ left: 25, top: 0, scaleX: 5, scaleY: 5 });
  });

  it('lead there and back', () => {
    const window = { left: 25, top: 3, scaleX: 5, scaleY: 2 };
    expect(inSample(box(30, 5, 20, 6), window)).toEqual(box(1, 1, 4, 3));
    expect(inImage(inSample(box(31, 7, 20, 6), window), window)).toEqual(box(31, 7, 20, 6));
  });
});

describe('shownObjects', () => {
  const objects: ImageObject[] = [
    { class: 0, box: box(30, 10, 10, 10) },
    { class: 1, box: box(70, 0, 20, 10), area: 100 }, // cut off by three quarters
    { class: 2, box: box(0, 0, 20, 20) }, // outside
    { class: 0, box: box(66, 0, 12, 10) }, // cut off by a quarter
  ];

  it('cuts boxes off where the sample ends, and calls difficult what is shown by less than half', () => {
    const shown = shownObjects({ width: 100, height: 50, objects }, { width: 10, height: 10 }, 'crop');
    expect(shown.original).toEqual([
      { class: 0, box: box(30, 10, 10, 10), area: 100, isDifficult: false },
      { class: 1, box: box(70, 0, 5, 10), area: 25, isDifficult: true },
      { class: 0, box: box(66, 0, 9, 10), area: 90, isDifficult: false },
    ]);
    expect(shown.objects[0]).toEqual({ class: 0, box: box(1, 2, 2, 2), area: 4, isDifficult: false });
    expect(shown.objects[2]!.box.left + shown.objects[2]!.box.width).toBeCloseTo(10, 12);
  });

  it('keeps everything when stretched, and moves key points', () => {
    const points = Float64Array.from([50, 25, 2, 0, 0, 0]);
    const one: ImageObject = { class: 0, box: box(40, 20, 20, 10), points };
    const shown = shownObjects({ width: 100, height: 50, objects: [one] }, { width: 10, height: 10 }, 'stretch');
    expect(shown.original[0]).toMatchObject({ box: one.box, area: 200, points });
    expect([...shown.objects[0]!.points!]).toEqual([5, 5, 2, 0, 0, 0]);
  });
});

it('objects survive the index of a pack, to the last bit', () => {
  const images = [
    { width: 640, height: 480, objects: [{ class: 3, box: box(0.1, 1 / 3, 7.7, 8), area: 0.3, isCrowd: true }] },
    null,
    { width: 5, height: 6, objects: [] },
    {
      ...{ width: 9, height: 9 },
      objects: [
        { class: 0, box: box(1, 2, 3, 4), isDifficult: true, points: Float64Array.from([1, 2, 2, 0, 0, 0]) },
        { class: 1, box: box(1, 2, 3, 4) },
      ],
    },
  ];
  expect(decodeObjects(encodeObjects(images), 2)).toEqual(images);
});
