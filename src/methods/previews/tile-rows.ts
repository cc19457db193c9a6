import { Tensor } from '../../engine/index.js';
import type { Tile } from '../method.js';

/** A column of a preview: pictures in [0, 1], (N, C, H, W) or one (C, H, W) by one, C = 1 or 3, and what is written below each. */
export interface Column {
  images: Tensor | ((row: number) => Tensor);
  caption: string | ((row: number) => string);
  /** Whether the answer that the picture shows is right, where it shows one. */
  isCorrect?: (row: number) => boolean;
}

/** The rows of a preview, by default one for each picture of the first column, with a tile of every column. */
export function tileRows(columns: readonly Column[], count = (columns[0]!.images as Tensor).size(0)): Tile[][] {
  return Array.from({ length: count }, (_, row) =>
    columns.map(({ images, caption, isCorrect }) => ({
      image: images instanceof Tensor ? images.select(0, row) : images(row),
      caption: typeof caption === 'string' ? caption : caption(row),
      ...(isCorrect && { isCorrect: isCorrect(row) }),
    })),
  );
}

/** The pictures that answers choose among those of all rows; right is the row's own. */
export function chosen(images: Tensor, answers: readonly number[], caption: Column['caption']): Column {
  const isCorrect = (row: number): boolean => answers[row] === row;
  return { images: (row) => images.select(0, answers[row]!), caption, isCorrect };
}
