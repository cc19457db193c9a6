import { LUMA } from '../data/luma.js';
import { scope, type Tensor, tensor } from '../engine/index.js';
import type { ExportedInput } from './modality.js';

/** Pillow's number of the Lanczos filter, with which images are brought to size here. */
const LANCZOS = 1;

interface Pictures {
  channels: number;
  height: number;
  width: number;
}

/**
 * Pictures, or frames of clips, as the input of an exported network: (N, ...leading, C, H, W). Image processors of other libraries make
 * three channels of every image, so that a network of gray pictures takes these three too and makes them gray by itself.
 *
 * @param leading dimensions between the batch and the channels
 */
export function exportedPictures({ channels, height, width }: Pictures, leading: readonly number[]): ExportedInput {
  const isGray = channels === 1;
  return {
    name: 'pixel_values',
    shape: [...leading, isGray ? LUMA.length : channels, height, width],
    unit: `pixels in [0, 1], ${isGray || channels === 3 ? 'RGB' : `${channels} channels`}, ${width} x ${height}`,
    toSamples: (x) => (isGray ? toGray(x) : x),
    processor: (normalization) => (isGray || channels === 3 ? processor({ height, width }, normalization) : null),
  };
}

/** (..., 3, H, W) to (..., 1, H, W). */
function toGray(x: Tensor): Tensor {
  return scope(() => {
    const weights = tensor([...LUMA], { shape: [LUMA.length, 1, 1], device: x.device });
    return x.mul(weights).sum([x.ndim - 3], true);
  });
}

function processor(
  size: { height: number; width: number },
  normalization: { mean: readonly number[]; std: readonly number[] } | null,
): object {
  const rgb = (values: readonly number[]) => (values.length === 1 ? LUMA.map(() => values[0]!) : values);
  return {
    image_processor_type: 'CLIPImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    size: { shortest_edge: Math.min(size.height, size.width) },
    resample: LANCZOS,
    do_center_crop: true,
    crop_size: size,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: normalization !== null,
    ...(normalization === null ? {} : { image_mean: rgb(normalization.mean), image_std: rgb(normalization.std) }),
  };
}
