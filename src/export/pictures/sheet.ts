import sharp from 'sharp';
import { AutodidactError } from '../../errors.js';
import type { Pixels } from '../../train/pixels.js';
import { mapPictures, type PreviewData, type StepPreviews } from '../../train/preview-data.js';
import {
  type Band,
  bandWidth,
  CAPTION,
  type Cell,
  GAP,
  LEADING,
  layOut,
  MARK,
  MARK_GAP,
  ROW_GAP,
  SMALLEST_TILE,
  TEXT,
  TEXT_PADDING,
} from './layout.js';
import { outline, type TextStyle, wrap } from './outline.js';
import { enlarge, shrink } from './resize.js';
import { scoreOf, stageOf } from './words.js';

const MARGIN = 40;
const LINE_GAP = 28;
const PREVIEW_GAP = 64;
const LARGEST_TILE = 448;
const SMALLEST_WIDTH = 560;
const WIDEST_TEXT = 1500;
const FRAME = 4;
/** Cairo draws no surface beyond this. */
const LARGEST_SIDE = 32_767;

const TITLE: TextStyle = { size: 36, isBold: true, color: '#0f172a' };
const EXPLANATION: TextStyle = { size: 25, color: '#475569' };
const STATUS: TextStyle = { size: 25, isBold: true, color: '#0f172a' };
const UNTRAINED: TextStyle = { ...STATUS, color: '#9a3412' };
const RIGHT = '#15803d';
const WRONG = '#c2261d';
const NEUTRAL = '#e2e8f0';
const PAPER = '#f8fafc';

/** Vector graphics to put onto the sheet. */
interface Layer {
  svg: string;
  top: number;
  height: number;
}

interface Placed {
  pixels: Pixels;
  left: number;
  top: number;
}

/**
 * The previews of a step as a PNG contact sheet: for each its title, explanation, how far the network is and how many answers are
 * right, and rows of captioned pictures and texts. Small pictures are enlarged without smoothing; a frame and a check mark or a
 * cross say whether an answer is right. Needs no fonts on the machine.
 *
 * @throws AutodidactError `DATA` when the sheet would be too large
 */
export function drawSheet(step: StepPreviews<Pixels>): Promise<Buffer> {
  return drawPages(step.previews, (sheet, preview) => drawStatus(sheet, preview, step));
}

/**
 * Captioned pictures and texts under a title, as a PNG of the same kind, without a network that would have been trained.
 *
 * @throws AutodidactError `DATA` when the sheet would be too large
 */
export function drawTiles(preview: PreviewData<Pixels>): Promise<Buffer> {
  return drawPages([preview], (sheet) => sheet.skip(LINE_GAP));
}

async function drawPages(
  all: readonly PreviewData<Pixels>[],
  status: (sheet: Sheet, preview: PreviewData<Pixels>) => void,
): Promise<Buffer> {
  const previews = await mapPictures(all, async (picture) =>
    enlarge(await shrink(picture, LARGEST_TILE), SMALLEST_TILE),
  );
  const bands = previews.map(({ rows }) => layOut(rows));
  const inner = Math.max(SMALLEST_WIDTH, ...bands.flat().map(bandWidth));
  const sheet = new Sheet(inner);
  for (const [i, preview] of previews.entries()) {
    if (i > 0) sheet.skip(PREVIEW_GAP);
    drawHeader(sheet, preview);
    status(sheet, preview);
    for (const [b, band] of bands[i]!.entries()) {
      if (b > 0) sheet.skip(LINE_GAP);
      drawBand(sheet, band);
    }
  }
  return sheet.render();
}

/** The page under construction: what is written goes below what stands already. */
class Sheet {
  top = MARGIN;
  readonly layers: Layer[] = [];
  readonly pictures: Placed[] = [];

  constructor(readonly inner: number) {}

  skip(height: number): void {
    this.top += height;
  }

  write(lines: readonly string[], style: TextStyle, after: number): void {
    if (lines.length === 0) return;
    const height = Math.ceil(lines.length * style.size * LEADING);
    this.layers.push({ svg: paragraph(lines, MARGIN, 0, style), top: this.top, height });
    this.top += height + after;
  }

