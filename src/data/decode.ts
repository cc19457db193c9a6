import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { freemem } from 'node:os';
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { AutodidactError, ioError } from '../errors.js';
import { type FloatScale, floatsToBytes, highestFloat } from './float-pixels.js';
import { announcesTooMuch, formatOf, type ImageHeader, memoryNeeded } from './image-header.js';
import { MemoryGate } from './parallel.js';
import { irregularKind, NO_FILE, readRegular, saysMissing } from './regular-file.js';

// libvips would answer for a file that has been replaced since, and keep files open.
sharp.cache(false);

/** Part of the key of every pack that is made from image files: changes when the same file decodes to other pixels. */
export const DECODER = 'decoder-3';

/** How an image becomes a square: `crop` fits the shorter side and cuts the middle out, `stretch` ignores the proportions. */
export type Fit = 'crop' | 'stretch';

/** The size and the number of channels that every image of a pack has. */
export interface PixelShape {
  height: number;
  width: number;
  channels: number;
}

/** An image that is damaged or of a kind that is not read: it is left out, with the message as the reason. */
export class UnreadableImage extends Error {
  constructor(
    reason: string,
    /** Whether there is no file at all. */
    readonly isMissing = false,
  ) {
    super(reason);
  }
}

// 'error' lets pass what decoders only warn of (bytes after the end, odd metadata) but not truncated data. The limits of
// `announcesTooMuch` and `memoryNeeded` stand in for sharp's own, which counts pixels only.
const OPTIONS: SharpOptions = { autoOrient: true, failOn: 'error', limitInputPixels: false };

/** Free memory, or the limit of the container; 0 and huge numbers stand for no limit. */
const available = Math.min(freemem(), process.constrainedMemory() || Infinity);
/** Bytes of decoded images at once. An image that needs more is decoded with none beside it. */
const AT_ONCE = Math.max(2 ** 26, Math.min(2 ** 30, available / 2));
/** Above this an image is skipped: the memory that its decoder needs, and the length of its file. */
const MOST_BYTES = 2 ** 31 - 1;

/** Two gates, entered in this order only, so that no image waits for memory that another waiting image holds. */
const reading = new MemoryGate(AT_ONCE);
const decoding = new MemoryGate(AT_ONCE);

/**
 * The size and channels of an image, after its EXIF rotation. Throws `UnreadableImage` for an image that `decode` could not
 * read by its header, and IO.
 */
export async function readHeader(path: string): Promise<ImageHeader> {
  const fileBytes = await fileSize(path);
  let header: ImageHeader;
  try {
    header = await decoding.run(1, () => headerOf(path));
  } catch {
    // libvips does not say whether the file or the system is at fault; reading the whole file does.
    header = await withImage(path, async (_, read) => read);
  }
  checkSize(header, fileBytes);
  checkKind(header);
  return header;
}

/**
 * An image file as uint8 pixels, height x width x channels. Rotated as its EXIF says; transparency over white; of 16 bits
 * per channel the upper 8; floating point as `floatsToBytes`; any color space to sRGB, or to luminance for one channel; of
 * an animation or several pages, the first picture.
 * Throws `UnreadableImage` when the image is at fault, IO when the system is (permission, memory, too many open files).
 */
export async function decode(path: string, shape: PixelShape, fit: Fit): Promise<Uint8Array> {
  return (await decodeImage(path, shape, fit)).pixels;
}

/**
 * `decode`, with the header, which is read together with the pixels.
 *
 * @param known what `readHeader` gave, if it was called before
 * @param scale that of the floating point images of a set
 */
export function decodeImage(
  path: string,
  shape: PixelShape,
  fit: Fit,
  { known, scale }: { known?: ImageHeader; scale?: FloatScale } = {},
): Promise<{ pixels: Uint8Array; header: ImageHeader }> {
  const toShape = async (file: Buffer, header: ImageHeader) => {
    checkKind(header);
    const isFloat = header.depth === 'float';
    const image = isFloat ? await fromFloats(file, header, scale) : sharp(file, OPTIONS);
    image.flatten({ background: '#ffffff' });
    if (header.depth !== 'ushort' || (shape.channels !== 1 && header.space !== 'grey16')) {
      return toPixels(image, shape, fit);
    }
    // libvips takes the upper 8 of 16 bits for sRGB, but rounds for gray: gray is therefore made from sRGB.
    if (header.space === 'grey16') return toPixels(image.pipelineColourspace('srgb'), shape, fit);
    const color = { ...shape, channels: 3 };
    return reshape(await toPixels(image, color, fit), color, shape, fit);
  };
  return withImage(path, async (file, header) => ({ pixels: await toShape(file, header), header }), known);
}

