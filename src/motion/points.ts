import { parseOptions } from '../options.js';
import { checkPair, checkPicture, checkPoints, type GrayPicture, type Points } from './picture.js';
import { type CornerOptions, cornerOptions, type FollowOptions, followOptions } from './settings.js';
import { type VisionPool, visionPool } from './vision-pool.js';
import type { Followed } from './vision-tasks.js';

/** From the middle of a pixel, where OpenCV has its whole numbers, to its upper left corner. */
const HALF_PIXEL = 0.5;

/**
 * Corners that can be followed, best first (Shi and Tomasi 1994); none in a flat picture.
 *
 * @throws AutodidactError `SHAPE`, `USAGE` for an option that does not fit
 */
export async function findCorners(
  picture: GrayPicture,
  options: Partial<CornerOptions> = {},
  pool: VisionPool = visionPool(),
): Promise<Points> {
  const parsed = parseOptions(cornerOptions, options, { owner: 'Corners' });
  checkPicture(picture, 'picture');
  return shifted(await pool.run('corners', picture, parsed), HALF_PIXEL);
}

/**
 * Follows points into the next picture (pyramidal Lucas-Kanade, Bouguet 2000) and back again, which shows those that were lost.
 *
 * @throws AutodidactError `SHAPE` when the sizes differ or points are not finite, `USAGE` for an option that does not fit
 */
export async function followPoints(
  first: GrayPicture,
  second: GrayPicture,
  points: Points,
  options: Partial<FollowOptions> = {},
  pool: VisionPool = visionPool(),
): Promise<Followed> {
  const parsed = parseOptions(followOptions, options, { owner: 'Following points' });
  checkPair(first, second);
  checkPoints(points, 'points');
  const followed = await pool.run('follow', first, second, shifted(points, -HALF_PIXEL), parsed);
  return { ...followed, points: shifted(followed.points, HALF_PIXEL) };
}

function shifted(points: Points, by: number): Points {
  return points.map((value) => value + by);
}
