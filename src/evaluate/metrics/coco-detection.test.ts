import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Prng } from '../../data/prng.js';
import { COCO_FIGURES, type CocoDetection, type CocoObject, cocoDetection } from './coco-detection.js';

type Row = readonly number[];

/** See make_coco.py. */
const scenes = JSON.parse(
  readFileSync(new URL('../../../tests/golden/coco-detection.json', import.meta.url), 'utf8'),
) as { objects: Row[]; detections: Row[]; stats: Row }[];

const objectOf = ([image, category, left, top, width, height, area, crowd]: Row): CocoObject => ({
  ...{ image: image!, category: category!, box: [left!, top!, width!, height!], area: area!, isCrowd: crowd === 1 },
});
const detectionOf = ([image, category, left, top, width, height, score]: Row): CocoDetection => ({
  ...{ image: image!, category: category!, box: [left!, top!, width!, height!], score: score! / 10 },
});

test('200 random scenes have the figures of pycocotools to 1e-12', () => {
  expect(scenes).toHaveLength(200);
  let largest = 0;
  for (const { objects, detections, stats } of scenes) {
    const figures = cocoDetection(objects.map(objectOf), detections.map(detectionOf));
    for (const [i, name] of COCO_FIGURES.entries()) largest = Math.max(largest, Math.abs(figures[name] - stats[i]!));
  }
  expect(largest).toBeLessThan(1e-12);
  // The scenes are no trivial ones.
  const values = scenes.map(({ stats }) => stats[0]!);
  expect(values.filter((value) => value > 0.05 && value < 0.95).length).toBeGreaterThan(100);
});

const object = (box: CocoObject['box'], changes: Partial<CocoObject> = {}): CocoObject => ({
  ...{ image: 1, category: 1, box, area: box[2] * box[3] },
  ...changes,
});
const found = (box: CocoObject['box'], score: number, changes: Partial<CocoDetection> = {}): CocoDetection => ({
  ...{ image: 1, category: 1, box, score },
  ...changes,
});

describe('golden values of pycocotools', () => {
  const a = [0, 0, 10, 10] as const;
  const far = (i: number) => [100 * i, 0, 10, 10] as const;

  test('ranks right, wrong, right, right, wrong of four objects', () => {
    const objects = [0, 1, 2, 3].map((i) => object(far(i)));
    const detections = [
      ...[found(far(0), 0.9), found(far(7), 0.8), found(far(1), 0.7), found(far(2), 0.6), found(far(8), 0.5)],
    ];
    expect(cocoDetection(objects, detections).AP50).toBeCloseTo(0.6287128713, 9);
  });

  test.each<[string, CocoObject[], CocoDetection[], number]>([
    ['an overlap of exactly one half', [object(a)], [found([0, 0, 10, 5], 0.9)], 1],
    ['the right box twice', [object(a)], [found(a, 0.9), found(a, 0.8)], 1],
    [
      'a detection in a crowd first, then a right one',
      [object(a), object([50, 50, 100, 100], { isCrowd: true })],
      [found([60, 60, 10, 10], 0.9), found(a, 0.8)],
      1,
    ],
    [
      'the same where it is no crowd',
      [object(a), object([50, 50, 100, 100])],
      [found([60, 60, 10, 10], 0.9), found(a, 0.8)],
      0.2524752475,
    ],
    [
      'a class that is right, one not detected, one that is not there',
      [object(a), object(a, { category: 2 })],
      [found(a, 0.9), found(a, 0.9, { category: 3 })],
      0.5,
    ],
    ['equal scores, the first image right', [object(a)], [found(a, 0.5), found(far(5), 0.5, { image: 2 })], 1],
    [
      'equal scores, the second image right, whatever the order',
      [object(a, { image: 2 })],
      [found(a, 0.5, { image: 2 }), found(far(5), 0.5)],
      0.5,
    ],
  ])('%s', (_, objects, detections, expected) => {
    expect(cocoDetection(objects, detections).AP50).toBeCloseTo(expected, 9);
  });

  test('a box of overlap .905 before the exact one leaves AP .95', () => {
    const { AP, AP50 } = cocoDetection(
      [object([0, 0, 100, 20])],
      [found([0, 0, 100, 22.1], 0.9), found([0, 0, 100, 20], 0.8)],
    );
    expect(AP50).toBeCloseTo(1, 12);
    expect(AP).toBeCloseTo(0.95, 12);
  });

  test('the right box at rank 101 does not count', () => {
    const wrong = Array.from({ length: 100 }, (_, i) => found(far(i + 1), 1 - i / 1000));
    expect(cocoDetection([object(a)], [...wrong, found(a, 0.01)]).AP50).toBe(0);
    expect(cocoDetection([object(a)], [...wrong.slice(1), found(a, 0.01)]).AP50).toBeCloseTo(0.01, 9);
  });
});

describe('controls', () => {
  const { objects, detections } = scenes[7]!;
  const [truth, given] = [objects.map(objectOf), detections.map(detectionOf)];
  const whole = cocoDetection(truth, given);

  test('a change of scores that keeps their order changes nothing', () => {
    expect(
      cocoDetection(
        truth,
        given.map((one) => ({ ...one, score: Math.exp(3 * one.score) })),
      ),
    ).toEqual(whole);
  });

  test('one more detection below all others never raises AP', () => {
    const prng = new Prng(3);
    for (let i = 0; i < 20; i++) {
      const box = [300 * prng.uniform(), 300 * prng.uniform(), 20, 20] as const;
      expect(cocoDetection(truth, [...given, found(box, 0.001)]).AP).toBeLessThanOrEqual(whole.AP);
    }
  });

  test('annotations of other images give next to nothing', () => {
    const moved = truth.map((one) => ({ ...one, image: one.image + 1 }));
    expect(cocoDetection(moved, given).AP).toBe(0);
    expect(cocoDetection(truth, []).AP).toBe(0);
    expect(cocoDetection([], given).AP).toBe(-1);
  });
});
