import type { ImageObject } from '../../data/index.js';
import { clipped } from '../../data/objects.js';
import { type Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import type { Augment } from '../../modalities/modality.js';

/** Objects that are moved out by more than this share of their boxes are left out. */
const LEAST_SHOWN = 0.5;

/**
 * Images changed at random, with the boxes of their objects moved alike. Two more channels that say where each pixel was, as bytes, are
 * changed with every image; what they say in the middle row and column tells how it was shifted and flipped. For changes that move
 * pixels without a change of scale.
 *
 * @param images uint8 (N, C, H, W)
 * @param objects of each image, in its pixels
 */
export function movedObjects(
  images: Tensor,
  objects: readonly (readonly ImageObject[])[],
  augment: Augment,
  random: Generator,
): { images: Tensor; objects: ImageObject[][] } {
  const [count, channels, height, width] = images.shape as [number, number, number, number];
  const [moved, across, down] = scope(() =>
    noGrad(() => {
      const places = [placesOf(height).view([1, 2, height, 1]), placesOf(width).view([1, 2, 1, width])];
      const marks = places.map((place) => place.expand([count, 2, height, width]).to(images.device));
      const all = augment(ops.cat([images, ...marks], 1), random) as Tensor;
      const numbers = (channel: number, row: boolean) => {
        const bytes = all.narrow(1, channel, 2).to('int64');
        const place = bytes.select(1, 0).mul(256).add(bytes.select(1, 1)); // (N, H, W)
        return row
          ? place
              .narrow(1, Math.floor(height / 2), 1)
              .reshape([count, width])
              .toNumbers()
          : place
              .narrow(2, Math.floor(width / 2), 1)
              .reshape([count, height])
              .toNumbers();
      };
      return [all.narrow(1, 0, channels).clone(), numbers(channels + 2, true), numbers(channels, false)] as const;
    }),
  );
  const frame = { left: 0, top: 0, width, height };
  return {
    images: moved,
    objects: objects.map((own, i) => {
      const x = shiftOf(across.slice(i * width, (i + 1) * width));
      const y = shiftOf(down.slice(i * height, (i + 1) * height));
      return own.flatMap((object): ImageObject[] => {
        const { box } = object;
        const [left, top] = [x(box.left, box.width), y(box.top, box.height)];
        const shown = clipped({ ...box, left, top }, frame);
        if (shown === null || shown.width * shown.height < LEAST_SHOWN * box.width * box.height) return [];
        return [{ ...object, box: shown }];
      });
    }),
  };
}

/** 0, 1, ..., size - 1 as two bytes each, the high one first: uint8 (2, size). */
function placesOf(size: number): Tensor {
  const place = ops.arange(0, size, 1, { dtype: 'int64' });
  return ops.stack([place.floorDivide(256), place.remainder(256)]).to('uint8');
}

/** Where the edge of a box goes, from the place that each pixel of a line had before. */
function shiftOf(before: readonly number[]): (start: number, length: number) => number {
  // Reflections at the edges run the other way: the middle of the line does not.
  const middle = Math.floor(before.length / 2) - 1;
  const isFlipped = before[middle + 1]! < before[middle]!;
  const was = before[middle]!;
  return (start, length) => (isFlipped ? middle + was + 1 - (start + length) : middle + start - was);
}
