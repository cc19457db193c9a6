import type { Box } from '../../data/box.js';
import { AutodidactError } from '../../errors.js';

/** An object that is in an image. */
export interface TrueObject {
  /** Number of the image; objects and detections of an image have the same. */
  readonly image: number;
  /** Number of the class, from 0. */
  readonly class: number;
  readonly box: Box;
  /** Of the object itself in pixels, which decides whether it is small; by default that of the box. */
  readonly area?: number;
  /** VOC: neither to be found nor wrong to find. */
  readonly isDifficult?: boolean;
  /** COCO: a box around many objects, in which every detection is neither right nor wrong. */
  readonly isCrowd?: boolean;
}

/** An object that a detector found. */
export interface Detection {
  readonly image: number;
  readonly class: number;
  readonly box: Box;
  /** How sure the detector is; any scale. */
  readonly score: number;
}

/**
 * The members of each class, in their order.
 * @throws AutodidactError `DATA` for a class that is not from 0 to `classes` - 1, or for numbers that are not finite
 */
export function byClass<X extends TrueObject | Detection>(objects: readonly X[], classes: number, role: string): X[][] {
  const groups = Array.from({ length: classes }, (): X[] => []);
  for (const object of objects) {
    const group = groups[object.class];
    if (group === undefined)
      throw new AutodidactError('DATA', `${role} has class ${object.class}, there are ${classes} classes`);
    const { left, top, width, height } = object.box;
    const numbers = [left, top, width, height, 'score' in object ? object.score : 0];
    if (!numbers.every(Number.isFinite))
      throw new AutodidactError(
        'DATA',
        `${role} in image ${object.image} has numbers that are not finite: ${numbers.join(', ')}`,
      );
    group.push(object);
  }
  return groups;
}

/** The members of each image, in their order. */
export function byImage<X extends { readonly image: number }>(objects: readonly X[]): Map<number, X[]> {
  const groups = new Map<number, X[]>();
  for (const object of objects) {
    const group = groups.get(object.image);
    if (group === undefined) groups.set(object.image, [object]);
    else group.push(object);
  }
  return groups;
}
