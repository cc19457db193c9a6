import { scope, type Tensor } from '../engine/index.js';
import { drawPart } from './draw.js';

const SAMPLE = 2000;
/** Images are measured in one piece up to this many numbers, which bounds the memory. */
const MOST_NUMBERS = 2 ** 26;

/**
 * Per-channel mean and standard deviation in [0, 1], over at most 2,000 images drawn from the set; fewer where so many do not fit in
 * memory. A channel without contrast gets 1 as its deviation.
 */
export function describePixels(
  count: number,
  { height, width }: { height: number; width: number },
  collate: (indices: Int32Array) => Tensor,
): { mean: number[]; std: number[] } {
  const most = Math.max(16, Math.min(SAMPLE, Math.floor(MOST_NUMBERS / (3 * height * width))));
  return scope(() => {
    const pixels = collate(drawPart(count, most)).to('float32').div(255);
    const std = pixels.std([0, 2, 3]).toNumbers();
    return { mean: pixels.mean([0, 2, 3]).toNumbers(), std: std.map((value) => (value > 1e-6 ? value : 1)) };
  });
}
