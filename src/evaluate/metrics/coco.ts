import { byFallingScore, hundredAndOnePoints } from './average-precision.js';
import { byClass, byImage, type Detection, type TrueObject } from './objects.js';

/** Average precision and recall by COCO's rules, in [0, 1]; null where no class has an object that counts. */
export interface CocoFigures {
  /** Mean over the classes and the overlaps 0.5, 0.55, ..., 0.95. */
  ap: number | null;
  ap50: number | null;
  ap75: number | null;
  /** Of objects below 32 x 32 pixels, up to 96 x 96, and above. */
  apSmall: number | null;
  apMedium: number | null;
  apLarge: number | null;
  /** Highest recall with 1, 10 and 100 detections per image and class. */
  ar1: number | null;
  ar10: number | null;
  ar100: number | null;
  arSmall: number | null;
  arMedium: number | null;
  arLarge: number | null;
  /** AP and AP50 of each class; null for one without an object that counts. */
  perClass: ({ ap: number; ap50: number } | null)[];
}

/** `np.linspace(0.5, 0.95, 10)`, to its last digit. */
const OVERLAPS = Float64Array.from({ length: 10 }, (_, i) => (i === 9 ? 0.95 : i * ((0.95 - 0.5) / 9) + 0.5));
const SIDE = 1e5;
/** Least and greatest area, both included: all, small, medium, large. */
const RANGES = [
  [0, SIDE ** 2],
  [0, 32 ** 2],
  [32 ** 2, 96 ** 2],
  [96 ** 2, SIDE ** 2],
] as const;
const MOST_DETECTIONS = [1, 10, 100] as const;
const KEPT = 100;

const WRONG = 0;
const RIGHT = 1;
const IGNORED = 2;

/** What became of the detections of one class in one image: all that the figures need of them. */
export interface ImageMatch {
  readonly class: number;
  /** Of the 100 surest detections, best first. */
  readonly scores: Float64Array;
  /** By range of areas, then by overlap: whether each detection is wrong (0), right (1) or left out (2). */
  readonly marks: readonly (readonly Uint8Array[])[];
  /** Objects that count in each range of areas. */
  readonly positives: readonly number[];
}

/**
 * COCO's average precision of boxes, equal to that of pycocotools. In each image the 100 surest detections of a class take, in the
 * order of their scores, the free box that they overlap most. What takes a crowd, or an object outside of the range of areas, is left
 * out; so is what takes a difficult object, which COCO does not have.
 *
 * @param found in any order; equal scores are ranked by image number, then in the order given
 * @param classes number of classes
 * @throws AutodidactError `DATA` for a class that is not there and for numbers that are not finite
 *
 * Source: pycocotools, `cocoeval.py` and `maskApi.c`. An annotation of the id 0, which counts as none there, has no such meaning here.
 */
export function cocoAp(truth: readonly TrueObject[], found: readonly Detection[], classes: number): CocoFigures {
  const [objects, detections] = [byImage(truth), byImage(found)];
  const images = [...new Set([...objects.keys(), ...detections.keys()])].sort((a, b) => a - b);
  const matches = images.flatMap((image) => matchImage(objects.get(image) ?? [], detections.get(image) ?? [], classes));
  return cocoFigures(matches, classes);
}

/** Matches the detections of one image. @throws AutodidactError as `cocoAp` */
export function matchImage(truth: readonly TrueObject[], found: readonly Detection[], classes: number): ImageMatch[] {
  const detections = byClass(found, classes, 'A detection');
  return byClass(truth, classes, 'An object').flatMap((objects, c) => {
    if (objects.length === 0 && detections[c]!.length === 0) return [];
    const sorted = surest(detections[c]!);
    return [
      {
        class: c,
        scores: Float64Array.from(sorted, ({ score }) => score),
        marks: match(objects, sorted),
        positives: RANGES.map((range) => objects.filter((object) => !isIgnored(object, range)).length),
      },
    ];
  });
}

/** The figures of these matches; equal scores are ranked in the order of the images. */
export function cocoFigures(matches: readonly ImageMatch[], classes: number): CocoFigures {
  const groups = Array.from({ length: classes }, (): ImageMatch[] => []);
  for (const one of matches) groups[one.class]!.push(one);
  const results = groups.map(ofClass);
  const of = (range: number, figure: (result: RangeResult) => readonly number[]): number | null => {
    const values = results.flatMap((result) => {
      const inRange = result[range] ?? null;
      return inRange === null ? [] : [...figure(inRange)];
    });
    return values.length === 0 ? null : mean(values);
  };
  const precision = (range: number) => of(range, ({ precisions }) => precisions);
  const at = (overlap: number) => of(0, ({ precisions }) => [precisions[overlap]!]);
  const recall = (range: number, most: number) => of(range, ({ recalls }) => recalls[most]!);
  return {
    ...{ ap: precision(0), ap50: at(0), ap75: at(5) },
    ...{ apSmall: precision(1), apMedium: precision(2), apLarge: precision(3) },
    ...{ ar1: recall(0, 0), ar10: recall(0, 1), ar100: recall(0, 2) },
    ...{ arSmall: recall(1, 2), arMedium: recall(2, 2), arLarge: recall(3, 2) },
    perClass: results.map(([all]) => (all ? { ap: mean(all.precisions), ap50: all.precisions[0]! } : null)),
  };
}