  async render(): Promise<Buffer> {
    const [width, height] = [this.inner + 2 * MARGIN, this.top + MARGIN];
    if (width > LARGEST_SIDE || height > LARGEST_SIDE)
      throw new AutodidactError('DATA', `The picture would be ${width} x ${height} pixels`, {
        remedy: `Show fewer tiles: a side may have ${LARGEST_SIDE} pixels.`,
      });
    const canvas = new Uint8Array(width * height * 3).fill(255);
    for (const { pixels, left, top } of this.pictures) blit(pixels, canvas, width, left, top);
    return sharp(canvas, { raw: { width, height, channels: 3 } })
      .composite(this.layers.map((layer) => ({ input: svgOf(layer, width), left: 0, top: layer.top })))
      .png({ compressionLevel: 9 })
      .toBuffer();
  }
}

function drawHeader(sheet: Sheet, preview: PreviewData<Pixels>): void {
  const width = Math.min(sheet.inner, WIDEST_TEXT);
  sheet.write(wrap(preview.title, width, TITLE), TITLE, 8);
  sheet.write(wrap(preview.explanation, width, EXPLANATION), EXPLANATION, 12);
}

function drawStatus(sheet: Sheet, preview: PreviewData<Pixels>, step: StepPreviews<unknown>): void {
  const width = Math.min(sheet.inner, WIDEST_TEXT);
  const score = scoreOf(preview);
  const style = step.isTrained ? STATUS : UNTRAINED;
  sheet.write(wrap(score === null ? stageOf(step) : `${stageOf(step)}: ${score}`, width, style), style, LINE_GAP);
}

/** Rows side by side. A line of them is as high as the highest of its cells. */
function drawBand(sheet: Sheet, { rows, width }: Band): void {
  const lines = Math.max(...rows.map((row) => row.lines.length));
  for (let line = 0; line < lines; line++) {
    if (line > 0) sheet.skip(GAP);
    const parts: string[] = [];
    let height = 0;
    for (const [r, row] of rows.entries()) {
      let left = MARGIN + r * (width + ROW_GAP);
      for (const cell of row.lines[line] ?? []) {
        const drawn = drawCell(cell, left);
        parts.push(drawn.svg);
        height = Math.max(height, drawn.height);
        if ('data' in cell.shown) sheet.pictures.push({ pixels: cell.shown, left, top: sheet.top });
        left += cell.width + GAP;
      }
    }
    sheet.layers.push({ svg: parts.join(''), top: sheet.top - FRAME, height: height + FRAME });
    sheet.skip(height);
  }
}

/** Frame, mark, caption and text of a cell that begins FRAME pixels below the layer's top; its height counts from there. */
function drawCell({ shown, caption, isCorrect, width, height }: Cell, left: number): { svg: string; height: number } {
  const color = isCorrect === null ? NEUTRAL : isCorrect ? RIGHT : WRONG;
  const parts: string[] = [];
  const isPicture = 'data' in shown;
  const size = { width: isPicture ? shown.width : width, height };
  parts.push(frame(left, FRAME, size, isCorrect === null ? FRAME / 2 : FRAME, color, isPicture ? 'none' : PAPER));
  if (!isPicture) parts.push(paragraph(shown, left + TEXT_PADDING, FRAME + TEXT_PADDING, TEXT));
  const below = FRAME + height + FRAME + 6;
  const leading = Math.ceil(CAPTION.size * LEADING);
  if (isCorrect !== null) parts.push(mark(isCorrect, left, below + (leading - MARK) / 2, color));
  const style = isCorrect === null ? CAPTION : { ...CAPTION, color };
  parts.push(paragraph(caption, isCorrect === null ? left : left + MARK + MARK_GAP, below, style));
  const lines = Math.max(caption.length, isCorrect === null ? 0 : 1);
  return { svg: parts.join(''), height: (lines > 0 ? below + lines * leading : below - 6) - FRAME };
}

function frame(
  left: number,
  top: number,
  { width, height }: { width: number; height: number },
  thickness: number,
  color: string,
  fill: string,
): string {
  const [x, y] = [left - thickness / 2, top - thickness / 2];
  return `<rect x="${x}" y="${y}" width="${width + thickness}" height="${height + thickness}" fill="${fill}" stroke="${color}" stroke-width="${thickness}"/>`;
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
