import type { Pixels } from '../../train/pixels.js';
import type { TileData } from '../../train/preview-data.js';
import { measure, type TextStyle, wrap } from './outline.js';

// Sizes in pixels, for a screen with two device pixels to a CSS pixel: text and thin lines stay sharp there.
export const GAP = 20;
export const LEADING = 1.35;
/** Room for a check mark or a cross before a caption. */
export const MARK = 18;
export const MARK_GAP = 8;
export const TEXT_PADDING = 14;
/** Between rows that stand side by side. */
export const ROW_GAP = 60;
export const SMALLEST_TILE = 208;
const LARGEST_TEXT = 640;
/** Rows that are narrow enough stand side by side up to this width; wider ones are continued on the next line. */
const PAGE = 1840;

export const CAPTION: TextStyle = { size: 20, color: '#334155' };
export const TEXT: TextStyle = { size: 23, color: '#0f172a' };

/** A tile at its final size. */
export interface Cell {
  isCorrect: boolean | null;
  /** The picture, or the lines of a text. */
  shown: Pixels | readonly string[];
  caption: readonly string[];
  /** Width of its column. */
  width: number;
  /** Of what is shown, without the caption. */
  height: number;
}

/** One row of a preview: its cells, on several lines where they are too many for one. */
export interface RowBox {
  lines: (readonly Cell[])[];
  width: number;
}

/** The rows that stand side by side on one line of the sheet, and the width that each is given. */
export interface Band {
  rows: readonly RowBox[];
  width: number;
}

/** Places the rows of a preview; those of few tiles stand side by side, so that no large part of the sheet stays empty. */
export function layOut(rows: readonly (readonly TileData<Pixels>[])[]): Band[] {
  const filled = rows.filter(({ length }) => length > 0);
  if (filled.length === 0) return [];
  const columns = filled.map((row) => columnWidths(filled.filter(({ length }) => length === row.length)));
  const boxes = filled.map((row, r) => boxOf(row, columns[r]!));
  const width = Math.max(...boxes.map((box) => box.width));
  const most = Math.max(1, Math.floor((PAGE + ROW_GAP) / (width + ROW_GAP)));
  const bands = Math.ceil(boxes.length / Math.min(most, boxes.length));
  const across = Math.ceil(boxes.length / bands);
  return Array.from({ length: bands }, (_, i) => ({ rows: boxes.slice(i * across, (i + 1) * across), width }));
}

/** Width of a band: all its rows have the same room. */
export function bandWidth({ rows, width }: Band): number {
  return rows.length * (width + ROW_GAP) - ROW_GAP;
}

/** Rows with the same number of tiles share their columns. */
function columnWidths(rows: readonly (readonly TileData<Pixels>[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, tile] of row.entries()) widths[i] = Math.max(widths[i] ?? SMALLEST_TILE, naturalWidth(tile));
  return widths;
}

function naturalWidth({ shown }: TileData<Pixels>): number {
  if (shown.kind === 'picture') return shown.width;
  const widest = Math.max(...shown.text.split('\n').map((line) => measure(line, TEXT)));
  return Math.min(LARGEST_TEXT, Math.ceil(widest) + 2 * TEXT_PADDING);
}

function boxOf(row: readonly TileData<Pixels>[], columns: readonly number[]): RowBox {
  const cells = row.map((tile, i) => cellOf(tile, columns[i]!));
  // Lines of about as many cells each, rather than one that is left over.
  const across = Math.ceil(cells.length / linesOf(cells).length);
  const lines = Array.from({ length: Math.ceil(cells.length / across) }, (_, i) =>
    cells.slice(i * across, (i + 1) * across),
  );
  const placed = lines.flatMap(linesOf);
  return { lines: placed, width: Math.max(...placed.map(widthOf)) };
}

/** The cells on as few lines as they fit on. */
function linesOf(cells: readonly Cell[]): Cell[][] {
  const lines: Cell[][] = [[]];
  for (const cell of cells) {
    const line = lines.at(-1)!;
    if (line.length === 0 || widthOf([...line, cell]) <= PAGE) line.push(cell);
    else lines.push([cell]);
  }
  return lines;
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { width }) => sum + width + GAP, -GAP);
}

function cellOf({ shown, caption, isCorrect }: TileData<Pixels>, width: number): Cell {
  const inset = isCorrect === null ? 0 : MARK + MARK_GAP;
  const captionLines = wrap(caption ?? '', width - inset, CAPTION);
  if (shown.kind === 'picture') return { isCorrect, shown, caption: captionLines, width, height: shown.height };
  const lines = shown.text
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [''] : wrap(line, width - 2 * TEXT_PADDING, TEXT)));
  const height = Math.ceil(lines.length * TEXT.size * LEADING) + 2 * TEXT_PADDING;
  return { isCorrect, shown: lines, caption: captionLines, width, height };
}
