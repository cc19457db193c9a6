import { GRID_OUTSIDE, GRID_READING, ops, type Tensor } from '../engine/index.js';

/**
 * What all maps of a network say of single places of an image: the values of each map there, bilinear between the centers of its cells,
 * one map after the other.
 *
 * Hariharan et al., "Hypercolumns for Object Segmentation and Fine-grained Localization", CVPR 2015; at few places only, as Larsson,
 * Maire, Shakhnarovich, "Learning Representations for Automatic Colorization", ECCV 2016.
 *
 * @param maps float (N, C, h, w) of any resolution, each over the whole image
 * @param places rows and columns of pixels, (N, K, 2)
 * @param size height and width of the image in pixels
 * @returns float32 (N, K, sum of C)
 */
export function hypercolumns(
  maps: readonly Tensor[],
  places: Tensor,
  [height, width]: readonly [number, number],
): Tensor {
  const along = (axis: number, side: number): Tensor =>
    places
      .select(2, axis)
      .to('float32')
      .add(0.5)
      .mul(2 / side)
      .sub(1);
  const grid = ops.stack([along(1, width), along(0, height)], 2).unsqueeze(2); // (N, K, 1, 2), columns first
  const columns = maps.map((map) =>
    ops.gridSampler(map.to('float32').contiguous(), grid, GRID_READING.bilinear, GRID_OUTSIDE.border, false).squeeze(3),
  );
  return ops.cat(columns, 1).transpose(1, 2);
}