/**
 * Hands an image file and its header to `work`, which decodes it. Failures of `work` are tried again with nothing beside
 * them: memory may be free by then, and libvips keeps one message for all its threads.
 * Throws `UnreadableImage` when the image is at fault, IO when the system is, and what `work` throws of these.
 */
export async function withImage<R>(
  path: string,
  work: (file: Buffer, header: ImageHeader) => Promise<R>,
  known?: ImageHeader,
): Promise<R> {
  return reading.run(await fileSize(path), async () => {
    const file = await readRegular(path, MOST_BYTES);
    const header = known ?? (await twice(path, file, 1, () => headerOf(file)));
    checkSize(header, file.length);
    return twice(path, file, memoryNeeded(header), () => work(file, header));
  });
}

/** The length of a regular file. */
async function fileSize(path: string): Promise<number> {
  let entry: Stats;
  try {
    entry = await stat(path);
  } catch (cause) {
    if (saysMissing(cause)) throw new UnreadableImage(NO_FILE, true);
    throw ioError('read', path, cause);
  }
  const kind = irregularKind(entry);
  if (kind !== null) throw new UnreadableImage(`${kind}, not a regular file`);
  if (entry.size > MOST_BYTES) throw new UnreadableImage(`its ${entry.size} bytes are above the limit of 2 GB`);
  return entry.size;
}

/** An error that another attempt would not change. */
const isFinal = (error: unknown) => error instanceof AutodidactError || error instanceof UnreadableImage;

/** Runs a decoder with `bytes` of memory; after a failure once more, alone, and says then whose fault it is. */
async function twice<R>(path: string, file: Buffer, bytes: number, work: () => Promise<R>): Promise<R> {
  try {
    return await decoding.run(bytes, work);
  } catch (error) {
    if (isFinal(error)) throw error;
  }
  return decoding.run(Infinity, async () => {
    try {
      return await work();
    } catch (error) {
      if (isFinal(error)) throw error;
      const message = error instanceof Error ? error.message : String(error);
      if (isMemoryShort(message, bytes)) {
        throw new AutodidactError('IO', `There is not enough memory to decode ${path}`, {
          remedy: 'End other programs or raise the memory limit and run this again, or remove the file.',
          cause: error,
        });
      }
      throw new UnreadableImage(reasonOf(message, file));
    }
  });
}

/**
 * Damage that decoders call a shortage: libheif its limits on what a file may announce ("memory allocation error: security limit
 * exceeded"), libtiff a directory without entries ("failed to allocate memory ... (0 elements of 12 bytes each)").
 */
