import { ops, scope, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';

/** Channels of an image with its geometry: color (3), depth in millimeters as a high and a low byte, normals (3), contours. */
export const GEOMETRY_CHANNELS = 9;
const MILLIMETERS = 1000;
const FURTHEST = 65_535;

/** A rendered image and what is known of each of its pixels; see `SceneBatch`. */
export interface Geometry {
  /** uint8 (N, 3, S, S) */
  images: Tensor;
  /** Meters, float32 (N, 1, S, S). */
  depth: Tensor;
  /** Unit normals in camera coordinates, float32 (N, 3, S, S). */
  normals: Tensor;
  /** 1 on the visible edges of objects, uint8 (N, 1, S, S). */
  contours: Tensor;
}

/** Geometry as bytes, uint8 (N, 9, S, S): depth up to 65.5 m in millimeters, a normal's component n as 127.5 (n + 1). */
export function encodeGeometry({ images, depth, normals, contours }: Geometry): Tensor {
  return scope(() => {
    const millimeters = depth.mul(MILLIMETERS).round().clamp(1, FURTHEST).to('int32');
    const high = millimeters.floorDivide(256);
    const low = millimeters.remainder(256);
    const directions = normals.add(1).mul(127.5).round().clamp(0, 255);
    const bytes = [high, low, directions, contours.mul(255)].map((part) => part.to('uint8'));
    return ops.cat([images, ...bytes], 1);
  });
}

/**
 * Back from bytes. Depth is exact to half a millimeter, normals to about half a degree.
 * @param samples uint8 (N, 9, S, S)
 */
export function decodeGeometry(samples: Tensor): Geometry {
  if (samples.ndim !== 4 || samples.size(1) !== GEOMETRY_CHANNELS)
    throw expected(`images with their geometry, ${GEOMETRY_CHANNELS} channels,`, 'samples', samples, { code: 'SHAPE' });
  return scope(() => {
    const channel = (from: number, count: number) => samples.narrow(1, from, count);
    const depth = channel(3, 1).to('float32').mul(256).add(channel(4, 1)).div(MILLIMETERS);
    const directions = channel(5, 3).to('float32').div(127.5).sub(1);
    const normals = directions.div(directions.square().sum([1], true).sqrt().clampMin(1e-8));
    return { images: channel(0, 3).contiguous(), depth, normals, contours: channel(8, 1).gt(127).to('uint8') };
  });
}
