import sharp, { type Sharp, type SharpOptions } from 'sharp';

// libvips would answer for a file that has been replaced since, and keep files open.
sharp.cache(false);

/** How an image becomes a square: `crop` fits the shorter side and cuts the middle out, `stretch` ignores the proportions. */
export type Fit = 'crop' | 'stretch';

/** The size and the number of channels that every image of a pack has. */
export interface PixelShape {
  height: number;
  width: number;
  channels: number;
}

/**
 * Above this an image is skipped. Decoding streams, so that most images of this size take little memory; an interlaced PNG
 * or a progressive JPEG is held whole, 1.5 GB at the limit.
 */
export const MAX_MEGAPIXELS = 512;

// 'error' lets pass what decoders only warn of (bytes after the end, odd metadata) but not truncated data.
const OPTIONS: SharpOptions = { autoOrient: true, failOn: 'error', limitInputPixels: MAX_MEGAPIXELS * 1e6 };

/** What an image's header says, after its EXIF rotation. */
export interface Header {
  height: number;
  width: number;
  isGray: boolean;
}

/** Reads the header only. Rejects with sharp's error; `reasonOf` puts it into words. */
export async function readHeader(path: string): Promise<Header> {
  const { autoOrient, channels } = await sharp(path, OPTIONS).metadata();
  return { height: autoOrient.height, width: autoOrient.width, isGray: channels <= 2 };
}

/**
 * An image file as uint8 pixels, height x width x channels. Rotated as its EXIF says; transparency over white; 16 bits
 * per channel to 8; any color space to sRGB, or to luminance for one channel; of an animation, the first picture.
 */
export function decode(path: string, shape: PixelShape, fit: Fit): Promise<Uint8Array> {
  return toPixels(sharp(path, OPTIONS).flatten({ background: '#ffffff' }), shape, fit);
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

/** Why an image could not be read, for a person. */
export async function reasonOf(path: string, error: unknown): Promise<string> {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes('exceeds pixel limit')) {
    const size = await sharp(path, { limitInputPixels: false }).metadata();
    return `${size.width} x ${size.height} is above the limit of ${MAX_MEGAPIXELS} megapixels`;
  }
  if (message.includes('Input file is missing')) return 'there is no such file';
  if (message.includes('unsupported image format')) return 'no image in a format that can be read';
  return `damaged: ${message.split('\n')[0]}`;
}
