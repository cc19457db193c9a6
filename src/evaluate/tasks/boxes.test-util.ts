import { BoxTargets, type ImageDataset, type ImageObject } from '../../data/index.js';
import { shownObjects } from '../../data/objects.js';
import { Prng } from '../../data/prng.js';
import { datasetOf } from '../images.test-util.js';

export const BOX_CLASSES = ['light', 'dark'];

/**
 * Gray images with one to three rectangles of two shades that do not touch, and their boxes.
 * @param isShuffled whether the boxes are those of other images
 */
export function rectangles(count: number, seed: number, { side = 16, isShuffled = false } = {}): ImageDataset {
  const prng = new Prng(seed);
  const pixels = new Uint8Array(count * side ** 2);
  const objects = Array.from({ length: count }, (_, i) => {
    const own: ImageObject[] = [];
    const taken = new Uint8Array((side / 8) ** 2); // at most one in each square of 8 pixels
    for (let k = 1 + prng.below(3); k > 0; k--) {
      const square = prng.below(taken.length);
      if (taken[square] === 1) continue;
      taken[square] = 1;
      const [width, height] = [3 + prng.below(4), 3 + prng.below(4)];
      const left = 8 * (square % (side / 8)) + prng.below(8 - width);
      const top = 8 * Math.floor(square / (side / 8)) + prng.below(8 - height);
      const label = prng.below(2);
      for (let y = top; y < top + height; y++)
        pixels.fill(label === 0 ? 250 : 120, (i * side + y) * side + left, (i * side + y) * side + left + width);
      own.push({ class: label, box: { left, top, width, height } });
    }
    return own;
  });
  const order = isShuffled ? prng.permutation(count) : Int32Array.from({ length: count }, (_, i) => i);
  const size = { height: side, width: side };
  const known = Array.from(order, (i) => shownObjects({ ...size, objects: objects[i]! }, size, 'stretch'));
  return datasetOf(pixels, null, null, { side }).withTargets(new BoxTargets(BOX_CLASSES, size, known));
}
