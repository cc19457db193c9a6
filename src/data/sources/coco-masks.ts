/** The outline of a COCO annotation as pixels. */

/** Polygons, each as x, y, x, y, ...; or runs of pixels, column by column, of zeros and ones in turn. */
export type Segmentation = number[][] | { size: [height: number, width: number]; counts: number[] | string };

/** A number per pixel, row by row. */
export interface Canvas {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Whether a value of a file is an outline that can be drawn. */
export function isSegmentation(value: unknown): value is Segmentation {
  if (Array.isArray(value))
    return (
      value.length > 0 &&
      value.every((polygon) => Array.isArray(polygon) && polygon.length >= 6 && polygon.every(Number.isFinite))
    );
  if (typeof value !== 'object' || value === null) return false;
  const { size, counts } = value as { size?: unknown; counts?: unknown };
  const isCounts = typeof counts === 'string' || (Array.isArray(counts) && counts.every(Number.isFinite));
  return Array.isArray(size) && size.length === 2 && size.every(Number.isInteger) && isCounts;
}

/**
 * Sets the pixels of an outline to a number. A pixel belongs to a polygon when its middle does (even-odd rule).
 *
 * @returns why it cannot be drawn, null when it was
 */
export function paint(canvas: Canvas, segmentation: Segmentation, value: number): string | null {
  if (Array.isArray(segmentation)) {
    for (const polygon of segmentation) paintPolygon(canvas, polygon, value);
    return null;
  }
  const [height, width] = segmentation.size;
  if (height !== canvas.height || width !== canvas.width)
    return `a mask of ${width} x ${height} pixels in an image of ${canvas.width} x ${canvas.height}`;
  const { counts } = segmentation;
  const runs = typeof counts === 'string' ? runsOf(counts) : counts;
  const pixels = height * width;
  if (runs.some((run) => run < 0) || runs.reduce((sum, run) => sum + run, 0) > pixels)
    return 'a mask whose runs do not fit into it';
  let at = 0;
  runs.forEach((run, i) => {
    if (i % 2 === 1)
      for (let k = at; k < at + run; k++) canvas.data[(k % height) * width + Math.floor(k / height)] = value;
    at += run;
  });
  return null;
}

function paintPolygon({ width, height, data }: Canvas, polygon: readonly number[], value: number): void {
  const corners = polygon.length >> 1;
  for (let y = 0; y < height; y++) {
    const middle = y + 0.5;
    const crossings: number[] = [];
    for (let i = 0; i < corners; i++) {
      const j = (i + 1) % corners;
      const [x1, y1, x2, y2] = [polygon[2 * i]!, polygon[2 * i + 1]!, polygon[2 * j]!, polygon[2 * j + 1]!];
      if (y1 <= middle === y2 <= middle) continue;
      crossings.push(x1 + ((middle - y1) / (y2 - y1)) * (x2 - x1));
    }
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil(crossings[i]! - 0.5));
      const to = Math.min(width, Math.ceil(crossings[i + 1]! - 0.5));
      if (to > from) data.fill(value, y * width + from, y * width + to);
    }
  }
}

/**
 * The runs in COCO's compressed text: each a number of 5 bits per character from 48 on, lowest first, the sixth bit for "more follows";
 * from the fourth run on the difference to the one before the last.
 *
 * Source: pycocotools, `maskApi.c`, `rleFrString`.
 */
export function runsOf(text: string): number[] {
  const runs: number[] = [];
  let at = 0;
  while (at < text.length) {
    let value = 0;
    for (let place = 0; ; place++) {
      const character = text.charCodeAt(at++) - 48;
      value += (character & 0x1f) * 2 ** (5 * place);
      if (character & 0x20 && at < text.length) continue;
      if (character & 0x10) value -= 2 ** (5 * (place + 1));
      break;
    }
    runs.push(runs.length > 2 ? value + runs.at(-2)! : value);
  }
  return runs;
}
