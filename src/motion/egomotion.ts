import { type Motion, turned } from '../data/index.js';
import { parseOptions } from '../options.js';
import { flowMotion } from './camera.js';
import { denseFlow, moved } from './flow.js';
import type { GrayPicture, Points } from './picture.js';
import { type EgomotionOptions, egomotionOptions, flowOptions } from './settings.js';
import { type VisionPool, visionPool } from './vision-pool.js';
import type { Matrix3 } from './vision-tasks.js';

/** Why two frames do not say how the camera moved. */
export const UNKNOWN_MOTIONS = ['still', 'unknown', 'cut'] as const;
export type UnknownMotion = (typeof UNKNOWN_MOTIONS)[number];

/** Points of the flow that the motion is fitted to: every other pixel along each axis. */
const STEP = 2;

/**
 * How the camera moved from one frame to another: an affine map fitted to the dense flow by RANSAC, and of it the shift, the rotation
 * and the zoom about the middle of the picture. Shear and perspective are left out.
 *
 * @returns the motion; `unknown` where too few pixels agree with one map, `cut` where the frames do not look alike once it is undone,
 *   `still` where it moves next to nothing
 * @throws AutodidactError `SHAPE` when the sizes differ, `USAGE` for an option that does not fit
 */
export async function egomotion(
  first: GrayPicture,
  second: GrayPicture,
  options: Partial<EgomotionOptions> = {},
  pool: VisionPool = visionPool(),
): Promise<Motion | UnknownMotion> {
  const parsed = parseOptions(egomotionOptions, options, { owner: 'The motion of the camera' });
  const { threshold, fewest, least, alike } = parsed;
  const flow = await denseFlow(first, second, {}, pool);
  const margin = flowOptions.parse({}).window >> 1;
  const fit = { model: 'affine', threshold } as const;
  const { matrix, from, isInlier } = await flowMotion(flow, { step: STEP, margin, fit }, pool);
  const agreeing = isInlier.reduce((sum, flag) => sum + flag, 0) / isInlier.length;
  if (matrix === null || agreeing < fewest) return 'unknown';
  if (correlation(first, second, matrix) < alike) return 'cut';
  if (meanShift(matrix, from) < least) return 'still';
  return motionOf(matrix, first);
}

/** The similarity nearest to an affine map, as the motion of a camera whose axis goes through the middle of the picture. */
export function motionOf(matrix: Matrix3, { width, height }: Pick<GrayPicture, 'width' | 'height'>): Motion {
  const [a, b, , c, d] = matrix;
  const [middleX, middleY] = [width / 2, height / 2];
  const [toX, toY] = moved(matrix, middleX, middleY);
  // What is seen turns and moves against the camera.
  const rotation = -Math.atan2(c - b, a + d);
  const zoom = Math.hypot(a + d, c - b) / 2;
  const [x, y] = turned((middleX - toX) / zoom, (middleY - toY) / zoom, rotation);
  return { x, y, rotation, zoom };
}

/** How far a map moves these points, in pixels on average. */
function meanShift(matrix: Matrix3, points: Points): number {
  let sum = 0;
  for (let i = 0; i < points.length; i += 2) {
    const [toX, toY] = moved(matrix, points[i]!, points[i + 1]!);
    sum += Math.hypot(toX - points[i]!, toY - points[i + 1]!);
  }
  return sum / (points.length / 2);
}

/**
 * Correlation of the pixels of the first picture with those of the second to which the map takes them, the nearest ones; 1 where either has
 * no contrast and cannot contradict, 0 where nothing is seen twice.
 */
function correlation(first: GrayPicture, second: GrayPicture, matrix: Matrix3): number {
  const { width, height } = first;
  const [ones, others]: [number[], number[]] = [[], []];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [x, y] = moved(matrix, column + 0.5, row + 0.5).map(Math.floor) as [number, number];
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      ones.push(first.data[row * width + column]!);
      others.push(second.data[y * width + x]!);
    }
  if (ones.length === 0) return 0;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [one, other] = [mean(ones), mean(others)];
  const product = (left: readonly number[], right: readonly number[], l: number, r: number): number =>
    left.reduce((sum, value, i) => sum + (value - l) * (right[i]! - r), 0);
  const size = Math.sqrt(product(ones, ones, one, one) * product(others, others, other, other));
  return size === 0 ? 1 : product(ones, others, one, other) / size;
}
