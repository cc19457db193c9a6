/** Pixels by their own class (row) and the class they were taken for (column), C x C in row-major order. */
export type Confusion = Float64Array;

export interface ConfusionFigures {
  /** Mean over the classes of intersection over union, background included. */
  mIoU: number;
  /** The same without class 0, the background. */
  'foreground mIoU': number;
  /** Mean over the classes that occur, weighted by how often they do. */
  'frequency-weighted IoU': number;
  'pixel accuracy': number;
}

/**
 * The figures of segmentation, of one confusion matrix over all pixels of all images: means over images would be others. A class that
 * occurs neither in the masks nor in the answers has no such figure and is left out.
 *
 * @param parts matrices of images, which are added
 *
 * Source: PASCAL VOC's VOCevalseg.m; Long et al. 2015 for the weighted mean.
 */
export function confusionFigures(parts: readonly Confusion[]): ConfusionFigures {
  const cells = parts[0]?.length ?? 0;
  const classes = Math.sqrt(cells);
  const sum = new Float64Array(cells);
  for (const confusion of parts) for (let i = 0; i < cells; i++) sum[i]! += confusion[i]!;
  const at = (truth: number, answer: number) => sum[truth * classes + answer]!;
  const all = Array.from({ length: classes }, (_, i) => i);
  const rows = all.map((c) => total(all.map((k) => at(c, k))));
  const columns = all.map((c) => total(all.map((k) => at(k, c))));
  const shares = all.map((c) => at(c, c) / (rows[c]! + columns[c]! - at(c, c)));
  const pixels = total(rows);
  return {
    mIoU: meanOfKnown(shares),
    'foreground mIoU': meanOfKnown(shares.slice(1)),
    'frequency-weighted IoU': total(all.map((c) => (rows[c]! > 0 ? (rows[c]! / pixels) * shares[c]! : 0))),
    'pixel accuracy': total(all.map((c) => at(c, c))) / pixels,
  };
}

const total = (values: readonly number[]) => values.reduce((left, right) => left + right, 0);

function meanOfKnown(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return total(known) / known.length;
}
