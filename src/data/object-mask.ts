/** The mask of a frame that a person draws, whose objects are to be followed. */
import type { DecodedPng } from 'fast-png';
import { type MaskFile, numbersOf, type Palette, readPng, unreadable } from './mask-file.js';

/** Most objects: their numbers are entries of a palette. */
const MOST_OBJECTS = 255;
/** Smoothed edges have at least so many values that are nowhere two pixels wide and high. */
const FEWEST_THIN = 3;
const HARD = 'Draw it with a hard brush, without anti-aliasing, or round its values with a threshold.';

/**
 * Reads a mask as `readMaskFile` does, and masks in colors besides: each color is an object, black and what is transparent the ground.
 * Colors are numbered from 1 in the order in which they appear, row by row, and become the palette.
 *
 * @throws AutodidactError as `readMaskFile`; `DATA` for more than 255 colors, and for smoothed edges, whose values would be objects
 */
export async function readObjectMask(path: string): Promise<MaskFile> {
  const png = await readPng(path);
  const mask = png.channels === 1 ? numbersOf(path, png) : numberColors(path, png);
  const objects = new Set(mask.data);
  objects.delete(0);
  const wide = wideNumbers(mask);
  const thin = [...objects].filter((number) => !wide.has(number)).length;
  if (thin >= FEWEST_THIN && 2 * thin > objects.size)
    throw unreadable(
      path,
      `it has ${objects.size} values, of which ${thin} are nowhere two pixels wide, as those of smoothed edges are`,
      HARD,
    );
  return mask;
}

/** A mask with a number for each color. @param png gray or color, with or without transparency */
function numberColors(path: string, { width, height, channels, data }: DecodedPng): MaskFile {
  const hasAlpha = channels % 2 === 0;
  const numbers = new Map<number, number>();
  const palette: Palette[number][] = [[0, 0, 0]];
  const mask = new Uint8Array(width * height);
  for (let pixel = 0, at = 0; pixel < mask.length; pixel++, at += channels) {
    const [red, green, blue] =
      channels < 3 ? [data[at]!, data[at]!, data[at]!] : [data[at]!, data[at + 1]!, data[at + 2]!];
    const alpha = hasAlpha ? data[at + channels - 1]! : 255;
    if (alpha === 0 || red + green + blue === 0) continue;
    const color = 2 ** 24 * alpha + 2 ** 16 * red + 2 ** 8 * green + blue;
    let number = numbers.get(color);
    if (number === undefined) {
      number = numbers.size + 1;
      if (number > MOST_OBJECTS)
        throw unreadable(path, `it has more than ${MOST_OBJECTS} colors, and each would be an object`, HARD);
      numbers.set(color, number);
      palette.push([red, green, blue]);
    }
    mask[pixel] = number;
  }
  return { width, height, data: mask, palette };
}

/** The numbers that fill a square of two pixels somewhere. */
function wideNumbers({ width, data }: MaskFile): Set<number> {
  const found = new Set<number>();
  for (let i = 0; i + width + 1 < data.length; i++) {
    const number = data[i]!;
    const isLast = i % width === width - 1;
    if (!isLast && data[i + 1] === number && data[i + width] === number && data[i + width + 1] === number)
      found.add(number);
  }
  return found;
}
