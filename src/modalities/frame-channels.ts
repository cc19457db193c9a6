import { toFloat } from '../augment/index.js';
import { LUMA } from '../data/luma.js';
import { noGrad, scope, type Tensor, tensor } from '../engine/index.js';
import { expected } from '../errors.js';

/**
 * Frames with another number of channels: gray of color, or three times the same of gray.
 *
 * @param frames uint8 (L, C, H, W)
 * @throws AutodidactError `DATA` where the channels are not made of each other
 */
export function withChannels(frames: Tensor, channels: number): Tensor {
  const own = frames.size(1);
  if (own === channels) return frames;
  if (own === 1 && channels === 3) return frames.expand([-1, 3, -1, -1]);
  if (own !== 3 || channels !== 1)
    throw expected(`frames of ${channels} channels, as in pretraining,`, 'video', `${own} channels`, { code: 'DATA' });
  return noGrad(() =>
    scope(() => {
      const weights = tensor([...LUMA], { shape: [1, 3, 1, 1], device: frames.device });
      return toFloat(frames).mul(weights).sum([1], true).mul(255).round().clamp(0, 255).to('uint8');
    }),
  );
}
