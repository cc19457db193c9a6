import sharp from 'sharp';
import { scope, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';

/** A picture in memory. */
export interface Pixels {
  width: number;
  height: number;
  /** RGB, rows from the top. */
  data: Uint8Array;
}

/**
 * @param image float (C, H, W) in [0, 1], one or three channels; values outside are clipped, NaN is black
 * @throws AutodidactError `SHAPE`
 */
export function toPixels(image: Tensor): Pixels {
  const [channels, height, width] = image.shape;
  const isImage = image.ndim === 3 && (channels === 1 || channels === 3) && image.numel > 0;
  if (!isImage || !image.dtype.includes('float'))
    throw expected('a float image (C, H, W) in [0, 1] of one or three channels', 'image', image, { code: 'SHAPE' });
  const values = scope(() => image.detach().toTypedArray()) as Float32Array;
  const area = height! * width!;
  const data = new Uint8Array(area * 3);
  for (let pixel = 0; pixel < area; pixel++)
    for (let channel = 0; channel < 3; channel++) {
      const value = values[(channels === 1 ? 0 : channel) * area + pixel]!;
      data[pixel * 3 + channel] = value > 0 ? Math.round(Math.min(value, 1) * 255) : 0;
    }
  return { width: width!, height: height!, data };
}

/** The picture as PNG, at its own size. */
export function toPng({ width, height, data }: Pixels): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** A picture file in memory, on white where it is transparent. */
export async function readPixels(file: string | Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(file)
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}
