import { describe, expect, test } from 'vitest';
import { cocoDetection } from './coco-detection.js';
import { type Corners, overlapOf, type VocDetection, type VocObject, vocDetection } from './voc-detection.js';

const object = (box: Corners, changes: Partial<VocObject> = {}): VocObject => ({
  image: 'a',
  category: 'dog',
  box,
  ...changes,
});
const found = (box: Corners, score: number, changes: Partial<VocDetection> = {}): VocDetection => ({
  ...{ image: 'a', category: 'dog', box, score },
  ...changes,
});
const ap = (objects: VocObject[], detections: VocDetection[]) => vocDetection(objects, detections).mean;

const box: Corners = [1, 1, 10, 10];

test('boxes hold their corners: one pixel has an area of one', () => {
  expect(overlapOf([5, 5, 5, 5], [5, 5, 5, 5])).toBe(1);
  expect(overlapOf([1, 1, 2, 1], [2, 1, 3, 1])).toBe(1 / 3);
  expect(overlapOf([1, 1, 2, 2], [3, 1, 4, 2])).toBe(0);
});

test('an overlap of exactly one half is enough', () => {
  expect(overlapOf(box, [1, 1, 10, 5])).toBe(0.5);
  expect(ap([object(box)], [found([1, 1, 10, 5], 0.9)])).toBe(1);
  expect(ap([object(box)], [found([1, 1, 10, 4], 0.9)])).toBe(0);
});

test('a second detection of an object is wrong, also where another object would be free', () => {
  const other: Corners = [1, 3, 10, 12];
  const detections = [found(box, 0.9), found([1, 1, 10, 11], 0.8)];
  // Both detections overlap the first object most; COCO gives the second the other object.
  expect(ap([object(box), object(other)], detections)).toBe(0.5);
  const coco = (corners: Corners) =>
    [corners[0], corners[1], corners[2] - corners[0] + 1, corners[3] - corners[1] + 1] as const;
  const { AP50 } = cocoDetection(
    [box, other].map((corners) => ({ image: 1, category: 1, box: coco(corners), area: 100 })),
    detections.map(({ box: corners, score }) => ({ image: 1, category: 1, box: coco(corners), score })),
  );
  expect(AP50).toBeCloseTo(1, 12);
});

describe('difficult objects', () => {
  test('are neither looked for nor counted when found', () => {
    const objects = [object(box), object([100, 100, 120, 120], { isDifficult: true })];
    const detections = [found([100, 100, 120, 120], 0.9), found(box, 0.8)];
    expect(ap(objects, detections)).toBe(1);
    expect(ap([objects[0]!, object([100, 100, 120, 120])], detections)).toBe(1);
    expect(ap([objects[0]!, object([100, 100, 120, 120])], [detections[1]!])).toBe(0.5);
  });

  test('alone leave a category without a figure, which the mean leaves out', () => {
    const { mean, perCategory } = vocDetection(
      [object(box), object(box, { category: 'cat', isDifficult: true })],
      [found(box, 0.9), found(box, 0.9, { category: 'cat' }), found(box, 0.9, { category: 'cow' })],
    );
    expect([mean, perCategory.get('dog'), perCategory.get('cat'), perCategory.size]).toEqual([1, 1, Number.NaN, 2]);
  });
});

test('each image and category for itself; equal scores keep their order', () => {
  expect(ap([object(box)], [found(box, 0.9, { image: 'b' })])).toBe(0);
  expect(ap([object(box)], [found(box, 0.9, { category: 'cat' })])).toBe(0);
  const [right, wrong] = [found(box, 0.5), found([50, 50, 60, 60], 0.5)];
  expect(ap([object(box)], [right, wrong])).toBe(1);
  expect(ap([object(box)], [wrong, right])).toBe(0.5);
});
