import { type VocRule, vocAveragePrecision } from './average-precision.js';

/** Left, top, right and bottom pixel, all of them inside: a box of one pixel has four equal numbers in pairs. */
export type Corners = readonly [left: number, top: number, right: number, bottom: number];

export interface VocObject {
  image: string;
  category: string;
  box: Corners;
  /** Neither looked for nor counted when found. */
  isDifficult?: boolean;
}

export interface VocDetection {
  image: string;
  category: string;
  box: Corners;
  score: number;
}

export interface VocOptions {
  /** Default `area`. */
  rule?: VocRule;
  /** Least overlap of a hit, which is enough when it is reached exactly. Default 0.5. */
  overlap?: number;
}

/**
 * PASCAL VOC's average precision of detections, by category and their mean. Each detection, best first, is held against the object of
 * its image and category that it overlaps most, whether or not that was found before: a second detection of an object is wrong. Equal
 * scores keep the order in which they were given.
 *
 * @returns the categories of the objects; one whose objects are all difficult has NaN and no part in the mean
 *
 * Source: the development kit of PASCAL VOC, VOCevaldet.m.
 */
export function vocDetection(
  objects: readonly VocObject[],
  detections: readonly VocDetection[],
  { rule = 'area', overlap = 0.5 }: VocOptions = {},
): { mean: number; perCategory: Map<string, number> } {
  const perCategory = new Map<string, number>();
  for (const category of [...new Set(objects.map((object) => object.category))].sort()) {
    const own = objects.filter((object) => object.category === category);
    const positives = own.filter(({ isDifficult }) => isDifficult !== true).length;
    const ranked = detections.filter((detection) => detection.category === category).sort((a, b) => b.score - a.score);
    const isHit = positives === 0 ? [] : hitsOf(own, ranked, overlap);
    perCategory.set(category, positives === 0 ? Number.NaN : vocAveragePrecision(isHit, positives, rule));
  }
  const known = [...perCategory.values()].filter((value) => !Number.isNaN(value));
  return { mean: known.reduce((sum, value) => sum + value, 0) / known.length, perCategory };
}

/** Whether each detection is right; those of difficult objects are left out. */
function hitsOf(objects: readonly VocObject[], ranked: readonly VocDetection[], overlap: number): boolean[] {
  const byImage = new Map<string, { object: VocObject; isFound: boolean }[]>();
  for (const object of objects)
    byImage.set(object.image, [...(byImage.get(object.image) ?? []), { object, isFound: false }]);
  return ranked.flatMap(({ image, box }) => {
    let best: { object: VocObject; isFound: boolean } | null = null;
    let most = Number.NEGATIVE_INFINITY;
    for (const candidate of byImage.get(image) ?? []) {
      const shared = overlapOf(box, candidate.object.box);
      if (shared > most) [best, most] = [candidate, shared];
    }
    if (best === null || !(most >= overlap)) return [false];
    if (best.object.isDifficult === true) return [];
    const isFirst = !best.isFound;
    best.isFound = true;
    return [isFirst];
  });
}

/** Intersection over union of two boxes of whole pixels, both corners inside. */
export function overlapOf(a: Corners, b: Corners): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]) + 1;
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]) + 1;
  if (width <= 0 || height <= 0) return 0;
  const area = (box: Corners) => (box[2] - box[0] + 1) * (box[3] - box[1] + 1);
  return (width * height) / (area(a) + area(b) - width * height);
}
