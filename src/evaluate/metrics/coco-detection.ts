/** Left, top, width and height in pixels. */
export type Box = readonly [left: number, top: number, width: number, height: number];

export interface CocoObject {
  image: number;
  category: number;
  box: Box;
  /** Of the annotation, which may be that of a mask. */
  area: number;
  /** A region with many objects: detections in it count neither way. */
  isCrowd?: boolean;
}

export interface CocoDetection {
  image: number;
  category: number;
  box: Box;
  score: number;
}

/** COCO's twelve figures; -1 where there is nothing to measure. `AR1` counts the best detection of each image and category only. */
export const COCO_FIGURES = [
  ...(['AP', 'AP50', 'AP75', 'APsmall', 'APmedium', 'APlarge'] as const),
  ...(['AR1', 'AR10', 'AR100', 'ARsmall', 'ARmedium', 'ARlarge'] as const),
] as const;

export type CocoFigures = Record<(typeof COCO_FIGURES)[number], number>;

/** As numpy's linspace rounds them. */
const OVERLAPS = spaced(0.5, 0.95, 10);
const RECALLS = spaced(0, 1, 101);
const SIZES = { all: [0, 1e10], small: [0, 32 ** 2], medium: [32 ** 2, 96 ** 2], large: [96 ** 2, 1e10] } as const;
type Size = keyof typeof SIZES;
const MOST = 100;

function spaced(from: number, to: number, count: number): number[] {
  const step = (to - from) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? to : i * step + from));
}

/** The objects and detections of one image and category. */
interface Group {
  image: number;
  objects: CocoObject[];
  detections: CocoDetection[];
}

/** What became of the detections of a group at every overlap, best first. */
interface Matched {
  scores: Float64Array;
  /** [overlap x detection] */
  isMatched: Uint8Array;
  isIgnored: Uint8Array;
  /** Objects that count. */
  positives: number;
}

/**
 * COCO's average precision and recall of detected boxes. Each detection, best first, takes the free object of its image and category
 * that it overlaps most; objects of another size and crowds are taken only where no other fits, and then nothing counts. Equal scores keep
 * the order of the images, and within one the order in which they were given.
 *
 * @param categories those that are measured; by default all of the objects. One without objects has no part in the means
 *
 * Source: pycocotools 2.0, `cocoeval.py` and `maskApi.c`, with which the figures agree to rounding.
 */
export function cocoDetection(
  objects: readonly CocoObject[],
  detections: readonly CocoDetection[],
  { categories = [...new Set(objects.map(({ category }) => category))] }: { categories?: readonly number[] } = {},
): CocoFigures {
  const groups = grouped(objects, detections);
  const precisions: Record<Size, number[][]> = { all: [], small: [], medium: [], large: [] };
  const recalls = new Map<string, number[]>();
  const remember = (name: string, values: readonly number[]) =>
    recalls.set(name, [...(recalls.get(name) ?? []), ...values]);
  for (const category of [...categories].sort((a, b) => a - b)) {
    const own = (groups.get(category) ?? []).map((group) => ({ group, overlaps: overlapsOf(group) }));
    for (const size of Object.keys(SIZES) as Size[]) {
      const matched = own.map(({ group, overlaps }) => match(group, overlaps, SIZES[size]));
      for (const most of size === 'all' ? [1, 10, MOST] : [MOST]) {
        const found = accumulate(matched, most);
        if (found === null) continue;
        remember(size === 'all' ? `AR${most}` : `AR${size}`, found.recalls);
        if (most === MOST) precisions[size].push(...found.precisions);
      }
    }
  }
  const at = (overlap: number) => precisions.all.filter((_, i) => i % OVERLAPS.length === overlap);
  const means = {
    ...{ AP: mean(precisions.all.flat()), AP50: mean(at(0).flat()), AP75: mean(at(5).flat()) },
    ...{ APsmall: mean(precisions.small.flat()), APmedium: mean(precisions.medium.flat()) },
    APlarge: mean(precisions.large.flat()),
  };
  const names = ['AR1', 'AR10', 'AR100', 'ARsmall', 'ARmedium', 'ARlarge'] as const;
  return { ...means, ...Object.fromEntries(names.map((name) => [name, mean(recalls.get(name) ?? [])])) } as CocoFigures;
}

