import { scope, type Tensor, tensor } from '../engine/index.js';
import { parseOptions } from '../options.js';
import { checkPair, type GrayPicture } from './picture.js';
import { type FlowOptions, flowOptions } from './settings.js';
import { type VisionPool, visionPool } from './vision-pool.js';
import type { Matrix3 } from './vision-tasks.js';

/** How far what each pixel shows has moved in the next picture. */
export interface Flow {
  /** (H, W, 2): x to the right, then y down, in pixels. */
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Dense optical flow from one picture to the next (Farnebäck 2003). Where nothing is to be seen it is 0.
 *
 * @throws AutodidactError `SHAPE` when the sizes differ, `USAGE` for an option that does not fit
 */
export async function denseFlow(
  first: GrayPicture,
  second: GrayPicture,
  options: Partial<FlowOptions> = {},
  pool: VisionPool = visionPool(),
): Promise<Flow> {
  const parsed = parseOptions(flowOptions, options, { owner: 'Optical flow' });
  checkPair(first, second);
  const data = await pool.run('flow', first, second, parsed);
  return { data, width: first.width, height: first.height };
}

/** float32 (2, H, W): x, then y. */
export function flowTensor({ data, width, height }: Flow): Tensor {
  return scope(() =>
    tensor(data, { shape: [height, width, 2] })
      .permute([2, 0, 1])
      .contiguous(),
  );
}

/** Mean length of the flow's vectors in pixels. */
export function meanMagnitude({ data }: Flow): number {
  let sum = 0;
  for (let i = 0; i < data.length; i += 2) sum += Math.hypot(data[i]!, data[i + 1]!);
  return sum / (data.length / 2);
}

/** What is left of a flow when the motion of the camera is taken away: each pixel's flow less that of `matrix` at its place. */
export function withoutCamera({ data, width, height }: Flow, matrix: Matrix3): Flow {
  const rest = new Float32Array(data.length);
  for (let row = 0, i = 0; row < height; row++)
    for (let column = 0; column < width; column++, i += 2) {
      const [x, y] = [column + 0.5, row + 0.5];
      const [toX, toY] = moved(matrix, x, y);
      rest[i] = data[i]! - (toX - x);
      rest[i + 1] = data[i + 1]! - (toY - y);
    }
  return { data: rest, width, height };
}

/** Where a matrix takes a point. */
export function moved(matrix: Matrix3, x: number, y: number): [x: number, y: number] {
  const [a, b, c, d, e, f, g, h, i] = matrix;
  const scale = g * x + h * y + i;
  return [(a * x + b * y + c) / scale, (d * x + e * y + f) / scale];
}
