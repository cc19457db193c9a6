import type { Metadata } from 'sharp';

/** What the header of an image file says; height and width after its EXIF rotation. */
export interface ImageHeader {
  height: number;
  width: number;
  isGray: boolean;
  format: Metadata['format'];
  channels: number;
  depth: string;
  space: string;
  hasAlpha: boolean;
  isProgressive: boolean;
  isPalette: boolean;
  bitsPerSample: number;
  /** Whether the EXIF orientation asks for a rotation or a mirror image. */
  isTurned: boolean;
}

/** Above this an image is skipped. */
const MAX_MEGAPIXELS = 512;

const BYTES_PER_SAMPLE: Record<string, number> = { uchar: 1, char: 1, ushort: 2, short: 2, double: 8 };
/** Rows that libvips holds of an image that it decodes as a stream, rounded up. */
const STREAMED_ROWS = 1024;

/** Bytes of memory that decoding takes. JPEG and PNG are decoded as streams unless they are progressive, interlaced or turned. */
export function memoryNeeded(header: ImageHeader): number {
  const { height, width, channels, depth, format, isProgressive, isTurned } = header;
  const row = width * channels * (BYTES_PER_SAMPLE[depth] ?? 4);
  // Floats are decoded to a buffer before they are scaled; a progressive JPEG holds coefficients of 16 bits too.
  if (depth === 'float') return row * height * 3;
  if (format === 'jpeg' && isProgressive) return row * height * 3;
  // Colors with transparency, whatever the palette has.
  if (format === 'gif') return width * height * 4;
  const isStreamed = (format === 'jpeg' || format === 'png' || format === 'svg') && !isProgressive && !isTurned;
  return row * (isStreamed ? Math.min(height, STREAMED_ROWS) : height);
}

/**
 * The bytes that so many pixels take at the least. Deflate shrinks by less than 1032; a Huffman code has a bit or more for each block of
 * 8 x 8 pixels; a code of LZW has at most 12 bits and stands for at most 4096 pixels.
 */
const LEAST_BYTES: Partial<Record<string, (pixels: number, bits: number) => number>> = {
  png: (_, bits) => bits / 8 / 1032,
  jpeg: (pixels) => pixels / 64 / 8,
  gif: (pixels) => (pixels / 4096) * 1.5,
};
/** Memory that any file may ask for, and by how much more than its own length a TIFF may above that: blank pages do shrink a lot. */
const CREDIBLE_BYTES = 2 ** 27;
const MOST_GROWTH = 50_000;

/** Why an image is too large to decode, or claims more pixels than its file can hold; null when neither. */
export function announcesTooMuch(header: ImageHeader, fileBytes: number, mostBytes: number): string | null {
  const { height, width, channels, format, isPalette, bitsPerSample } = header;
  const size = `${width} x ${height}`;
  if (height * width > MAX_MEGAPIXELS * 1e6) return `${size} is above the limit of ${MAX_MEGAPIXELS} megapixels`;
  const needed = memoryNeeded(header);
  if (needed > mostBytes) {
    return `${size} needs ${(needed / 1e9).toFixed(1)} GB of memory, above the limit of ${(mostBytes / 1e9).toFixed(1)} GB`;
  }
  const bits = height * width * bitsPerSample * (isPalette ? 1 : channels);
  const least = LEAST_BYTES[format]?.(height * width, bits) ?? 0;
  const isIncredible = format === 'tiff' && needed > CREDIBLE_BYTES && needed > MOST_GROWTH * fileBytes;
  return least > fileBytes || isIncredible ? `damaged: ${size} pixels cannot come from ${fileBytes} bytes` : null;
}

/** A format of image files, known by its first bytes. */
interface Format {
  name: string;
  isRead: boolean;
}

/** The first bytes of formats, as Latin-1 text. */
const SIGNATURES: { format: Format; starts: string[] }[] = [
  { format: { name: 'JPEG', isRead: true }, starts: ['\xff\xd8\xff'] },
  { format: { name: 'PNG', isRead: true }, starts: ['\x89PNG'] },
  { format: { name: 'GIF', isRead: true }, starts: ['GIF8'] },
  { format: { name: 'WebP', isRead: true }, starts: ['RIFF'] },
  { format: { name: 'TIFF', isRead: true }, starts: ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'] },
  { format: { name: 'JPEG XL', isRead: false }, starts: ['\xff\x0a', '\0\0\0\x0cJXL '] },
  { format: { name: 'JPEG 2000', isRead: false }, starts: ['\0\0\0\x0cjP', '\xff\x4f\xff\x51'] },
];

/** The format of a file by its first bytes; null for an unknown one. */
export function formatOf(file: Buffer): Format | null {
  const head = file.subarray(0, 64).toString('latin1');
  // ISO base media: AVIF may name the general brand mif1 first and its own behind it.
  if (head.slice(4, 8) === 'ftyp') {
    if (/avi[fs]/.test(head)) return { name: 'AVIF', isRead: true };
    return /^(hei|hev|mif|msf)/.test(head.slice(8)) ? { name: 'HEIC', isRead: false } : null;
  }
  return SIGNATURES.find(({ starts }) => starts.some((start) => head.startsWith(start)))?.format ?? null;
}
