import { overlap } from '../../data/box.js';
import {
  areaUnderEnvelope,
  byFallingScore,
  elevenPoints,
  portedElevenPoints,
  type Ranking,
} from './average-precision.js';
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
  /**
   * `python` gives the figures of the common ports in Python, for a comparison with papers that used them: an overlap of exactly the least
   * is too little, and a recall of exactly 3, 6 or 7 tenths misses its step of the 11-point rule. By default the kit's.
   */
  compat?: 'kit' | 'python';
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
 * Source: VOCdevkit, `VOCevaldet.m`. Ports in Python (`voc_eval.py` of py-faster-rcnn and detectron2) differ, see `compat`; what they make of
 * equal scores is up to their sort, ours keeps the order in any case.
 */
export function vocAp(truth: readonly TrueObject[], found: readonly Detection[], options: VocOptions): VocFigures {
  const { classes, overlap: least = 0.5, compat = 'kit' } = options;
  const isPort = compat === 'python';
  const detections = byClass(found, classes, 'A detection');
  const perClass = byClass(truth, classes, 'An object').map((objects, c) => {
    const isEnough = (shared: number) => (isPort ? shared > least : shared >= least);
    const ranking = ranked(objects, detections[c]!, isEnough);
    if (ranking.positives === 0) return null;
    return { area: areaUnderEnvelope(ranking), elevenPoints: (isPort ? portedElevenPoints : elevenPoints)(ranking) };
  });
  const known = perClass.filter((figures) => figures !== null);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    area: mean(known.map(({ area }) => area)),
    elevenPoints: mean(known.map(({ elevenPoints }) => elevenPoints)),
    perClass,
  };
}

function ranked(
  objects: readonly TrueObject[],
  found: readonly Detection[],
  isEnough: (shared: number) => boolean,
): Ranking {
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
    if (best === null || !isEnough(most)) hits.push(0);
    else if (best.isDifficult) continue;
    else {
      hits.push(taken.has(best) ? 0 : 1);
      taken.add(best);
    }
  }
  return { hits, positives: objects.filter(({ isDifficult }) => !isDifficult).length };
}
