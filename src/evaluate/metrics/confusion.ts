/** Figures of one class per pixel, in [0, 1]. */
export interface PixelFigures {
  /** Mean over the classes of intersection over union, background included. NaN when no pixel counts. */
  mIoU: number;
  /** The same without class 0. NaN when no pixel is or is taken for another class. */
  foregroundMIoU: number;
  /** Mean over the pixels of the intersection over union of their own class. */
  frequencyWeightedIoU: number;
  pixelAccuracy: number;
  /** Intersection over union of each class; null for one that is neither in the masks nor in the answers, which no mean includes. */
  perClass: (number | null)[];
}

/**
 * Figures of a confusion matrix over all pixels of all images. The mean of each image's own figures is another number.
 *
 * @param confusion C x C, row by row: pixels of a class (row) that were taken for a class (column), void left out
 *
 * Source: VOCdevkit, `VOCevalseg.m`. Its mean is NaN when a class occurs nowhere; here such a class is left out. Frequency weights:
 * Long et al. 2015, section 5.
 */
export function pixelFigures(confusion: ArrayLike<number>): PixelFigures {
  const classes = Math.sqrt(confusion.length);
  const at = (truth: number, answer: number) => confusion[truth * classes + answer]!;
  const all = Array.from({ length: classes }, (_, c) => c);
  const rows = all.map((c) => total(all.map((k) => at(c, k))));
  const columns = all.map((c) => total(all.map((k) => at(k, c))));
  const perClass = all.map((c) => {
    const union = rows[c]! + columns[c]! - at(c, c);
    return union === 0 ? null : at(c, c) / union;
  });
  const pixels = total(rows);
  const known = (values: (number | null)[]) => values.filter((value) => value !== null);
  return {
    mIoU: mean(known(perClass)),
    foregroundMIoU: mean(known(perClass.slice(1))),
    frequencyWeightedIoU: total(all.map((c) => (rows[c]! * (perClass[c] ?? 0)) / pixels)),
    pixelAccuracy: total(all.map((c) => at(c, c))) / pixels,
    perClass,
  };
}

/** A confusion matrix C x C, row by row, by its cells that are not zero: an image has few of many classes. */
export interface Confusion {
  /** C x C. */
  readonly size: number;
  /** Places of the cells, ascending. */
  readonly cells: Int32Array;
  /** Pixels of each of them. */
  readonly counts: Float64Array;
}

/** The cells of a matrix that are not zero. */
export function sparse(matrix: ArrayLike<number>): Confusion {
  const cells: number[] = [];
  for (let cell = 0; cell < matrix.length; cell++) if (matrix[cell] !== 0) cells.push(cell);
  return {
    size: matrix.length,
    cells: Int32Array.from(cells),
    counts: Float64Array.from(cells, (cell) => matrix[cell]!),
  };
}

/** The sum of matrices of the same size, with all its cells. */
export function summed(confusions: readonly Confusion[]): Float64Array {
  const sum = new Float64Array(confusions[0]?.size ?? 0);
  for (const { cells, counts } of confusions) for (let i = 0; i < cells.length; i++) sum[cells[i]!]! += counts[i]!;
  return sum;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const mean = (values: readonly number[]): number => total(values) / values.length;
