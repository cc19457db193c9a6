import { counted } from '../format.js';
import { highestSample, readHeader, UnreadableImage } from './decode.js';
import { type FloatScale, scaleOfFloats } from './float-pixels.js';
import type { ImageHeader } from './image-header.js';
import { mapInOrder } from './parallel.js';

/** Null for an image that is left out later, with its reason; other failures are thrown. */
export function unlessUnreadable(error: unknown): null {
  if (error instanceof UnreadableImage) return null;
  throw error;
}

/** How the floating point images of a set become bytes, and what the user should know of it. */
export interface FloatRange {
  /** Left out where there are no such images. */
  scale?: FloatScale;
  note?: string;
}

/**
 * One scale for all floating point images of a set, by the highest value of all: a dark image of a set in 0..255 has no value above 1
 * either.
 *
 * @param files with the headers that were read before
 * @param onEach called for each file; may throw
 */
export async function floatRange(
  files: Iterable<{ path: string; header?: ImageHeader }>,
  onEach: () => void,
): Promise<FloatRange> {
  const highest: number[] = [];
  const read = async ({ path, header: known }: { path: string; header?: ImageHeader }): Promise<number | null> => {
    // Images of other formats have whole numbers.
    if (known === undefined && !/\.tiff?$/i.test(path)) return null;
    const header = known ?? (await readHeader(path).catch(unlessUnreadable));
    return header?.depth === 'float' ? highestSample(path, header).catch(unlessUnreadable) : null;
  };
  for await (const found of mapInOrder(files, read)) {
    onEach();
    if (found !== null) highest.push(found);
  }
  if (highest.length === 0) return {};
  // Where the highest value says neither, the images above 1 are left out with their values.
  const scale = scaleOfFloats(highest.reduce((most, value) => Math.max(most, value))) ?? 255;
  const dark = highest.filter((value) => value <= 1).length;
  if (scale === 255 || dark === 0) return { scale };
  const note =
    `Of ${counted(highest.length, 'floating point image')}, ${dark} ${dark === 1 ? 'has' : 'have'} no value above 1: read as ` +
    'almost black, since the others are in 0..255. If they are in 0..1, save all in one range.';
  return { scale, note };
}

/**
 * What the user should know of images of 16 bits a sample that use less than an eighth of their range, as those of 10 or 12 bits do;
 * null of others.
 *
 * @param highest of the upper bytes of all samples, which are what is kept
 */
export function shallowNote(images: number, highest: number): string | null {
  if (images === 0 || highest >= 32) return null;
  const bits = 8 + Math.ceil(Math.log2(highest + 1));
  const factor = 2 ** (16 - bits);
  return (
    `${counted(images, 'image')} of 16 bits a sample ${images === 1 ? 'has' : 'have'} ${bits} bits at most in use and ` +
    `${images === 1 ? 'keeps' : 'keep'} ${counted(256 / factor, 'level')} of gray: multiply the samples by ${factor} before saving.`
  );
}
