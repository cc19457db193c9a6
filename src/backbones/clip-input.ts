import { isFloating, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';
import { type BackboneOptions, wholeNumber } from './backbone.js';

/** The number of frames of the usual clip, where it was given; networks of clips take any other too. */
export function usualFrames({ frames }: Pick<BackboneOptions, 'frames'>): Pick<BackboneOptions, 'frames'> {
  return frames === undefined ? {} : { frames: wholeNumber(frames, 'frames') };
}

/**
 * Checks a batch of clips, float (N, T, channels, H, W), and returns its numbers of frames, height and width.
 *
 * @throws AutodidactError `SHAPE`
 */
export function checkClips(x: Tensor, channels: number): [frames: number, height: number, width: number] {
  const [, frames = 0, given, height = 0, width = 0] = x.shape;
  if (x.ndim !== 5 || given !== channels || frames < 1 || !isFloating(x.dtype))
    throw expected(`floating-point clips of shape (N, T, ${channels}, H, W)`, 'x', x, { code: 'SHAPE' });
  return [frames, height, width];
}

/** Frames first to channels first: (N, T, C, H, W) to (N, C, T, H, W), the layout of 3-D convolutions. */
export function channelsBeforeFrames(x: Tensor): Tensor {
  return x.transpose(1, 2).contiguous();
}
