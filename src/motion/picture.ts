import { scope, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';

/** A gray picture of 8-bit pixels, row by row. */
export interface GrayPicture {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Places in a picture in pixels, x and y of each in turn. (0, 0) is the upper left corner of the picture, (0.5, 0.5) the middle of
 * its first pixel.
 */
export type Points = Float32Array;

/**
 * The frames of a video in gray, by the luma weights of BT.601 in OpenCV's fixed-point arithmetic.
 *
 * @param frames uint8 (T, C, H, W), C = 1 or 3
 * @throws AutodidactError `SHAPE`
 */
export function grayPictures(frames: Tensor): GrayPicture[] {
  checkFrames(frames);
  const [count, , height, width] = frames.shape as [number, number, number, number];
  // One frame at a time: sums of channels take several times the memory of the frames.
  const bytes = (t: number): Uint8Array => scope(() => luma(frames.select(0, t)).toBytes());
  return Array.from({ length: count }, (_, t) => ({ data: bytes(t), width, height }));
}

/** @throws AutodidactError `SHAPE` unless they are uint8 (T, C, H, W), C = 1 or 3 */
export function checkFrames(frames: Tensor): void {
  if (frames.ndim === 4 && frames.dtype === 'uint8' && [1, 3].includes(frames.size(1))) return;
  throw expected('uint8 (T, C, H, W) with 1 or 3 channels', 'frames', frames, { code: 'SHAPE' });
}

/** Weights of red, green and blue, in units of 2^-14. */
const LUMA = [4899, 9617, 1868] as const;
const LUMA_SHIFT = 2 ** 14;

/** (C, H, W) to (H, W). */
function luma(frame: Tensor): Tensor {
  if (frame.size(0) === 1) return frame;
  const [red, green, blue] = frame.to('int32').unbind() as [Tensor, Tensor, Tensor];
  const sum = red.mul(LUMA[0]).add(green.mul(LUMA[1])).add(blue.mul(LUMA[2]));
  return sum
    .add(LUMA_SHIFT / 2)
    .floorDivide(LUMA_SHIFT)
    .to('uint8');
}

/** @throws AutodidactError `SHAPE` when the bytes do not fit the sides */
export function checkPicture({ data, width, height }: GrayPicture, name: string): void {
  const isWhole = Number.isSafeInteger(width) && Number.isSafeInteger(height) && width >= 1 && height >= 1;
  if (isWhole && data instanceof Uint8Array && data.length === width * height) return;
  throw expected(
    'a gray picture with one byte for each pixel',
    name,
    `${data instanceof Uint8Array ? data.length : 'no'} bytes for ${width} x ${height} pixels`,
    { code: 'SHAPE' },
  );
}

/** @throws AutodidactError `SHAPE` when one is no picture or their sizes differ */
export function checkPair(first: GrayPicture, second: GrayPicture): void {
  checkPicture(first, 'first');
  checkPicture(second, 'second');
  if (first.width === second.width && first.height === second.height) return;
  throw expected(
    `a picture of ${first.width} x ${first.height} pixels, as the first,`,
    'second',
    `one of ${second.width} x ${second.height}`,
    { code: 'SHAPE', remedy: 'Resize both frames to one size.' },
  );
}

/** @throws AutodidactError `SHAPE` when they are not pairs of finite numbers */
export function checkPoints(points: Points, name: string): void {
  if (points instanceof Float32Array && points.length % 2 === 0 && points.every(Number.isFinite)) return;
  throw expected('x and y of every point, as finite numbers in a Float32Array,', name, points, { code: 'SHAPE' });
}