/** By category, with the images in ascending order. */
function grouped(objects: readonly CocoObject[], detections: readonly CocoDetection[]): Map<number, Group[]> {
  const groups = new Map<number, Map<number, Group>>();
  const groupOf = ({ image, category }: { image: number; category: number }): Group => {
    const images = groups.get(category) ?? new Map<number, Group>();
    groups.set(category, images);
    const group = images.get(image) ?? { image, objects: [], detections: [] };
    images.set(image, group);
    return group;
  };
  for (const object of objects) groupOf(object).objects.push(object);
  for (const detection of detections) groupOf(detection).detections.push(detection);
  for (const images of groups.values())
    for (const group of images.values())
      group.detections = group.detections.sort((a, b) => b.score - a.score).slice(0, MOST);
  return new Map(
    [...groups].map(([category, images]) => [category, [...images.values()].sort((a, b) => a.image - b.image)]),
  );
}

/** Intersection over union, or over the detection's own area for crowds: [detection x object]. */
function overlapsOf({ objects, detections }: Group): Float64Array {
  const result = new Float64Array(detections.length * objects.length);
  for (const [d, { box: a }] of detections.entries())
    for (const [g, { box: b, isCrowd }] of objects.entries()) {
      const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
      const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
      if (width <= 0 || height <= 0) continue;
      const shared = width * height;
      const own = a[2] * a[3];
      result[d * objects.length + g] = shared / (isCrowd === true ? own : own + b[2] * b[3] - shared);
    }
  return result;
}

function match(
  { objects, detections }: Group,
  overlaps: Float64Array,
  [least, most]: readonly [number, number],
): Matched {
  const isOutside = (area: number) => area < least || area > most;
  const isIdle = objects.map(({ area, isCrowd }) => isCrowd === true || isOutside(area));
  // Objects that count first, in their order.
  const order = [...objects.keys()].sort((a, b) => Number(isIdle[a]) - Number(isIdle[b]));
  const count = detections.length;
  const isMatched = new Uint8Array(OVERLAPS.length * count);
  const isIgnored = new Uint8Array(OVERLAPS.length * count);
  for (const [t, overlap] of OVERLAPS.entries()) {
    const isTaken = new Uint8Array(objects.length);
    for (let d = 0; d < count; d++) {
      let best = -1;
      let highest = Math.min(overlap, 1 - 1e-10);
      for (const g of order) {
        if (isTaken[g] === 1 && objects[g]!.isCrowd !== true) continue;
        if (best >= 0 && !isIdle[best] && isIdle[g]) break;
        const shared = overlaps[d * objects.length + g]!;
        if (shared < highest) continue;
        [highest, best] = [shared, g];
      }
      const at = t * count + d;
      if (best >= 0) {
        isTaken[best] = 1;
        isMatched[at] = 1;
        isIgnored[at] = Number(isIdle[best]);
      } else {
        const { box } = detections[d]!;
        isIgnored[at] = Number(isOutside(box[2] * box[3]));
      }
    }
  }
  const scores = Float64Array.from(detections, ({ score }) => score);
  return { scores, isMatched, isIgnored, positives: isIdle.filter((idle) => !idle).length };
}

/** Precision at 101 recalls, and the recall that is reached, for every overlap; null without objects that count. */
function accumulate(matched: readonly Matched[], most: number): { precisions: number[][]; recalls: number[] } | null {
  const positives = matched.reduce((sum, group) => sum + group.positives, 0);
  if (positives === 0) return null;
  const ranked = matched
    .flatMap((group) =>
      Array.from({ length: Math.min(most, group.scores.length) }, (_, d) => ({ group, d, score: group.scores[d]! })),
    )
    .sort((a, b) => b.score - a.score);
  const recalls: number[] = [];
  const precisions = OVERLAPS.map((_, t) => {
    const reached: number[] = [];
    const precision: number[] = [];
    let [right, wrong] = [0, 0];
    for (const { group, d } of ranked) {
      const at = t * group.scores.length + d;
      if (group.isIgnored[at] === 0) {
        if (group.isMatched[at] === 1) right++;
        else wrong++;
      }
      reached.push(right / positives);
      precision.push(right / (wrong + right + Number.EPSILON));
    }
    recalls.push(reached.at(-1) ?? 0);
    for (let i = precision.length - 1; i > 0; i--) precision[i - 1] = Math.max(precision[i - 1]!, precision[i]!);
    let i = 0;
    return RECALLS.map((recall) => {
      while (i < reached.length && reached[i]! < recall) i++;
      return precision[i] ?? 0;
    });
  });
  return { precisions, recalls };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? -1 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
