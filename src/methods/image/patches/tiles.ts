/** How `jigsaw` cuts an image into tiles. */
import { cutPatches, type Offset, uniforms } from '../../../augment/index.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import { expected } from '../../../errors.js';
import { CELLS } from './permutations.js';

/** Sides in pixels of the cells, of which there are 3x3, and of the tiles cut out of them. */
export interface Cuts {
  cell: number;
  tile: number;
  /** Largest shift of each color of a tile. */
  channelJitter: number;
}

/** @throws AutodidactError `USAGE` when nine cells do not fit into the image, or a tile not into its cell */
export function cutsOf(
  options: { cellSize: number | null; tileSize: number | null; channelJitter: number },
  imageSize: number,
): Cuts {
  const cell = options.cellSize ?? Math.max(1, Math.floor(imageSize / 3));
  if (3 * cell > imageSize)
    throw expected(`images of at least ${3 * cell} pixels a side for 3x3 cells`, 'imageSize', imageSize, {
      remedy: 'Take larger images, or a smaller `cellSize`.',
    });
  const tile = options.tileSize ?? Math.max(1, Math.round(0.75 * cell));
  if (tile > cell) throw expected(`a tile of at most its cell of ${cell} pixels`, 'tileSize', tile);
  return { cell, tile, channelJitter: options.channelJitter };
}

/**
 * Nine tiles of each image, image by image in the order of their cells. The nine cells lie at random in the image, the tile at
 * random in its cell, and each color is shifted by up to the jitter, no further than the cell reaches.
 *
 * @param images (N, C, H, W) of any dtype
 * @returns (9 N, C, tile, tile) in channels-last memory
 */
export function cutTiles(images: Tensor, { cell, tile, channelJitter }: Cuts, random: Generator): Tensor {
  const [count, channels, height, width] = images.shape as [number, number, number, number];
  const spare = cell - tile;
  const corners = uniforms(count, 2, random);
  const draws = uniforms(count * CELLS, 2 + 2 * channels, random); // the tile's place, the shift of each color
  const upTo = (most: number, draw: number): number => Math.floor(draw * (most + 1));
  const inCell = (place: number, shift: number): number =>
    Math.min(upTo(spare, place) + upTo(channelJitter, shift), spare);
  const places: Offset[] = []; // image by image, color by color, cell by cell
  for (let i = 0; i < count; i++) {
    const corner = corners(i);
    const [top, left] = [upTo(height - 3 * cell, corner[0]!), upTo(width - 3 * cell, corner[1]!)];
    for (let c = 0; c < channels; c++)
      for (let k = 0; k < CELLS; k++) {
        const draw = draws(i * CELLS + k);
        places.push({
          top: top + Math.floor(k / 3) * cell + inCell(draw[0]!, draw[2 + 2 * c]!),
          left: left + (k % 3) * cell + inCell(draw[1]!, draw[3 + 2 * c]!),
        });
      }
  }
  // Each color is an image of its own for the gather: (N C 9, 1, t, t), brought back to tiles of C colors.
  return cutPatches(images.reshape([count * channels, 1, height, width]), places, tile)
    .view([count, channels, CELLS, tile, tile])
    .permute([0, 2, 1, 3, 4])
    .flatten(0, 1)
    .to({ memoryFormat: 'channelsLast' });
}
