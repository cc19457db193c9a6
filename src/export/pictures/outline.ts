import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import opentype, { type Font } from 'opentype.js';
import { AutodidactError } from '../../errors.js';

export interface TextStyle {
  /** Height of an em in pixels. */
  size: number;
  isBold?: boolean;
  color: string;
}

const files = {
  regular: '@fontsource/dejavu-sans/files/dejavu-sans-latin-400-normal.woff',
  bold: '@fontsource/dejavu-sans/files/dejavu-sans-latin-700-normal.woff',
};
const fonts = new Map<string, Font>();

/** Control characters, and what XML 1.0 does not allow: lone surrogates, U+FFFE and U+FFFF. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\ufffe\uffff]/gu;

/** Parsing takes a tenth of a second, so that a font waits for its first text. */
function fontOf(style: Pick<TextStyle, 'isBold'>): Font {
  const file = style.isBold ? files.bold : files.regular;
  const known = fonts.get(file);
  if (known !== undefined) return known;
  try {
    const bytes = readFileSync(createRequire(import.meta.url).resolve(file));
    const font = opentype.parse(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
    );
    fonts.set(file, font);
    return font;
  } catch (cause) {
    throw new AutodidactError('NOT_FOUND', `Could not read the font ${file}`, {
      remedy: 'Install the dependencies again (`npm install`).',
      cause,
    });
  }
}

/** Width of one line in pixels. */
export function measure(text: string, style: Pick<TextStyle, 'size' | 'isBold'>): number {
  const font = fontOf(style);
  let units = 0;
  for (const character of text) {
    const glyph = font.charToGlyph(character);
    // Characters that the font lacks are mostly East Asian, one em wide.
    units += glyph.index === 0 ? font.unitsPerEm : glyph.advanceWidth;
  }
  return (units * style.size) / font.unitsPerEm;
}

/**
 * One line of text as SVG. The glyphs are drawn as paths, so that a machine without fonts shows them and every machine
 * shows the same. Only a line with characters that DejaVu Sans lacks, or written from right to left, is left to the
 * machine's own fonts.
 *
 * @param x left edge in pixels
 * @param y baseline in pixels
 */
export function outline(text: string, x: number, y: number, style: TextStyle): string {
  const clean = text.replace(UNPRINTABLE, ' ');
  const font = fontOf(style);
  const glyphs = Array.from(clean, (character) => font.charToGlyph(character));
  if (glyphs.some((glyph) => glyph.index === 0) || /[\u0590-\u08ff]/u.test(clean)) return asText(clean, x, y, style);
  let left = x;
  let path = '';
  for (const glyph of glyphs) {
    path += glyph.getPath(left, y, style.size).toPathData(1);
    left += (glyph.advanceWidth * style.size) / font.unitsPerEm;
  }
  return path === '' ? '' : `<path fill="${style.color}" d="${path}"/>`;
}

function asText(text: string, x: number, y: number, style: TextStyle): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const weight = style.isBold ? ' font-weight="bold"' : '';
  return `<text x="${x}" y="${y}" font-family="DejaVu Sans, sans-serif" font-size="${style.size}"${weight} fill="${style.color}">${escaped}</text>`;
}

/**
 * Breaks text into lines of at most `width` pixels, between words where it can and within a word where it must. What does
 * not fit into `maxLines` is cut off with an ellipsis.
 */
export function wrap(
  text: string,
  width: number,
  style: Pick<TextStyle, 'size' | 'isBold'>,
  maxLines = Number.POSITIVE_INFINITY,
): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/u).filter((part) => part !== '')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (measure(joined, style) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const character of word) {
      if (line !== '' && measure(line + character, style) > width) {
        lines.push(line);
        line = '';
      }
      line += character;
    }
  }
  if (line !== '') lines.push(line);
  if (lines.length <= maxLines) return lines;
  let last = Array.from(lines[maxLines - 1]!);
  while (last.length > 0 && measure(`${last.join('')}…`, style) > width) last = last.slice(0, -1);
  return [...lines.slice(0, maxLines - 1), `${last.join('').trimEnd()}…`];
}
