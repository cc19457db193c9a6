import { type Generator, noGrad, scope, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { COMPOSE, type Description, stepsOf } from './description.js';
import type { Transform } from './transform.js';

/** Maps clips [N, T, C, H, W] to clips. */
export interface ClipTransform {
  (clips: Tensor, random: Generator): Tensor;
  readonly description?: Description;
}

/**
 * How the frames of a clip become one image for a transform:
 *
 * - `channels`: (N, T C, H, W), for transforms that move or blur pixels: crops, flips, shifts, blur
 * - `rows`: (N, C, T H, W), for transforms of colors: jitter, grayscale, solarize, normalize; a mean over the image is one over the clip
 * - `apart`: (N T, C, H, W), every frame with parameters of its own
 */
export type FrameFold = 'channels' | 'rows' | 'apart';

/**
 * A transform of images as one of clips: with the same random parameters for all frames of a clip, or with other ones for each.
 *
 * @throws AutodidactError `SHAPE` unless it is given clips [N, T, C, H, W]
 */
export function overFrames(transform: Transform, fold: FrameFold): ClipTransform {
  const steps = stepsOf(transform);
  const description = { name: 'overFrames', fold, steps };
  const run = (clips: Tensor, random: Generator): Tensor => {
    if (clips.ndim !== 5) throw expected('clips [N, T, C, H, W]', 'overFrames', clips, { code: 'SHAPE' });
    return noGrad(() => scope(() => unfolded(transform(folded(clips, fold), random), fold, clips)));
  };
  return Object.assign(run, { description });
}

/** Transforms of clips one after the other. */
export function composeClips(...transforms: readonly ClipTransform[]): ClipTransform {
  const run = (clips: Tensor, random: Generator): Tensor =>
    scope(() => transforms.reduce((changed, step) => step(changed, random), clips));
  const steps = transforms.flatMap((step) => stepsOf(step));
  return Object.assign(run, { description: { name: COMPOSE, steps } });
}

function folded(clips: Tensor, fold: FrameFold): Tensor {
  const [count, frames, channels, height, width] = clips.shape as [number, number, number, number, number];
  if (fold === 'apart') return clips.reshape([count * frames, channels, height, width]);
  if (fold === 'channels') return clips.reshape([count, frames * channels, height, width]);
  return clips.permute([0, 2, 1, 3, 4]).reshape([count, channels, frames * height, width]);
}

function unfolded(images: Tensor, fold: FrameFold, { shape }: Tensor): Tensor {
  const [count, frames] = shape as [number, number];
  const [, channels, height, width] = images.shape as [number, number, number, number];
  if (fold === 'apart') return images.view([count, frames, channels, height, width]);
  if (fold === 'channels') return images.reshape([count, frames, channels / frames, height, width]);
  return images.reshape([count, channels, frames, height / frames, width]).permute([0, 2, 1, 3, 4]);
}
