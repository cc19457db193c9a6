/** Whether anything moves in clips, for methods that learn from motion alone. */
import { scope, type Tensor } from '../../engine/index.js';
import type { Usable } from '../method.js';
import { squaredDifference } from './order-tuples.js';

/** Motion and differences are measured on about so many pixels a side. */
const COARSE = 16;
/** Mean squared difference of two frames, pixels 0 to 1, up to which it is noise of the camera or of the coding: 2.5 of 255 levels. */
const NOISE = 1e-4;

/** Every so many pixels of all frames, clip by clip and frame by frame. */
export function coarsePixels(clips: Tensor): Uint8Array {
  return scope(() => {
    const step = Math.max(1, Math.floor(Math.min(clips.size(3), clips.size(4)) / COARSE));
    return clips.slice(3, 0, null, step).slice(4, 0, null, step).contiguous().toTypedArray() as Uint8Array;
  });
}

/**
 * Which clips move, for methods that learn from motion alone.
 *
 * @param clips uint8 (N, T, C, H, W)
 * @param least mean squared difference, pixels 0 to 1, from which on a frame differs from the first of its clip
 */
export function usableClips(clips: Tensor, least = NOISE): Usable {
  const [count, frames] = clips.shape as [number, number];
  const pixels = coarsePixels(clips);
  const size = pixels.length / (count * frames);
  const moves = (clip: number): boolean => {
    const own = pixels.subarray(clip * frames * size, (clip + 1) * frames * size);
    return Array.from({ length: frames }).some((_, t) => squaredDifference(own, size, 0, t) > least);
  };
  return {
    wanted: 'in which something moves',
    isUsable: Array.from({ length: count }, (_, clip) => moves(clip)),
    remedy: 'Take videos with motion, longer clips (--frames), or a lower rate (--fps).',
  };
}
