import type { TypedArray } from './dtype.js';
import { scope } from './scope.js';

/** The part of a tensor that printing needs. */
interface Printable {
  readonly shape: number[];
  toTypedArray(): TypedArray;
  narrow(dim: number, start: number, length: number): Printable;
}

const EDGE_ITEMS = 3;
const MOST_ITEMS = 1000;

/** The elements as PyTorch prints them: aligned, with long dimensions abbreviated. */
export function format(tensor: Printable): string {
  const shape = tensor.shape;
  const isLong = longestLevel(shape) > MOST_ITEMS;
  const values = isLong ? scope(() => edges(tensor, shape, 0)) : elements(tensor);
  const kept = shape.map((size) => (isLong && size > 2 * EDGE_ITEMS ? 2 * EDGE_ITEMS : size));
  const isWhole = values.every((value) => !Number.isFinite(value) || Number.isInteger(value));
  const texts = values.map((value) => (isWhole || typeof value === 'bigint' ? String(value) : decimal(value)));
  const width = Math.max(0, ...texts.map((text) => text.length));
  const aligned = texts.map((text) => text.padStart(width));
  return render(aligned, kept, shape, 0, 0);
}

/** int64 as bigints, since numbers hold no integers beyond 2^53. */
const elements = (tensor: Printable): (number | bigint)[] => Array.from<number | bigint>(tensor.toTypedArray());

/** Items on the longest level of the nested lists of a shape: [1000, 1000, 0] has a million lists, though no elements. */
export function longestLevel(shape: readonly number[]): number {
  let items = 1;
  return Math.max(
    1,
    ...shape.map((size) => {
      items *= size;
      return items;
    }),
  );
}

function decimal(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(3) : value.toFixed(4);
}

/** The elements to print, in row-major order; the middle of long dimensions is not copied. */
function edges(part: Printable, shape: readonly number[], dim: number): (number | bigint)[] {
  if (shape.slice(dim).every((size) => size <= 2 * EDGE_ITEMS)) return elements(part);
  const size = shape[dim]!;
  const isLong = size > 2 * EDGE_ITEMS;
  if (dim === shape.length - 1)
    return [0, size - EDGE_ITEMS].flatMap((start) => elements(part.narrow(dim, start, EDGE_ITEMS)));
  const kept = Array.from({ length: isLong ? 2 * EDGE_ITEMS : size }, (_, i) =>
    isLong && i >= EDGE_ITEMS ? size - 2 * EDGE_ITEMS + i : i,
  );
  return kept.flatMap((i) => edges(part.narrow(dim, i, 1), shape, dim + 1));
}

function render(texts: string[], kept: number[], shape: number[], dim: number, start: number): string {
  if (dim === kept.length) return texts[start] ?? '';
  const count = kept[dim]!;
  const step = kept.slice(dim + 1).reduce((product, size) => product * size, 1);
  const parts: string[] = [];
  for (let i = 0; i < count; i++) {
    if (count < shape[dim]! && i === EDGE_ITEMS) parts.push('...');
    parts.push(render(texts, kept, shape, dim + 1, start + i * step));
  }
  const isLast = dim === kept.length - 1;
  const separator = isLast ? ', ' : `,${'\n'.repeat(kept.length - dim - 1)}${' '.repeat(dim + 1)}`;
  return `[${parts.join(separator)}]`;
}
