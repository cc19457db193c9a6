import type { Box } from './box.js';
import type { Fit } from './decode.js';

/** An object that is marked in an image. */
export interface ImageObject {
  /** Index into the classes. */
  class: number;
  box: Box;
  /** Of the object itself, in pixels; without it, that of the box. */
  area?: number;
  /** PASCAL VOC: hard to see, neither to be found nor wrong to find. */
  isDifficult?: boolean;
  /** COCO: one box around many objects. */
  isCrowd?: boolean;
  /** Key points, three numbers each: x, y and 0 for unknown, 1 for hidden, 2 for seen. */
  points?: Float64Array;
}

/** The objects of an image, in pixels of the image as it is in its file. */
export interface ImageObjects {
  width: number;
  height: number;
  objects: ImageObject[];
}

interface Size {
  readonly height: number;
  readonly width: number;
}

/** The part of an image that a sample shows: a place x of the sample is `left + scaleX * x` of the image. */
export interface Window {
  left: number;
  top: number;
  scaleX: number;
  scaleY: number;
}

/** The part of an image that is left of it when it is brought to another size: see `Fit`. */
export function windowOf(from: Size, to: Size, fit: Fit): Window {
  if (fit === 'stretch') return { left: 0, top: 0, scaleX: from.width / to.width, scaleY: from.height / to.height };
  const scale = Math.min(from.height / to.height, from.width / to.width);
  const [left, top] = [(from.width - to.width * scale) / 2, (from.height - to.height * scale) / 2];
  return { left, top, scaleX: scale, scaleY: scale };
}

/** A box of the sample in pixels of the image. */
export function inImage({ left, top, width, height }: Box, { scaleX, scaleY, ...window }: Window): Box {
  return {
    left: window.left + scaleX * left,
    top: window.top + scaleY * top,
    width: scaleX * width,
    height: scaleY * height,
  };
}

/** A box of the image in pixels of the sample. */
export function inSample({ left, top, width, height }: Box, { scaleX, scaleY, ...window }: Window): Box {
  return {
    left: (left - window.left) / scaleX,
    top: (top - window.top) / scaleY,
    width: width / scaleX,
    height: height / scaleY,
  };
}

/** The part of a box that lies in another; null where they do not overlap. */
export function clipped(box: Box, to: Box): Box | null {
  const [left, top] = [Math.max(box.left, to.left), Math.max(box.top, to.top)];
  const width = Math.min(box.left + box.width, to.left + to.width) - left;
  const height = Math.min(box.top + box.height, to.top + to.height) - top;
  return width > 0 && height > 0 ? { left, top, width, height } : null;
}

/** An object of which a sample shows less than this share of its box counts as difficult. */
const LEAST_SHOWN = 0.5;

/** What a sample shows of the objects of its image. */
export interface SampleObjects {
  window: Window;
  /** In pixels of the image, cut off where the sample ends. */
  original: ImageObject[];
  /** The same objects in pixels of the sample. */
  objects: ImageObject[];
}

/**
 * The objects of an image as a sample of another size shows them: boxes and areas without what the sample cuts off, objects outside
 * of it left out. Those that are cut off by half or more are difficult: nobody could find all of them.
 */
export function shownObjects({ width, height, objects }: ImageObjects, size: Size, fit: Fit): SampleObjects {
  const window = windowOf({ width, height }, size, fit);
  const all = inImage({ left: 0, top: 0, ...size }, window);
  const original = objects.flatMap((object): ImageObject[] => {
    const box = clipped(object.box, all);
    if (box === null) return [];
    const whole = object.box.width * object.box.height;
    const share = Math.min(1, (box.width * box.height) / whole);
    return [
      {
        ...object,
        box,
        area: (object.area ?? whole) * share,
        isDifficult: object.isDifficult === true || share < LEAST_SHOWN,
      },
    ];
  });
  const { left, top, scaleX, scaleY } = window;
  const moved = (points: Float64Array) =>
    points.map((value, i) => [(value - left) / scaleX, (value - top) / scaleY, value][i % 3]!);
  const shown = original.map((object) => ({
    ...object,
    box: inSample(object.box, window),
    area: object.area! / (scaleX * scaleY),
    ...(object.points === undefined ? {} : { points: moved(object.points) }),
  }));
  return { window, original, objects: shown };
}

const DIFFICULT = 1;
const CROWD = 2;
const POINTS = 4;

/** The objects of images in one text, for the index of a pack; null for an image of which nothing is known. */
export function encodeObjects(images: readonly (ImageObjects | null)[]): string {
  const numbers: number[] = [];
  for (const image of images) {
    if (image === null) {
      numbers.push(-1);
      continue;
    }
    numbers.push(image.objects.length, image.width, image.height);
    for (const { class: label, box, area = -1, isDifficult, isCrowd, points } of image.objects) {
      const flags = (isDifficult ? DIFFICULT : 0) + (isCrowd ? CROWD : 0) + (points === undefined ? 0 : POINTS);
      numbers.push(label, box.left, box.top, box.width, box.height, area, flags);
      if (points !== undefined) numbers.push(...points);
    }
  }
  return Buffer.from(Float64Array.from(numbers).buffer).toString('base64');
}

/**
 * What `encodeObjects` wrote.
 *
 * @param points number of key points of an object that has them
 */
export function decodeObjects(text: string, points: number): (ImageObjects | null)[] {
  const numbers = new Float64Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
  const images: (ImageObjects | null)[] = [];
  let at = 0;
  const next = () => numbers[at++]!;
  while (at < numbers.length) {
    const count = next();
    if (count < 0) {
      images.push(null);
      continue;
    }
    const [width, height] = [next(), next()];
    const objects = Array.from({ length: count }, (): ImageObject => {
      const [label, left, top, boxWidth, boxHeight, area, flags] = Array.from({ length: 7 }, next) as [
        ...[number, number, number, number, number, number, number],
      ];
      const object: ImageObject = { class: label, box: { left, top, width: boxWidth, height: boxHeight } };
      if (area >= 0) object.area = area;
      if (flags & DIFFICULT) object.isDifficult = true;
      if (flags & CROWD) object.isCrowd = true;
      if (flags & POINTS) object.points = Float64Array.from({ length: 3 * points }, next);
      return object;
    });
    images.push({ width, height, objects });
  }
  return images;
}
