import type { Tensor } from '../../engine/index.js';
import type { Tile } from '../method.js';

/** A column of a preview: pictures (N, C, H, W) in [0, 1], C = 1 or 3, and what is written below each. */
export interface Column {
  images: Tensor;
  caption: string | ((row: number) => string);
}

/** The rows of a preview, one for each picture of the first column, with a tile of every column. */
export function tileRows(columns: readonly Column[]): Tile[][] {
  return Array.from({ length: columns[0]!.images.size(0) }, (_, row) =>
    columns.map(({ images, caption }) => ({
      image: images.select(0, row),
      caption: typeof caption === 'string' ? caption : caption(row),
    })),
  );
}