const FALSE_SHORTAGES = /security limit|\(0 elements of/i;

/** Whether a decoder failed for want of memory: it says so, or the bytes that it needed cannot be had now. */
function isMemoryShort(message: string, bytes: number): boolean {
  if (/memory|alloc|ENOMEM/i.test(message) && !FALSE_SHORTAGES.test(message)) return true;
  try {
    new ArrayBuffer(bytes);
    return false;
  } catch {
    return true;
  }
}

async function headerOf(image: string | Buffer): Promise<ImageHeader> {
  return toHeader(await sharp(image, OPTIONS).metadata());
}

function toHeader({ autoOrient, width, height, orientation = 1, ...rest }: Metadata): ImageHeader {
  const { format, channels, depth, space, hasAlpha, isProgressive, isPalette = false, bitsPerSample = 8 } = rest;
  const size = { height: autoOrient.height ?? height, width: autoOrient.width ?? width };
  const kind = { format, channels, depth, space, hasAlpha, isProgressive, isPalette, bitsPerSample };
  return { ...size, ...kind, isGray: channels <= 2, isTurned: orientation > 1 };
}

function checkSize(header: ImageHeader, fileBytes: number): void {
  const excess = announcesTooMuch(header, fileBytes, MOST_BYTES);
  if (excess !== null) throw new UnreadableImage(excess);
}

/** Throws `UnreadableImage` for samples whose range is unknown, and for channels that are neither gray nor color. */
function checkKind({ format, depth, space, channels, hasAlpha }: ImageHeader): void {
  if (channels > 4 && space !== 'cmyk') {
    throw new UnreadableImage(`${channels} channels, neither gray nor color; save three of them`);
  }
  if (depth === 'uchar' || depth === 'ushort') return;
  const isPlainFloat = depth === 'float' && format === 'tiff' && (space === 'b-w' || space === 'scrgb');
  if (isPlainFloat && !hasAlpha) return;
  const kind = isPlainFloat ? 'floating point with transparency' : (KINDS[depth] ?? depth);
  throw new UnreadableImage(`its samples (${kind}) are not supported; save it with unsigned 8- or 16-bit samples`);
}

/** The sample types of libvips that are not read. */
const KINDS: Record<string, string> = {
  char: 'signed 8-bit integers',
  short: 'signed 16-bit integers',
  int: 'signed 32-bit integers',
  uint: 'unsigned 32-bit integers',
  float: 'floating point of this kind',
  double: '64-bit floating point',
};

/**
 * The highest sample of a floating point image; null where one is neither in 0..1 nor in 0..255. Throws `UnreadableImage` and IO as
 * `decode` does.
 */
export function highestSample(path: string, header: ImageHeader): Promise<number | null> {
  const work = async (file: Buffer) => {
    const found = highestFloat((await readFloats(file, header)).samples);
    return 'highest' in found ? found.highest : null;
  };
  return withImage(path, work, header);
}

/** The samples of a TIFF of floating point, and their shape. */
async function readFloats(file: Buffer, { space, channels }: ImageHeader) {
  // In its own color space, in which libvips leaves the samples as they are.
  const { data, info } = await sharp(file, OPTIONS)
    .toColourspace(space)
    .raw({ depth: 'float' })
    .toBuffer({ resolveWithObject: true });
  const samples = new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  if (samples.length !== info.height * info.width * channels) {
    throw new Error(`it decodes to ${info.height} x ${info.width} x ${info.channels}`);
  }
  return { samples, shape: { height: info.height, width: info.width, channels: channels as 1 | 3 } };
}

/** A TIFF of floating point samples, scaled to bytes. */
async function fromFloats(file: Buffer, header: ImageHeader, scale?: FloatScale): Promise<Sharp> {
  const { samples, shape } = await readFloats(file, header);
  const bytes = floatsToBytes(samples, scale);
  if (typeof bytes === 'string') throw new UnreadableImage(`its samples ${bytes}`);
  return sharp(bytes, { raw: shape });
}

/** Pixels of one shape to another, both gray or color, by the same rules. */
export function reshape(pixels: Uint8Array, from: PixelShape, to: PixelShape, fit: Fit): Promise<Uint8Array> {
  const { height, width, channels } = from;
  return toPixels(sharp(pixels, { raw: { height, width, channels: channels as 1 | 3 } }), to, fit);
}

async function toPixels(image: Sharp, { height, width, channels }: PixelShape, fit: Fit): Promise<Uint8Array> {
  const { data, info } = await image
    .resize(width, height, { fit: fit === 'crop' ? 'cover' : 'fill' })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (data.length !== height * width * channels) {
    throw new Error(`it decodes to ${info.height} x ${info.width} x ${info.channels}`);
  }
  return data;
}

/** Lines that only say that something above went wrong. */
const EMPTY_LINES = /^error in tile|^Warning treated as error/;

/** Why an image could not be decoded, from the decoder's message and the first bytes of the file. */
function reasonOf(message: string, file: Buffer): string {
  const format = formatOf(file);
  if (format !== null && !format.isRead) return `${format.name} is not supported by this build; convert to JPEG`;
  if (file.length === 0 || message.includes('unsupported image format')) {
    return format === null
      ? 'no image in a format that can be read'
      : `damaged: its ${format.name} header cannot be read`;
  }
  const lines = message.replace(/^Input (file|buffer) has corrupt header:\s*/, '').split('\n');
  // The last line that says something has the cause.
  const cause = lines.findLast((line) => line.trim() !== '' && !EMPTY_LINES.test(line)) ?? 'its header cannot be read';
  const isUnread = /tiff2vips: .*(samples out of range|not a whole number|unsupported)/.test(cause);
  if (isUnread) return `a kind of TIFF that is not supported (${cause}); save it with unsigned 8- or 16-bit samples`;
  return `damaged: ${cause.trim()}`;
}
