import { expected } from '../errors.js';
import { parseOptions } from '../options.js';
import { type Flow, moved } from './flow.js';
import { checkPair, checkPoints, type GrayPicture, type Points } from './picture.js';
import { findCorners, followPoints } from './points.js';
import { type CornerOptions, type FitOptions, type FollowOptions, fitOptions } from './settings.js';
import { type VisionPool, visionPool } from './vision-pool.js';
import type { Fit, Matrix3 } from './vision-tasks.js';

/**
 * The homography or affine map that takes most of the points `from` to those of `to` (RANSAC); outliers have no influence. The
 * same points always give the same matrix.
 *
 * @throws AutodidactError `SHAPE` when their numbers differ or they are not finite, `USAGE` for an option that does not fit
 */
export async function fitMotion(
  from: Points,
  to: Points,
  options: Partial<FitOptions> = {},
  pool: VisionPool = visionPool(),
): Promise<Fit> {
  const parsed = parseOptions(fitOptions, options, { owner: 'The motion of the camera' });
  checkPoints(from, 'from');
  checkPoints(to, 'to');
  if (from.length !== to.length)
    throw expected(`${from.length / 2} points, as in \`from\`,`, 'to', to.length / 2, { code: 'SHAPE' });
  return pool.run('fit', from, to, parsed);
}

export interface CameraOptions {
  corners?: Partial<CornerOptions>;
  follow?: Partial<FollowOptions>;
  fit?: Partial<FitOptions>;
  /** Fewest points that have to agree with a matrix. */
  leastInliers?: number;
}

export interface FlowMotionOptions {
  step?: number;
  margin?: number;
  fit?: Partial<FitOptions>;
  /** Fewest points that have to agree with a matrix. */
  leastInliers?: number;
}

/** How the camera moved between two pictures, and the points that show it. */
export interface CameraMotion {
  /** Null where it cannot be known: too few corners, such as in a flat picture, or too few of them moved alike. */
  readonly matrix: Matrix3 | null;
  /** Corners of the first picture that were found again, and their places in the second. */
  readonly from: Points;
  readonly to: Points;
  /** 1 where a corner moved as the matrix says. */
  readonly isInlier: Uint8Array;
}

/** Twice the four pairs that determine a homography: fewer may agree by chance. */
const LEAST_INLIERS = 8;

/**
 * The motion of the camera from one picture to the next, as one map of the whole picture: corners are followed and fitted by
 * RANSAC, so that what moves by itself has no influence as long as more corners lie on the background. After the homographies of
 * improved dense trajectories (Wang and Schmid 2013), with corners in place of SURF's points.
 *
 * @throws AutodidactError `SHAPE` when the sizes differ, `USAGE` for an option that does not fit
 */
export async function cameraMotion(
  first: GrayPicture,
  second: GrayPicture,
  options: CameraOptions = {},
  pool: VisionPool = visionPool(),
): Promise<CameraMotion> {
  checkPair(first, second);
  const corners = await findCorners(first, options.corners, pool);
  const followed = await followPoints(first, second, corners, options.follow, pool);
  const [from, to] = [corners, followed.points].map((points) =>
    points.filter((_, i) => followed.isFound[i >> 1] === 1),
  );
  return withEnough(await fitMotion(from!, to!, options.fit, pool), from!, to!, options.leastInliers);
}

/**
 * The motion of the camera as a fit to a dense flow, at the middle of every `step`-th pixel that lies no nearer to the edge than `margin`
 * pixels: there the flow averages over what is not seen, and is too short.
 *
 * @throws AutodidactError `USAGE` for an option that does not fit
 */
export async function flowMotion(
  { data, width, height }: Flow,
  { step = 4, margin = 0, fit, leastInliers }: FlowMotionOptions = {},
  pool: VisionPool = visionPool(),
): Promise<CameraMotion> {
  if (!Number.isSafeInteger(step) || step < 1) throw expected('an integer of at least 1', 'step', step);
  const from: number[] = [];
  const to: number[] = [];
  for (let row = margin + (step >> 1); row < height - margin; row += step)
    for (let column = margin + (step >> 1); column < width - margin; column += step) {
      const i = 2 * (row * width + column);
      from.push(column + 0.5, row + 0.5);
      to.push(column + 0.5 + data[i]!, row + 0.5 + data[i + 1]!);
    }
  const points = [Float32Array.from(from), Float32Array.from(to)] as const;
  return withEnough(await fitMotion(...points, fit, pool), ...points, leastInliers);
}

/** How far each point lies from where the camera alone would have taken it, in pixels; without a matrix, from where it was. */
export function residuals({ matrix, from, to }: CameraMotion): Float32Array {
  return Float32Array.from({ length: from.length / 2 }, (_, i) => {
    const [x, y] = [from[2 * i]!, from[2 * i + 1]!];
    const [toX, toY] = matrix === null ? [x, y] : moved(matrix, x, y);
    return Math.hypot(to[2 * i]! - toX, to[2 * i + 1]! - toY);
  });
}

function withEnough({ matrix, isInlier }: Fit, from: Points, to: Points, least = LEAST_INLIERS): CameraMotion {
  const inliers = isInlier.reduce((sum, flag) => sum + flag, 0);
  return { matrix: inliers >= least ? matrix : null, from, to, isInlier };
}