interface RangeResult {
  /** Average precision at each overlap. */
  precisions: number[];
  /** Recall at each overlap, for 1, 10 and 100 detections per image. */
  recalls: number[][];
}

/** The result of a class in each range of areas; null where nothing counts. */
function ofClass(images: readonly ImageMatch[]): (RangeResult | null)[] {
  const count = images.reduce((sum, { scores }) => sum + scores.length, 0);
  const scores = new Float64Array(count);
  const ranks = new Int32Array(count); // within the image
  const marks = RANGES.map(() => Array.from(OVERLAPS, () => new Uint8Array(count)));
  let from = 0;
  for (const image of images) {
    scores.set(image.scores, from);
    for (let rank = 0; rank < image.scores.length; rank++) ranks[from + rank] = rank;
    marks.forEach((range, r) => {
      range.forEach((marked, t) => {
        marked.set(image.marks[r]![t]!, from);
      });
    });
    from += image.scores.length;
  }
  const order = byFallingScore(scores);
  return RANGES.map((_, r) => {
    const positives = images.reduce((sum, image) => sum + image.positives[r]!, 0);
    if (positives === 0) return null;
    const precisions = marks[r]!.map((marked) => {
      const hits = new Uint8Array(count);
      let length = 0;
      for (const i of order) if (marked[i] !== IGNORED) hits[length++] = marked[i]!;
      return hundredAndOnePoints({ hits: hits.subarray(0, length), positives });
    });
    const recalls = MOST_DETECTIONS.map((most) =>
      marks[r]!.map((marked) => {
        let right = 0;
        for (let i = 0; i < count; i++) if (marked[i] === RIGHT && ranks[i]! < most) right++;
        return right / positives;
      }),
    );
    return { precisions, recalls };
  });
}

function surest(detections: readonly Detection[]): Detection[] {
  const order = byFallingScore(detections.map(({ score }) => score));
  return Array.from(order.subarray(0, KEPT), (i) => detections[i]!);
}

/** The marks of sorted detections of one class and image. */
function match(objects: readonly TrueObject[], detections: readonly Detection[]): Uint8Array[][] {
  const width = objects.length;
  const shared = overlaps(objects, detections);
  const takenIn = new Int32Array(width).fill(-1); // the pass in which each object was taken
  let pass = 0;
  return RANGES.map((range) => {
    const counting = objects.map((object) => !isIgnored(object, range));
    const numbers = objects.map((_, i) => i);
    const order = [...numbers.filter((i) => counting[i]), ...numbers.filter((i) => !counting[i])];
    const isOutside = detections.map(({ box }) => isBeyond(box.width * box.height, range));
    return Array.from(OVERLAPS, (least) => {
      const marked = new Uint8Array(detections.length);
      pass += 1;
      for (let d = 0; d < detections.length; d++) {
        let best = -1;
        let most = Math.min(least, 1 - 1e-10);
        for (const g of order) {
          if (takenIn[g] === pass && !objects[g]!.isCrowd) continue;
          if (best >= 0 && counting[best] && !counting[g]) break;
          if (shared[d * width + g]! < most) continue;
          most = shared[d * width + g]!;
          best = g;
        }
        if (best >= 0) takenIn[best] = pass;
        const isLeftOut = best < 0 ? isOutside[d]! : !counting[best];
        marked[d] = isLeftOut ? IGNORED : best < 0 ? WRONG : RIGHT;
      }
      return marked;
    });
  });
}

/** Intersection over union, over the detection's own area for a crowd: D x G, row by row. */
function overlaps(objects: readonly TrueObject[], detections: readonly Detection[]): Float64Array {
  const result = new Float64Array(objects.length * detections.length);
  let at = 0;
  for (const { box: a } of detections)
    for (const { box: b, isCrowd } of objects) {
      const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
      const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
      if (width > 0 && height > 0) {
        const both = width * height;
        const own = a.width * a.height;
        result[at] = both / (isCrowd ? own : own + b.width * b.height - both);
      }
      at += 1;
    }
  return result;
}

const isBeyond = (area: number, [least, most]: readonly [number, number]): boolean => area < least || area > most;

function isIgnored({ box, area, isCrowd, isDifficult }: TrueObject, range: readonly [number, number]): boolean {
  return isCrowd === true || isDifficult === true || isBeyond(area ?? box.width * box.height, range);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
