import { type Mat, Matrices, type OpenCV } from './opencv.js';
import type { GrayPicture, Points } from './picture.js';
import type { CornerOptions, FitOptions, FlowOptions, FollowOptions } from './settings.js';

/** 3 x 3, row by row: takes (x, y, 1) of the first picture to the same point of the second, up to a factor. */
export type Matrix3 = readonly [number, number, number, number, number, number, number, number, number];

export interface Followed {
  /** Where each point is in the second picture; meaningless where it is lost. */
  points: Points;
  /** 1 where a point was found again, 0 where it was lost. */
  isFound: Uint8Array;
}

export interface Fit {
  /** Null when no matrix fits: too few points, or all on a line. */
  matrix: Matrix3 | null;
  /** 1 where a pair of points agrees with the matrix. */
  isInlier: Uint8Array;
}

/**
 * What the workers compute. Pictures, points and options are checked before they are sent. Points of pictures are in OpenCV's
 * coordinates, where (0, 0) is the center of the first pixel.
 */
export interface VisionTasks {
  /** Displacement of every pixel in pixels: (H, W, 2), x before y. */
  flow(first: GrayPicture, second: GrayPicture, options: FlowOptions): Float32Array;
  corners(picture: GrayPicture, options: CornerOptions): Points;
  follow(first: GrayPicture, second: GrayPicture, points: Points, options: FollowOptions): Followed;
  fit(from: Points, to: Points, options: FitOptions): Fit;
  /** Bytes of wasm memory; it never shrinks. */
  memory(): number;
}

/** Fewest pairs of points that a model can be fitted to. */
const LEAST_PAIRS = { homography: 4, affine: 3 } as const;

export function visionTasks(cv: OpenCV): VisionTasks {
  const run = <Result>(work: (matrices: Matrices) => Result): Result => {
    const matrices = new Matrices(cv);
    try {
      return work(matrices);
    } catch (error) {
      // C++ exceptions arrive as addresses.
      throw typeof error === 'number' ? new Error(String(cv.exceptionFromPtr(error).msg).trim()) : error;
    } finally {
      matrices.free();
    }
  };
  const load = (matrices: Matrices, { data, height, width }: GrayPicture): Mat => matrices.bytes(data, height, width);

  return {
    flow: (first, second, options) =>
      run((matrices) => {
        const flow = matrices.empty();
        const { pyramidScale, levels, window, iterations, polynomialSide, polynomialSigma } = options;
        cv.calcOpticalFlowFarneback(
          load(matrices, first),
          load(matrices, second),
          flow,
          pyramidScale,
          levels,
          window,
          iterations,
          polynomialSide,
          polynomialSigma,
          0,
        );
        return flow.data32F.slice();
      }),

    corners: (picture, { most, quality, distance }) =>
      run((matrices) => {
        const corners = matrices.empty();
        cv.goodFeaturesToTrack(load(matrices, picture), corners, most, quality, distance);
        return corners.rows === 0 ? new Float32Array(0) : corners.data32F.slice();
      }),

    follow: (first, second, points, { window, levels, roundTrip }) =>
      run((matrices) => {
        if (points.length === 0) return { points, isFound: new Uint8Array(0) };
        const [from, to] = [load(matrices, first), load(matrices, second)];
        const side = new cv.Size(window, window);
        const track = (a: Mat, b: Mat, start: Mat): [Mat, Uint8Array] => {
          const [end, status, error] = [matrices.empty(), matrices.empty(), matrices.empty()];
          cv.calcOpticalFlowPyrLK(a, b, start, end, status, error, side, levels);
          return [end, status.data.slice()];
        };
        const [there, isThere] = track(from, to, matrices.points(points));
        const [back, isBack] = track(to, from, there);
        const [found, returned] = [there.data32F.slice(), back.data32F];
        const isFound = isThere.map((status, i) => {
          const off = Math.hypot(returned[2 * i]! - points[2 * i]!, returned[2 * i + 1]! - points[2 * i + 1]!);
          return status === 1 && isBack[i] === 1 && off <= roundTrip ? 1 : 0;
        });
        return { points: found, isFound };
      }),

    fit: (from, to, { model, threshold }) =>
      run((matrices) => {
        const count = from.length / 2;
        const none = { matrix: null, isInlier: new Uint8Array(count) };
        if (count < LEAST_PAIRS[model]) return none;
        const [source, target, mask] = [matrices.points(from), matrices.points(to), matrices.empty()];
        const fitted = matrices.add(
          model === 'homography'
            ? cv.findHomography(source, target, cv.RANSAC, threshold, mask)
            : cv.estimateAffine2D(source, target, mask, cv.RANSAC, threshold),
        );
        const values = [...fitted.data64F, ...(model === 'affine' ? [0, 0, 1] : [])];
        if (fitted.rows === 0 || !values.every(Number.isFinite)) return none;
        return { matrix: values as unknown as Matrix3, isInlier: mask.data.slice() };
      }),

    memory: () => (cv as unknown as { HEAPU8: Uint8Array }).HEAPU8.length,
  };
}
