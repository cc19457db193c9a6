import { mapInOrder } from '../data/parallel.js';
import type { Tensor } from '../engine/index.js';
import { denseFlow, meanMagnitude } from './flow.js';
import { grayPictures } from './picture.js';
import type { FlowOptions } from './settings.js';
import { type VisionPool, visionPool } from './vision-pool.js';

/**
 * How much moves in each frame of a video: the mean length of the flow to the next frame, in pixels; the last frame has the value
 * before it. As a weight, it chooses the parts of a video where something happens (Misra et al. 2016).
 *
 * @param frames uint8 (T, C, H, W), C = 1 or 3
 * @returns T values of at least 0; 0 for a single frame
 * @throws AutodidactError `SHAPE`, `USAGE` for an option that does not fit
 */
export async function motionWeights(
  frames: Tensor,
  options: Partial<FlowOptions> = {},
  pool: VisionPool = visionPool(),
): Promise<Float64Array> {
  const pictures = grayPictures(frames);
  const pairs = pictures.slice(1).map((second, t) => [pictures[t]!, second] as const);
  const flows = mapInOrder(pairs, ([first, second]) => denseFlow(first, second, options, pool), 2 * pool.size);
  const weights = new Float64Array(pictures.length);
  let t = 0;
  for await (const flow of flows) weights[t++] = meanMagnitude(flow);
  if (t > 0) weights[t] = weights[t - 1]!;
  return weights;
}
