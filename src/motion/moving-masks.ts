import { expected } from '../errors.js';
import { parseOptions } from '../options.js';
import { flowMotion } from './camera.js';
import { denseFlow, type Flow, moved, withoutCamera } from './flow.js';
import type { GrayPicture } from './picture.js';
import { type MaskOptions, maskOptions } from './settings.js';
import { type VisionPool, visionPool } from './vision-pool.js';

/** A share of 1 as a byte. */
const WHOLE = 255;

/**
 * What moves by itself in a frame, found without labels: the frame is compared with those before and after it. In each comparison the
 * motion of the camera, an affine map fitted to the dense flow by RANSAC, is taken away, and the pixels that are left with more than
 * the noise have a vote. What a thing uncovers before it has covered afterwards: ground beside it moves, as the flow sees it, to one
 * side in time only, so that the smaller share of both sides counts. A small stand-in for the unsupervised masks of Pathak et al. 2017 (uNLC), whose votes travel among superpixels.
 *
 * @param pictures the frames of a video
 * @param frame number of the one to look at
 * @returns for each pixel the share of the comparisons in which it moved, 0 to 255; null where the motion of the camera is never known
 * @throws AutodidactError `USAGE` for an option that does not fit or a frame that is not there, `SHAPE`
 */
export async function movingMask(
  pictures: readonly GrayPicture[],
  frame: number,
  options: Partial<MaskOptions> = {},
  pool: VisionPool = visionPool(),
): Promise<Uint8Array | null> {
  const parsed = parseOptions(maskOptions, options, { owner: 'The mask of what moves' });
  const own = pictures[frame];
  if (own === undefined) throw expected(`a frame from 0 to ${pictures.length - 1}`, 'frame', frame);
  const votes = async (step: 1 | -1): Promise<Votes | null> => {
    const others = Array.from({ length: parsed.reach }, (_, i) => pictures[frame + step * (i + 1)]);
    const compared = others.map((other) => (other === undefined ? null : movingPixels(own, other, parsed, pool)));
    const known = (await Promise.all(compared)).filter((pixels) => pixels !== null);
    return known.length === 0
      ? null
      : { count: known.length, at: (i) => known.reduce((sum, pixels) => sum + pixels[i]!, 0) };
  };
  const sides = (await Promise.all([votes(-1), votes(1)])).filter((side) => side !== null);
  if (sides.length === 0) return null;
  return Uint8Array.from({ length: own.width * own.height }, (_, i) =>
    Math.round(WHOLE * Math.min(...sides.map(({ count, at }) => at(i) / count))),
  );
}

/** How many comparisons there are, and in how many of them a pixel moved. */
interface Votes {
  count: number;
  at(pixel: number): number;
}

/** 1 where a pixel moves by itself to the other picture; null where the motion of the camera is not known. */
async function movingPixels(
  own: GrayPicture,
  other: GrayPicture,
  { least, deviations, window, isCameraRemoved }: MaskOptions,
  pool: VisionPool,
): Promise<Uint8Array | null> {
  const flow = await denseFlow(own, other, { window }, pool);
  const { matrix } = isCameraRemoved ? await flowMotion(flow, { step: 2, fit: { model: 'affine' } }, pool) : STILL;
  if (matrix === null) return null;
  const lengths = lengthsOf(withoutCamera(flow, matrix));
  // Where the motion of the camera stays, the median is that motion.
  const noise = isCameraRemoved ? lengths.toSorted()[lengths.length >> 1]! : 0;
  const bound = Math.max(least, deviations * noise);
  const { width, height } = own;
  return Uint8Array.from(lengths, (length, i) => {
    if (length <= bound) return 0;
    // What the camera has left behind is not to be seen in the other picture.
    const [x, y] = moved(matrix, (i % width) + 0.5, Math.floor(i / width) + 0.5);
    return x >= 0 && y >= 0 && x < width && y < height ? 1 : 0;
  });
}

const STILL = { matrix: [1, 0, 0, 0, 1, 0, 0, 0, 1] } as const;

function lengthsOf({ data }: Flow): Float32Array {
  return Float32Array.from({ length: data.length / 2 }, (_, i) => Math.hypot(data[2 * i]!, data[2 * i + 1]!));
}
