import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type CocoFigures, cocoAp } from './coco.js';
import type { Detection, TrueObject } from './objects.js';
import { boxOf, Draws, sceneSet } from './scenes.test-util.js';

interface GoldenScene {
  seed: number;
  objects: number;
  detections: number;
  stats: (number | null)[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../../tests/golden/average-precision.json', import.meta.url), 'utf8'),
) as { scenes: GoldenScene[] };

const inOrder = (figures: CocoFigures) => [
  ...[figures.ap, figures.ap50, figures.ap75, figures.apSmall, figures.apMedium, figures.apLarge],
  ...[figures.ar1, figures.ar10, figures.ar100, figures.arSmall, figures.arMedium, figures.arLarge],
];

const object = (image: number, box: number[], more: Partial<TrueObject> = {}): TrueObject => ({
  ...{ image, class: 0, box: boxOf(box) },
  ...more,
});
const detection = (image: number, box: number[], score: number, label = 0): Detection => ({
  ...{ image, class: label, box: boxOf(box), score },
});

const SQUARE = [10, 10, 40, 40];
const ELSEWHERE = [100, 100, 40, 40];

describe('cocoAp', () => {
  it('is equal to pycocotools on 200 random scenes', () => {
    expect(golden.scenes).toHaveLength(200);
    for (const { seed, objects, detections, stats } of golden.scenes) {
      const { classes, truth, found } = sceneSet(seed);
      expect([truth.length, found.length]).toEqual([objects, detections]);
      inOrder(cocoAp(truth, found, classes)).forEach((figure, i) => {
        const expected = stats[i]!;
        if (expected === null) expect(figure).toBeNull();
        else expect(Math.abs(figure! - expected), `scene ${seed}, figure ${i}`).toBeLessThan(1e-12);
      });
    }
  });

  it.each<[string, TrueObject[], Detection[], number, number]>([
    ['an overlap of exactly 0.5', [object(0, [0, 0, 40, 40])], [detection(0, [0, 0, 40, 20], 0.9)], 1, 1],
    ['the right box twice', [object(0, SQUARE)], [detection(0, SQUARE, 0.9), detection(0, SQUARE, 0.8)], 1, 1],
    [
      'a detection in a crowd before a right one',
      [object(0, SQUARE), object(0, ELSEWHERE, { isCrowd: true })],
      [detection(0, [105, 105, 10, 10], 0.9), detection(0, SQUARE, 0.8)],
      ...([1, 1] as const),
    ],
    [
      'the same where it is not crowded',
      [object(0, SQUARE), object(0, ELSEWHERE)],
      [detection(0, [105, 105, 10, 10], 0.9), detection(0, SQUARE, 0.8)],
      ...([1, 0.2524752475] as const),
    ],
    [
      'a class right, one not found, one not there',
      [object(0, SQUARE), object(0, SQUARE, { class: 1 })],
      [detection(0, SQUARE, 0.9), detection(0, SQUARE, 0.9, 2)],
      ...([3, 0.5] as const),
    ],
    [
      'equal scores, the right one in the first image',
      [object(0, SQUARE)],
      [detection(1, SQUARE, 0.5), detection(0, SQUARE, 0.5)],
      ...([1, 1] as const),
    ],
    [
      'equal scores, the right one in the second image',
      [object(1, SQUARE)],
      [detection(1, SQUARE, 0.5), detection(0, SQUARE, 0.5)],
      ...([1, 0.5] as const),
    ],
    [
      'the right box as the 101st of its image',
      [object(0, SQUARE)],
      [...Array.from({ length: 100 }, () => detection(0, ELSEWHERE, 0.9)), detection(0, SQUARE, 0.1)],
      ...([1, 0] as const),
    ],
    [
      'ranks right, wrong, right, right, wrong of 4 objects',
      [0, 1, 2, 3].map((image) => object(image, SQUARE)),
      [
        ...[detection(0, SQUARE, 0.9), detection(0, ELSEWHERE, 0.8), detection(1, SQUARE, 0.7)],
        ...[detection(2, SQUARE, 0.6), detection(2, ELSEWHERE, 0.5)],
      ],
      ...([1, 0.6287128713] as const),
    ],
  ])('has the AP50 of pycocotools for %s', (_, truth, found, classes, expected) => {
    expect(cocoAp(truth, found, classes).ap50).toBeCloseTo(expected, 9);
  });

  it('takes the surest detection, not the one that fits best', () => {
    const found = [detection(0, [10, 10, 40, 36.2], 0.9), detection(0, SQUARE, 0.8)]; // an overlap of 0.905
    const figures = cocoAp([object(0, SQUARE)], found, 1);
    expect(figures.ap50).toBeCloseTo(1, 9);
    expect(figures.ap).toBeCloseTo(0.95, 9);
  });

  it('says null where nothing counts', () => {
    const figures = cocoAp([object(0, SQUARE, { isCrowd: true })], [detection(0, SQUARE, 1)], 1);
    expect([figures.ap, figures.apSmall, figures.ar100, ...figures.perClass]).toEqual([null, null, null, null]);
  });

  it('is near 0 when the boxes are those of other images, and bit-equal under a monotone change of scores', () => {
    const draws = new Draws(7);
    const truth = Array.from({ length: 60 }, (_, image) =>
      object(image, [draws.below(200), draws.below(200), 20, 20], { class: draws.below(3) }),
    );
    const found = truth.map((one) => ({ ...one, score: draws.below(100) / 100 }));
    const figures = cocoAp(truth, found, 3);
    expect(figures.ap).toBeCloseTo(1, 9);
    expect(
      cocoAp(
        truth,
        found.map((one) => ({ ...one, image: (one.image + 1) % 60 })),
        3,
      ).ap50,
    ).toBeLessThan(0.05);
    const { classes, truth: objects, found: detections } = sceneSet(3);
    const changed = detections.map((one) => ({ ...one, score: Math.exp(3 * one.score) }));
    expect(cocoAp(objects, changed, classes)).toEqual(cocoAp(objects, detections, classes));
  });

  it('never rises by a detection of a score below all others', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { classes, truth, found } = sceneSet(seed);
      const before = cocoAp(truth, found, classes);
      const more = [...found, detection(0, [1, 1, 9, 9], -1)];
      // A stray box in no object's place.
      if (before.ap !== null) expect(cocoAp(truth, more, classes).ap).toBeLessThanOrEqual(before.ap);
    }
  });

  it('refuses classes that are not there and numbers that are not finite', () => {
    expect(() => cocoAp([object(0, SQUARE, { class: 3 })], [], 2)).toThrow(
      'An object has class 3, there are 2 classes',
    );
    expect(() => cocoAp([], [detection(4, SQUARE, Number.NaN)], 1)).toThrow('A detection in image 4');
  });
});
