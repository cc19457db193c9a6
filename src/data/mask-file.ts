import { type DecodedPng, decode, encode } from 'fast-png';
import { AutodidactError } from '../errors.js';
import { readRegular, readRegularNow } from './regular-file.js';

/** A class or an object number for each pixel, as a file has it. */
export interface MaskFile {
  readonly width: number;
  readonly height: number;
  /** Row by row: entries of the palette, or gray values. */
  readonly data: Uint8Array;
  /** Colors of the numbers, where the file has a palette. */
  readonly palette: Palette | null;
}

/** Red, green and blue from 0 to 255, by number. */
export type Palette = readonly (readonly [red: number, green: number, blue: number])[];

/** The first bytes of a PNG, and where its header keeps the size. */
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const SIZE_AT = 16;
const MOST_PIXELS = 2 ** 26;
const MOST_BYTES = 2 ** 28;

/**
 * Reads a mask from a PNG with a palette, whose entries are the numbers, or in gray. sharp expands palettes to colors, and the numbers
 * would be lost.
 *
 * @throws AutodidactError `NOT_FOUND`, `IO`; `DATA` for another kind of file, colors without a palette, or 16 bits
 */
export async function readMaskFile(path: string): Promise<MaskFile> {
  return numbersOf(path, await readPng(path));
}

/** `readMaskFile` for callers that cannot wait. */
export function readMaskFileNow(path: string): MaskFile {
  return numbersOf(path, decoded(path, readRegularNow(path, MOST_BYTES)));
}

/** The values of a PNG of any kind as they are in the file. @throws AutodidactError as `readMaskFile`, but for colors */
export async function readPng(path: string): Promise<DecodedPng> {
  return decoded(path, await readRegular(path, MOST_BYTES));
}

function decoded(path: string, file: Buffer): DecodedPng {
  if (!file.subarray(0, SIGNATURE.length).equals(SIGNATURE) || file.length < SIZE_AT + 8)
    throw unreadable(path, 'it is no PNG', 'Save the mask as a PNG: other formats change numbers or lose them.');
  const [width, height] = [file.readUInt32BE(SIZE_AT), file.readUInt32BE(SIZE_AT + 4)];
  if (width * height > MOST_PIXELS) throw unreadable(path, `it has ${width} x ${height} pixels, which is too many`);
  try {
    const png = decode(file);
    if (png.depth !== 16) return png;
  } catch (cause) {
    throw unreadable(path, `it is damaged: ${cause instanceof Error ? cause.message : cause}`);
  }
  throw unreadable(path, 'it has 16 bits a value', 'Save it with 8 bits.');
}

/** The numbers of a PNG with a palette or in gray. @throws AutodidactError `DATA` for colors without a palette */
export function numbersOf(path: string, { width, height, channels, depth, data, palette }: DecodedPng): MaskFile {
  if (channels !== 1)
    throw unreadable(
      path,
      'it is in colors without a palette',
      'Save it with a palette, or in gray with the number of its object at each pixel.',
    );
  return {
    ...{ width, height, data: depth === 8 ? new Uint8Array(data) : unpacked(data as Uint8Array, width, depth) },
    palette: palette?.map(([red, green, blue]) => [red!, green!, blue!] as const) ?? null,
  };
}

export function unreadable(path: string, reason: string, remedy?: string): AutodidactError {
  return new AutodidactError(
    'DATA',
    `The mask ${path} cannot be read: ${reason}`,
    remedy === undefined ? {} : { remedy },
  );
}

/** Numbers of less than 8 bits, which a PNG packs into bytes; each row begins a new byte. */
function unpacked(bytes: Uint8Array, width: number, depth: number): Uint8Array {
  const perByte = 8 / depth;
  const rowBytes = Math.ceil(width / perByte);
  const rows = bytes.length / rowBytes;
  return Uint8Array.from({ length: rows * width }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const byte = bytes[row * rowBytes + Math.floor(column / perByte)]!;
    return (byte >> (8 - depth * ((column % perByte) + 1))) & (2 ** depth - 1);
  });
}

/** A PNG with a palette. @param data numbers row by row, each an entry of the palette */
export function encodeMask({ width, height, data }: Omit<MaskFile, 'palette'>, palette: Palette): Uint8Array {
  return encode({ width, height, data, channels: 1, depth: 8, palette: palette.map((color) => [...color]) });
}

/**
 * The colors of PASCAL VOC and DAVIS for numbers from 0 to 255: the bits of a number become the high bits of red, green and blue in
 * turn, so that low numbers differ most. The first is black.
 */
export const VOC_PALETTE: Palette = Array.from({ length: 256 }, (_, number) => {
  const color: [number, number, number] = [0, 0, 0];
  for (let bit = 0; bit < 8; bit++) color[bit % 3]! |= ((number >> bit) & 1) << (7 - Math.floor(bit / 3));
  return color;
});
