import sharp from 'sharp';
import type { Tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import type { Preview, Tile } from '../methods/method.js';
import { outline, type TextStyle, wrap } from './outline.js';

// Sizes in pixels, for a screen with two device pixels to a CSS pixel: text and thin lines stay sharp there.
const MARGIN = 40;
const GAP = 20;
const ROW_GAP = 28;
const SMALLEST_TILE = 208;
const LARGEST_TILE = 448;
const SMALLEST_WIDTH = 960;
const LINES_WIDTH = 1360;
const FRAME = 4;
const MARK = 18;
const CAPTION_LINES = 3;
/** Cairo draws no surface beyond this. */
const LARGEST_SIDE = 32_767;

const TITLE: TextStyle = { size: 36, isBold: true, color: '#0f172a' };
const EXPLANATION: TextStyle = { size: 25, color: '#475569' };
const LINE: TextStyle = { size: 25, color: '#0f172a' };
const CAPTION: TextStyle = { size: 20, color: '#334155' };
const RIGHT = '#15803d';
const WRONG = '#c2261d';
const NEUTRAL = '#e2e8f0';
const LEADING = 1.35;

interface Pixels {
  width: number;
  height: number;
  /** RGB, rows from the top. */
  data: Uint8Array;
}

/** A cell of the sheet: the image at its final size and the lines of its caption. */
interface Cell {
  tile: Tile;
  pixels: Pixels;
  caption: string[];
}

/** Something to composite onto the sheet. */
interface Layer {
  svg: string;
  top: number;
  height: number;
}

/**
 * A preview as a PNG contact sheet: title, explanation, rows of captioned tiles, lines of text. Small images are enlarged
 * without smoothing; a frame and a check mark or a cross say whether an answer is right. Needs no fonts on the machine.
 *
 * @throws AutodidactError `SHAPE` when a tile is not a float (C, H, W) of one or three channels, `DATA` when the sheet is too large
 */
export async function renderPreview(preview: Preview): Promise<Buffer> {
  const images = await Promise.all(
    preview.rows.map((row) => Promise.all(row.map(({ image }) => resize(toPixels(image!))))),
  );
  const columns = images.map((row) => columnWidths(images.filter(({ length }) => length === row.length)));
  const rowWidths = columns.map((widths) => widths.reduce((sum, width) => sum + width + GAP, -GAP));
  const inner = Math.max(...rowWidths, SMALLEST_WIDTH);
  const width = inner + 2 * MARGIN;
  const rows = preview.rows.map((row, r) => row.map((tile, i) => cellOf(tile, images[r]![i]!, columns[r]![i]!)));

  const layers: Layer[] = [];
  const placed: { pixels: Pixels; left: number; top: number }[] = [];
  let top = MARGIN;
  const write = (lines: readonly string[], style: TextStyle, after: number): void => {
    if (lines.length === 0) return;
    const height = Math.ceil(lines.length * style.size * LEADING);
    layers.push({ svg: paragraph(lines, MARGIN, 0, style), top, height });
    top += height + after;
  };

  write(wrap(preview.title, inner, TITLE), TITLE, 8);
  write(wrap(preview.explanation, Math.min(inner, 1500), EXPLANATION), EXPLANATION, ROW_GAP);
  const headerHeight = top - FRAME;
  for (const [r, row] of rows.entries()) {
    if (row.length === 0) continue;
    const layer = drawRow(row, columns[r]!);
    layers.push({ ...layer, top: top - FRAME });
    let left = MARGIN;
    for (const [i, cell] of row.entries()) {
      placed.push({ pixels: cell.pixels, left, top });
      left += columns[r]![i]! + GAP;
    }
    top += layer.height - FRAME + ROW_GAP;
  }
  const notes: PictureNotes = { headerHeight, description: describe(preview) };
  const height = top - (rows.length > 0 ? ROW_GAP : 0) + MARGIN;
  if (width > LARGEST_SIDE || height > LARGEST_SIDE)
    throw new AutodidactError('DATA', `The picture "${preview.title}" would be ${width} x ${height} pixels`, {
      remedy: `Show fewer tiles or lines: a side may have ${LARGEST_SIDE} pixels.`,
    });

  const canvas = new Uint8Array(width * height * 3).fill(255);
  for (const { pixels, left, top: y } of placed) blit(pixels, canvas, width, left, y);
  return sharp(canvas, { raw: { width, height, channels: 3 } })
    .composite(layers.map((layer) => ({ input: svgOf(layer, width), left: 0, top: layer.top })))
    .withXmp(toXmp(notes))
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** What a contact sheet says of itself, for pages that show it. */
export interface PictureNotes {
  /** Height of title and explanation in pixels: a page that writes them itself cuts them off. */
  headerHeight: number;
  /** The sheet in words, for those who do not see it. */
  description: string;
}

/** The notes in a PNG that `renderPreview` made; null for any other picture. */
export async function readNotes(png: Buffer): Promise<PictureNotes | null> {
  const { xmpAsString } = await sharp(png).metadata();
  const notes = /<autodidact:notes>([A-Za-z0-9+/=]*)<\/autodidact:notes>/.exec(xmpAsString ?? '');
  return notes === null ? null : (JSON.parse(Buffer.from(notes[1]!, 'base64').toString()) as PictureNotes);
}

/** XMP is the only text that sharp writes into a PNG; base64 spares the notes a second escaping. */
function toXmp(notes: PictureNotes): string {
  const text = Buffer.from(JSON.stringify(notes)).toString('base64');
  return (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description rdf:about="" xmlns:autodidact="urn:autodidact">' +
    `<autodidact:notes>${text}</autodidact:notes></rdf:Description></rdf:RDF></x:xmpmeta>`
  );
}

function describe({ title, explanation, rows, lines }: Preview): string {
  const captions = rows.map((row, r) => {
    const tiles = row.map(({ caption, isCorrect }) => {
      const verdict = isCorrect === undefined ? '' : isCorrect ? ' (right)' : ' (wrong)';
      return `${caption ?? 'an image'}${verdict}`;
    });
    return `Row ${r + 1}: ${tiles.join(', ')}.`;
  });
  return [`${title}. ${explanation}`, ...captions, ...(lines ?? [])].join(' ');
}

/**
 * An image as PNG at its own size, to embed in a page.
 *
 * @param image float (C, H, W) in [0, 1], one or three channels; values outside are clipped, NaN is black
 * @throws AutodidactError `SHAPE`
 */
export async function tilePng(image: Tensor): Promise<Buffer> {
  const { data, width, height } = toPixels(image);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
}

function toPixels(image: Tensor): Pixels {
  const [channels, height, width] = image.shape;
  const isImage = image.ndim === 3 && (channels === 1 || channels === 3) && image.numel > 0;
  if (!isImage || !image.dtype.includes('float'))
    throw expected('a float image (C, H, W) in [0, 1] of one or three channels', 'image', image, { code: 'SHAPE' });
  const values = image.detach().toTypedArray() as Float32Array;
  const area = height! * width!;
  const data = new Uint8Array(area * 3);
  for (let pixel = 0; pixel < area; pixel++)
    for (let channel = 0; channel < 3; channel++) {
      const value = values[(channels === 1 ? 0 : channel) * area + pixel]!;
      data[pixel * 3 + channel] = value > 0 ? Math.round(Math.min(value, 1) * 255) : 0;
    }
  return { width: width!, height: height!, data };
}

/** Enlarges by a whole factor without smoothing, or shrinks with it, until the longer side is of a good size. */
async function resize(pixels: Pixels): Promise<Pixels> {
  const { width, height, data } = pixels;
  const side = Math.max(width, height);
  if (side > LARGEST_TILE) {
    const small = await sharp(data, { raw: { width, height, channels: 3 } })
      .resize(LARGEST_TILE, LARGEST_TILE, { fit: 'inside' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: small.info.width, height: small.info.height, data: small.data };
  }
  const factor = Math.ceil(SMALLEST_TILE / side);
  if (factor === 1) return pixels;
  const large = { width: width * factor, height: height * factor, data: new Uint8Array(data.length * factor * factor) };
  for (let y = 0; y < large.height; y++)
    for (let x = 0; x < large.width; x++) {
      const from = (Math.floor(y / factor) * width + Math.floor(x / factor)) * 3;
      large.data.set(data.subarray(from, from + 3), (y * large.width + x) * 3);
    }
  return large;
}

/** Rows with the same number of tiles share their columns. */
function columnWidths(rows: readonly (readonly Pixels[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, { width }] of row.entries()) widths[i] = Math.max(widths[i] ?? SMALLEST_TILE, width);
  return widths;
}

function cellOf(tile: Tile, pixels: Pixels, width: number): Cell {
  const inset = tile.isCorrect === undefined ? 0 : MARK + 8;
  return { tile, pixels, caption: wrap(tile.caption ?? '', width - inset, CAPTION, CAPTION_LINES) };
}

/** Frames, marks and captions of a row; its tiles begin FRAME pixels below the layer's top. */
function drawRow(row: readonly Cell[], columns: readonly number[]): Omit<Layer, 'top'> {
  const parts: string[] = [];
  const leading = Math.ceil(CAPTION.size * LEADING);
  let height = 0;
  let left = MARGIN;
  for (const [i, { tile, pixels, caption }] of row.entries()) {
    const { isCorrect } = tile;
    const color = isCorrect === undefined ? NEUTRAL : isCorrect ? RIGHT : WRONG;
    parts.push(frame(left, FRAME, pixels, isCorrect === undefined ? FRAME / 2 : FRAME, color));
    const below = FRAME + pixels.height + FRAME + 6;
    const style = isCorrect === undefined ? CAPTION : { ...CAPTION, color };
    if (isCorrect !== undefined) parts.push(mark(isCorrect, left, below + (leading - MARK) / 2, color));
    const textLeft = isCorrect === undefined ? left : left + MARK + 8;
    parts.push(paragraph(caption, textLeft, below, style));
    const lines = Math.max(caption.length, isCorrect === undefined ? 0 : 1);
    height = Math.max(height, lines > 0 ? below + lines * leading : FRAME + pixels.height + FRAME);
    left += columns[i]! + GAP;
  }
  return { svg: parts.join(''), height };
}

function frame(left: number, top: number, { width, height }: Pixels, thickness: number, color: string): string {
  const [x, y] = [left - thickness / 2, top - thickness / 2];
  return `<rect x="${x}" y="${y}" width="${width + thickness}" height="${height + thickness}" fill="none" stroke="${color}" stroke-width="${thickness}"/>`;
}

/** A check mark or a cross, MARK pixels wide and high. */
function mark(isCorrect: boolean, x: number, y: number, color: string): string {
  const d = isCorrect ? 'M2 10 L7 15.5 L16 3' : 'M3 3 L15 15 M15 3 L3 15';
  return `<path transform="translate(${x} ${y})" d="${d}" fill="none" stroke="${color}" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round"/>`;
}

function paragraph(lines: readonly string[], x: number, top: number, style: TextStyle): string {
  const leading = style.size * LEADING;
  return lines.map((line, i) => outline(line, x, top + i * leading + style.size * 1.02, style)).join('');
}

function svgOf({ svg, height }: Layer, width: number): Buffer {
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${svg}</svg>`);
}

function blit(from: Pixels, canvas: Uint8Array, canvasWidth: number, left: number, top: number): void {
  const bytes = from.width * 3;
  for (let y = 0; y < from.height; y++)
    canvas.set(from.data.subarray(y * bytes, (y + 1) * bytes), ((top + y) * canvasWidth + left) * 3);
}
