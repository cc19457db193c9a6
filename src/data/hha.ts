import { noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';

type Triple = readonly [number, number, number];
type Nine<T> = readonly [T, T, T, T, T, T, T, T, T];

/** The camera behind a depth map. Camera coordinates: x to the right, y down, z ahead. */
export interface DepthCamera {
  /** Focal length in pixels: one number, or across and down. */
  focal: number | readonly [across: number, down: number];
  /**
   * Principal point in pixels from the left and upper edge, so that the middle of the first pixel is at 0.5; by default the center
   * of the map. Where a calibration has the first pixel at 0, as OpenCV's, add 0.5.
   */
  center?: readonly [across: number, down: number];
  /** Direction of gravity in camera coordinates, of any length; by default it is estimated from the normals. */
  gravity?: Triple;
  /** Height of the camera above the ground in meters; by default the ground is at the lowest valid point. */
  height?: number;
}

/** The direction of gravity for a camera without roll; positive pitch, in radians, looks down. */
export function gravityOfPitch(pitch: number): Triple {
  return [0, Math.cos(pitch), Math.sin(pitch)];
}

/** Radii in pixels of the windows in which normals are fitted, for the angles and for gravity, on maps of `REFERENCE_SIDE` pixels. */
const NORMAL_RADIUS = 3;
const GRAVITY_RADIUS = 10;
const REFERENCE_SIDE = 480;
/** Numerator of the disparity: 310 at a depth of 1 m. Nearer points are clamped to 1 m. */
const DISPARITY = 31_000;
const NEAREST_CM = 100;
/** If no visible point is this far below the camera, the ground is assumed at the height of a camera held by a standing person. */
const LEAST_GROUND_CM = 90;
const USUAL_GROUND_CM = 130;
/** Added to the angle in degrees, so that a wall has 128. */
const ANGLE_OFFSET = 128 - 90;

/**
 * Depth as three bytes per pixel: horizontal disparity, height above the ground, and the angle of the surface's normal with
 * gravity (HHA: Gupta, Girshick, Arbelaez, Malik, "Learning Rich Features from RGB-D Images for Object Detection and
 * Segmentation", ECCV 2014, with the numbers of the authors' `saveHHA`):
 *
 *     31000 / max(z, 100 cm)      height in cm      angle in degrees + 128 - 90      each rounded and cut to 0 ... 255
 *
 * The normal at a pixel is that of the plane fitted to the valid pixels of a window around it, pointing away from the camera: a floor
 * has the angle 0, a wall 90, a ceiling 180. The window has 7 pixels a side for maps of 480 and shrinks with the map, down to 3.
 *
 * Holes are pixels whose depth is 0, negative, infinite or NaN. They are filled with the mean of their valid neighbors, ring by ring
 * from the rim inwards. Angles are filled in the same way where no plane could be fitted.
 *
 * @param depth meters along the camera's axis, float (N, 1, H, W)
 * @param cameras one for all maps, or one for each
 * @returns uint8 (N, 3, H, W)
 * @throws AutodidactError `SHAPE` for another shape or number of cameras, `USAGE` for an invalid camera, `DATA` for a map without a
 *   valid pixel
 */
export function encodeHha(depth: Tensor, cameras: DepthCamera | readonly DepthCamera[]): Tensor {
  if (depth.ndim !== 4 || depth.size(1) !== 1)
    throw expected('depth maps of shape (N, 1, H, W)', 'depth', depth, { code: 'SHAPE' });
  const count = depth.size(0);
  const each = isOne(cameras) ? Array<DepthCamera>(count).fill(cameras) : cameras;
  if (each.length !== count)
    throw expected(`${count} cameras, one for each map,`, 'cameras', each.length, { code: 'SHAPE' });
  for (const camera of each) checkCamera(camera);
  return noGrad(() =>
    scope(() => ops.stack(each.map((camera, i) => scope(() => encodeOne(depth.select(0, i).select(0, 0), camera, i))))),
  );
}

const isOne = (cameras: DepthCamera | readonly DepthCamera[]): cameras is DepthCamera => 'focal' in cameras;

function checkCamera({ focal, gravity, height }: DepthCamera): void {
  for (const length of [focal].flat() as number[])
    if (!(Number.isFinite(length) && length > 0)) throw expected('a focal length above 0 pixels', 'focal', length);
  if (gravity !== undefined && !(Math.hypot(...gravity) > 0 && gravity.every(Number.isFinite)))
    throw expected('a direction', 'gravity', gravity);
  if (height !== undefined && !Number.isFinite(height)) throw expected('a height in meters', 'height', height);
}

/** One map (H, W) to uint8 (3, H, W). */
function encodeOne(depth: Tensor, camera: DepthCamera, index: number): Tensor {
  const meters = depth.to('float64');
  const isValid = meters.isfinite().logicalAnd(meters.gt(0));
  if (!isValid.any().item())
    throw new AutodidactError('DATA', `Depth map ${index} has no valid pixel: all are 0, negative, infinite or NaN`, {
      remedy: 'Leave this map out.',
    });
  const z = fillHoles(meters.mul(100), isValid);
  const rays = raysOf(z, camera); // (3, H, W), 1 long along the axis
  const points = rays.mul(z); // centimeters
  const normalsOn = (radius: number): FittedNormals => fitNormals(rays, z, isValid, squareRadius(radius, z));

  const down = unit(camera.gravity ?? estimateGravity(normalsOn(GRAVITY_RADIUS)));
  const below = alongDirection(points, down); // centimeters below the camera
  const lowest = below.maskedSelect(isValid).amax().item();
  const assumed = lowest < LEAST_GROUND_CM ? USUAL_GROUND_CM : lowest;
  const ground = camera.height === undefined ? assumed : camera.height * 100;

  const { normals, isFitted } = normalsOn(NORMAL_RADIUS);
  const cosine = alongDirection(normals, down).clamp(-1, 1);
  const angle = isFitted.any().item() ? fillHoles(cosine.acos().mul(180 / Math.PI), isFitted) : ops.fullLike(z, 90);
  const channels = [
    z.clampMin(NEAREST_CM).reciprocal().mul(DISPARITY),
    below.neg().add(ground),
    angle.add(ANGLE_OFFSET),
  ];
  return ops.stack(channels).round().clamp(0, 255).to('uint8');
}

/** Fills invalid pixels with the mean of their valid 8-neighbors, repeatedly until none is left. */
function fillHoles(values: Tensor, isValid: Tensor): Tensor {
  let known = isValid.to('float64').unsqueeze(0); // (1, H, W)
  let filled = ops.where(isValid, values, ops.zerosLike(values)).unsqueeze(0);
  while (known.amin().item() === 0) {
    const count = ops.avgPool2d(known, 3, 1, 1);
    const mean = ops.avgPool2d(filled, 3, 1, 1).div(count.clampMin(1e-9));
    filled = ops.where(known.gt(0), filled, mean);
    known = count.gt(0).to('float64');
  }
  return filled.squeeze(0);
}

/** The ray through each pixel: (3, H, W) in camera coordinates, with z = 1. */
function raysOf(z: Tensor, { focal, center }: DepthCamera): Tensor {
  const [height, width] = z.shape as [number, number];
  const [across, down] = typeof focal === 'number' ? [focal, focal] : focal;
  const [left, top] = center ?? [width / 2, height / 2];
  const axis = (size: number, middle: number, length: number): Tensor =>
    ops
      .arange(0, size, 1, { dtype: 'float64', device: z.device })
      .add(0.5 - middle)
      .div(length);
  const x = axis(width, left, across).view([1, width]).expand([height, width]);
  const y = axis(height, top, down).view([height, 1]).expand([height, width]);
  return ops.stack([x, y, ops.onesLike(z)]);
}

const squareRadius = (radius: number, z: Tensor): number =>
  Math.min(radius, Math.max(1, Math.round((radius * Math.min(z.size(0), z.size(1))) / REFERENCE_SIDE)));

interface FittedNormals {
  /** (3, H, W), unit length where a plane was fitted. */
  normals: Tensor;
  /** (H, W) */
  isFitted: Tensor;
}

/**
 * Unit normals (3, H, W) of planes n . p = 1 fitted by least squares to the valid points of a window around each pixel. Points are
 * rays r times depth z, so the plane is n . r = 1 / z: three unknowns, linear in the inverse depth.
 */
function fitNormals(rays: Tensor, z: Tensor, isValid: Tensor, radius: number): FittedNormals {
  const weight = isValid.to('float64');
  const [x, y] = [rays.select(0, 0), rays.select(0, 1)];
  const inverse = z.reciprocal();
  const one = ops.onesLike(z);
  const products = [x.mul(x), x.mul(y), x, y.mul(y), y, one, x.mul(inverse), y.mul(inverse), inverse];
  const sums = squareMeans(ops.stack(products).mul(weight), radius).unbind(0);
  const [xx, xy, xz, yy, yz, zz, bx, by, bz] = sums as unknown as Nine<Tensor>;
  const minus = (a: Tensor, b: Tensor, c: Tensor, d: Tensor): Tensor => a.mul(b).sub(c.mul(d));
  // The adjugate of the symmetric matrix of sums. The determinant is a common factor, so only its sign matters.
  const [a, b, c] = [minus(yy, zz, yz, yz), minus(xz, yz, xy, zz), minus(xy, yz, xz, yy)];
  const [d, e, f] = [minus(xx, zz, xz, xz), minus(xy, xz, xx, yz), minus(xx, yy, xy, xy)];
  const times = (p: Tensor, q: Tensor, r: Tensor): Tensor => p.mul(bx).add(q.mul(by)).add(r.mul(bz));
  const raw = ops.stack([times(a, b, c), times(b, d, e), times(c, e, f)]);
  const isFitted = xx.mul(a).add(xy.mul(b)).add(xz.mul(c)).gt(SINGULAR);
  const length = raw.square().sum(0).sqrt();
  // Pointing away from the camera, like the ray.
  const sign = ops.where(raw.mul(rays).sum(0).lt(0), one.neg(), one);
  return { normals: raw.mul(sign).div(length.clampMin(1e-300)), isFitted };
}

/** Box filter of maps (C, H, W), separable, with zero padding. */
function squareMeans(maps: Tensor, radius: number): Tensor {
  const side = 2 * radius + 1;
  return ops.avgPool2d(ops.avgPool2d(maps, [1, side], 1, [0, radius]), [side, 1], 1, [radius, 0]);
}

/** Smaller determinants come from fewer than three points or from collinear points. */
const SINGULAR = 1e-15;

/** Tolerances in degrees, per pass: normals this close to gravity are floors, this close to perpendicular are walls. */
const GRAVITY_ANGLES = [45, 15];
const GRAVITY_ROUNDS = 5;
/** Weight of the previous direction, relative to one pixel. */
const INERTIA = 1e-6;

/**
 * Estimates gravity as the direction that is most parallel to the normals of floors and most perpendicular to those of walls (Gupta,
 * Arbelaez, Malik, CVPR 2013). Starts at "down in the image" and iterates five times per tolerance; each iteration classifies floors and
 * walls by the previous direction, which also breaks ties, for example in front of a bare wall.
 */
function estimateGravity({ normals, isFitted }: FittedNormals): Triple {
  const all = normals.flatten(1).indexSelect(1, isFitted.flatten().nonzero().flatten()); // (3, P)
  let down: Triple = [0, 1, 0];
  for (const degrees of GRAVITY_ANGLES) {
    const angle = (degrees * Math.PI) / 180;
    for (let round = 0; round < GRAVITY_ROUNDS; round++) {
      const cosine = alongDirection(all, down).abs();
      const isWall = cosine.lt(Math.sin(angle)).to('float64');
      const isFloor = cosine.gt(Math.cos(angle)).to('float64');
      const before = tensor(Float64Array.from(down), { shape: [3, 1], device: all.device });
      const scatter = all.mul(isWall.sub(isFloor)).mm(all.t());
      const [, vectors] = scatter.sub(before.mm(before.t()).mul(INERTIA * (all.size(1) + 1))).linalgEigh();
      const next = vectors.select(1, 0).toNumbers() as unknown as Triple; // Eigenvalues ascend.
      const turn = next[0] * down[0] + next[1] * down[1] + next[2] * down[2] < 0 ? -1 : 1;
      down = [turn * next[0], turn * next[1], turn * next[2]];
    }
  }
  return down;
}

/** The component of vectors (3, ...) along a direction, (...). */
function alongDirection(vectors: Tensor, [x, y, z]: Triple): Tensor {
  return vectors.select(0, 0).mul(x).add(vectors.select(0, 1).mul(y)).add(vectors.select(0, 2).mul(z));
}

function unit([x, y, z]: Triple): Triple {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}
