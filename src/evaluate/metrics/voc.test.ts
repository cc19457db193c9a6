import { describe, expect, it } from 'vitest';
import { areaUnderEnvelope, elevenPoints, hundredAndOnePoints, portedElevenPoints } from './average-precision.js';
import { cocoAp } from './coco.js';
import type { Detection, TrueObject } from './objects.js';
import { boxOf, sceneSet } from './scenes.test-util.js';
import { vocAp } from './voc.js';

const object = (image: number, box: number[], more: Partial<TrueObject> = {}): TrueObject => ({
  ...{ image, class: 0, box: boxOf(box) },
  ...more,
});
const detection = (image: number, box: number[], score: number): Detection => ({
  ...{ image, class: 0, box: boxOf(box), score },
});

const SQUARE = [10, 10, 40, 40];

describe('the rules of average precision', () => {
  it('agree with the golden values for right, wrong, right, right, wrong of 4 objects', () => {
    const ranking = { hits: [1, 0, 1, 1, 0], positives: 4 };
    expect(areaUnderEnvelope(ranking)).toBe(0.625);
    expect(elevenPoints(ranking)).toBeCloseTo(0.6136363636, 9);
    expect(hundredAndOnePoints(ranking)).toBeCloseTo(0.6287128713, 9);
  });

  it('count a recall of exactly 3, 6 and 7 in 10', () => {
    const found = (count: number) => ({ hits: new Array<number>(count).fill(1), positives: 10 });
    expect(areaUnderEnvelope(found(3))).toBeCloseTo(0.3, 12);
    expect(elevenPoints(found(3))).toBeCloseTo(4 / 11, 12); // ports: 3 / 11
    expect(elevenPoints(found(6))).toBeCloseTo(7 / 11, 12);
    expect(elevenPoints(found(7))).toBeCloseTo(8 / 11, 12);
    // Thresholds as `np.arange(0, 1.1, 0.1)` has them miss the step.
    expect(portedElevenPoints(found(3))).toBeCloseTo(3 / 11, 12);
    expect(portedElevenPoints(found(6))).toBeCloseTo(6 / 11, 12);
    expect(portedElevenPoints(found(7))).toBeCloseTo(7 / 11, 12);
    // No other recall is one of them.
    for (const count of [0, 1, 2, 4, 5, 8, 9, 10])
      expect(portedElevenPoints(found(count))).toBeCloseTo(elevenPoints(found(count)), 12);
  });

  it('are 1 when all is found first, and 0 when nothing is', () => {
    for (const rule of [areaUnderEnvelope, elevenPoints]) {
      expect(rule({ hits: [1, 1, 0], positives: 2 })).toBe(1);
      expect(rule({ hits: [0, 0], positives: 2 })).toBe(0);
      expect(rule({ hits: [], positives: 2 })).toBe(0);
    }
    expect(hundredAndOnePoints({ hits: [], positives: 2 })).toBe(0);
  });
});

describe('vocAp', () => {
  it('counts an overlap of exactly 0.5', () => {
    expect(vocAp([object(0, SQUARE)], [detection(0, [10, 10, 40, 20], 1)], { classes: 1 }).area).toBe(1);
    expect(vocAp([object(0, SQUARE)], [detection(0, [10, 10, 40, 19.9], 1)], { classes: 1 }).area).toBe(0);
  });

  it('gives the figures of ports in Python where they are asked for', () => {
    const exact = [[object(0, SQUARE)], [detection(0, [10, 10, 40, 20], 1)]] as const;
    expect(vocAp(...exact, { classes: 1, compat: 'python' }).area).toBe(0);
    const truth = Array.from({ length: 10 }, (_, image) => object(image, SQUARE));
    const found = [0, 1, 2].map((image) => detection(image, SQUARE, 1));
    expect(vocAp(truth, found, { classes: 1, compat: 'python' }).elevenPoints).toBeCloseTo(0.2727272727, 9);
    expect(vocAp(truth, found, { classes: 1 }).elevenPoints).toBeCloseTo(0.3636363636, 9);
  });

  it('leaves out what takes a difficult object, and difficult objects among those to find', () => {
    const truth = [object(0, SQUARE), object(0, [100, 100, 40, 40], { isDifficult: true })];
    const found = [detection(0, [100, 100, 40, 40], 0.9), detection(0, SQUARE, 0.8)];
    expect(vocAp(truth, found, { classes: 1 }).area).toBe(1);
    expect(vocAp([truth[0]!, object(0, [100, 100, 40, 40])], [found[1]!], { classes: 1 }).area).toBe(0.5);
  });

  it('makes a second detection of an object wrong', () => {
    const found = [detection(0, SQUARE, 0.9), detection(0, SQUARE, 0.8), detection(1, SQUARE, 0.7)];
    const truth = [object(0, SQUARE), object(1, SQUARE)];
    expect(vocAp(truth, found, { classes: 1 }).area).toBeCloseTo((1 + 2 / 3) / 2, 12);
  });

  it('keeps the order of equal scores', () => {
    const truth = [object(0, SQUARE)];
    const [right, wrong] = [detection(0, SQUARE, 0.5), detection(1, SQUARE, 0.5)];
    expect(vocAp(truth, [right, wrong], { classes: 1 }).area).toBe(1);
    expect(vocAp(truth, [wrong, right], { classes: 1 }).area).toBe(0.5);
  });

  it('disagrees with COCO where two detections fit the same of two objects best', () => {
    const truth = [object(0, [0, 0, 40, 40]), object(0, [8, 0, 40, 40])];
    const found = [detection(0, [0, 0, 40, 40], 0.9), detection(0, [3, 0, 40, 40], 0.8)];
    expect(vocAp(truth, found, { classes: 1 }).area).toBe(0.5); // the object of the second is taken: wrong
    expect(cocoAp(truth, found, 1).ap50).toBeCloseTo(1, 9); // takes the free one
  });

  it('leaves classes without an object to find out of the mean, and says which', () => {
    const figures = vocAp([object(0, SQUARE)], [detection(0, SQUARE, 1)], { classes: 3 });
    expect(figures.area).toBe(1);
    expect(figures.perClass).toEqual([{ area: 1, elevenPoints: 1 }, null, null]);
  });

  it('is bit-equal under a monotone change of scores, and lower with boxes of other images', () => {
    const { classes, truth, found } = sceneSet(0);
    const figures = vocAp(truth, found, { classes });
    const changed = found.map((one) => ({ ...one, score: Math.exp(one.score) }));
    expect(vocAp(truth, changed, { classes })).toEqual(figures);
    const moved = found.map((one) => ({ ...one, image: one.image + 1 }));
    expect(vocAp(truth, moved, { classes }).area).toBeLessThan(figures.area / 5);
  });
});
