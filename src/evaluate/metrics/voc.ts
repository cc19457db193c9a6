import { overlap } from '../../data/box.js';
import { areaUnderEnvelope, byFallingScore, elevenPoints, type Ranking } from './average-precision.js';
import { byClass, byImage, type Detection, type TrueObject } from './objects.js';

/** Average precision by PASCAL VOC's rules, in [0, 1]. */
export interface VocFigures {
  /** Mean over the classes of the area under the envelope: the rule from 2010 on. NaN when no class has an object to find. */
  area: number;
  /** Mean over the classes of the 11-point rule, until 2009. */
  elevenPoints: number;
  /** The same of each class; null for one without an object to find, which no mean includes. */
  perClass: ({ area: number; elevenPoints: number } | null)[];
}

export interface VocOptions {
  /** Number of classes. */
  classes: number;
  /** Least intersection over union of a right box, itself included. Default 0.5. */
  overlap?: number;
}

/**
 * Average precision of boxes as PASCAL VOC's development kit computes it. A detection takes the box of its image and class that it
 * overlaps most, whether or not that is taken: the first to take a box is right, later ones are wrong. One that takes a difficult box
 * does not count.
 *
 * Boxes are half open, from `left` to `left + width`. VOC's files name the first and the last pixel and count from 1: `left` is xmin - 1 and
 * `width` is xmax - xmin + 1, with which the intersection is that of the kit.
 *
 * @throws AutodidactError `DATA` for a class that is not there and for numbers that are not finite
 *
 * Source: VOCdevkit, `VOCevaldet.m`. Ports in Python ask for more than 0.5, sort without keeping the order of equal scores, and miss steps
 * of the 11-point rule; ours does as the kit.
 */
export function vocAp(truth: readonly TrueObject[], found: readonly Detection[], options: VocOptions): VocFigures {
  const { classes, overlap: least = 0.5 } = options;
  const detections = byClass(found, classes, 'A detection');
  const perClass = byClass(truth, classes, 'An object').map((objects, c) => {
    const ranking = ranked(objects, detections[c]!, least);
    if (ranking.positives === 0) return null;
    return { area: areaUnderEnvelope(ranking), elevenPoints: elevenPoints(ranking) };
  });
  const known = perClass.filter((figures) => figures !== null);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    area: mean(known.map(({ area }) => area)),
    elevenPoints: mean(known.map(({ elevenPoints }) => elevenPoints)),
    perClass,
  };
}

function ranked(objects: readonly TrueObject[], found: readonly Detection[], least: number): Ranking {
  const inImage = byImage(objects);
  const taken = new Set<TrueObject>();
  const hits: number[] = [];
  for (const i of byFallingScore(found.map(({ score }) => score))) {
    const { image, box } = found[i]!;
    let best: TrueObject | null = null;
    let most = 0;
    for (const object of inImage.get(image) ?? []) {
      const shared = overlap(box, object.box);
      if (shared > most) [best, most] = [object, shared];
    }
    if (best === null || most < least) hits.push(0);
    else if (best.isDifficult) continue;
    else {
      hits.push(taken.has(best) ? 0 : 1);
      taken.add(best);
    }
  }
  return { hits, positives: objects.filter(({ isDifficult }) => !isDifficult).length };
}
