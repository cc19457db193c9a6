import { afterAll, describe, expect, it } from 'vitest';
import { denseFlow, type Flow, flowTensor, meanMagnitude, moved, withoutCamera } from './flow.js';
import { first, golden, second } from './golden.test-util.js';
import { draw, pattern } from './pictures.test-util.js';
import { visionPool } from './vision-pool.js';
import type { Matrix3 } from './vision-tasks.js';

afterAll(() => visionPool().close());

const [WIDTH, HEIGHT, BORDER] = [384, 288, 16];

/** The flow from a pattern to the pattern moved by `displacement`, and its mean end-point error away from the edge, in pixels. */
async function errorOf(displacement: (x: number, y: number) => [number, number], options = {}): Promise<number> {
  const value = pattern(1);
  const from = (x: number, y: number) => {
    const [dx, dy] = displacement(x, y);
    return value(x + dx, y + dy);
  };
  // The first picture shows at (x, y) what the second shows at (x, y) + displacement: the truth needs no inverse.
  const flow = await denseFlow(draw(from, WIDTH, HEIGHT), draw(value, WIDTH, HEIGHT), options);
  let sum = 0;
  for (let row = BORDER; row < HEIGHT - BORDER; row++)
    for (let column = BORDER; column < WIDTH - BORDER; column++) {
      const i = 2 * (row * WIDTH + column);
      const [dx, dy] = displacement(column + 0.5, row + 0.5);
      sum += Math.hypot(flow.data[i]! - dx, flow.data[i + 1]! - dy);
    }
  return sum / ((HEIGHT - 2 * BORDER) * (WIDTH - 2 * BORDER));
}

/** A turn by 1.7 degrees and a zoom by 3 % about the middle. */
const turning = (x: number, y: number): [number, number] => {
  const [u, v] = [x - WIDTH / 2, y - HEIGHT / 2];
  const [cos, sin] = [1.03 * Math.cos(0.0297), 1.03 * Math.sin(0.0297)];
  return [u * cos - v * sin - u, u * sin + v * cos - v];
};
/** Up to 12 pixels, as steep on average as white noise that is blurred by 60 pixels. */
const smooth = (x: number, y: number): [number, number] => [
  12 * Math.sin(x / 105) * Math.cos(y / 140),
  12 * Math.sin((x + y) / 160),
];

describe('dense flow', () => {
  // The bounds are what Farnebäck reaches on a frame of a surveillance camera moved in the same ways.
  it.each([
    ['a translation by 2 pixels', () => [2, 1], 0.09],
    ['a translation by 20 pixels', () => [20, 10], 1.74],
    ['a zoom with a turn', turning, 0.09],
    ['a smooth field of up to 12 pixels', smooth, 0.24],
  ] as [string, (x: number, y: number) => [number, number], number][])('follows %s', async (_, displacement, bound) => {
    expect(await errorOf(displacement)).toBeLessThan(bound);
  });

  it('needs its pyramid for fast motion', async () => {
    expect(await errorOf(() => [20, 10], { levels: 1 })).toBeGreaterThan(10);
  });

  it('equals OpenCV for Python', async () => {
    const flow = await denseFlow(first, second);
    const found: number[] = [];
    for (let row = 0; row < golden.height; row += golden.step)
      for (let column = 0; column < golden.width; column += golden.step) {
        const i = 2 * (row * golden.width + column);
        found.push(flow.data[i]!, flow.data[i + 1]!);
      }
    expect(found).toHaveLength(golden.flow.length);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(golden.flow[i]!, 4);
  });

  it('is 0 where nothing is to be seen, down to a single pixel', async () => {
    for (const [width, height] of [
      [1, 1],
      [1, 40],
      [33, 3],
      [64, 64],
    ] as const) {
      const flat = { data: new Uint8Array(width * height).fill(90), width, height };
      const flow = await denseFlow(flat, flat);
      expect(flow.data).toHaveLength(2 * width * height);
      expect(meanMagnitude(flow)).toBeLessThan(1e-6);
    }
  });

  it('leaves the pictures as they are, though they share memory', async () => {
    const memory = new Uint8Array(2 * 64 * 64).map((_, i) => (i * 7919) % 251);
    const before = memory.slice();
    const picture = (t: number) => ({ data: memory.subarray(t * 4096, (t + 1) * 4096), width: 64, height: 64 });
    await Promise.all([denseFlow(picture(0), picture(1)), denseFlow(picture(1), picture(0))]);
    expect(memory).toEqual(before);
  });

  it('refuses pictures that do not fit and options that make no sense', async () => {
    const small = { data: new Uint8Array(12), width: 4, height: 3 };
    await expect(denseFlow(first, small)).rejects.toThrow(
      'Expected a picture of 96 x 64 pixels, as the first, for `second`, received "one of 4 x 3". Resize both frames to one size.',
    );
    await expect(denseFlow({ ...small, width: 5 }, small)).rejects.toThrow(
      'Expected a gray picture with one byte for each pixel for `first`, received "12 bytes for 5 x 3 pixels"',
    );
    await expect(denseFlow({ ...small, width: 0, data: new Uint8Array(0) }, small)).rejects.toThrow('`first`');
    await expect(denseFlow(small, small, { levels: 0 })).rejects.toThrow(
      'Expected a value of at least 1 for `levels`, received 0',
    );
    await expect(denseFlow(small, small, { layers: 2 } as object)).rejects.toThrow(
      'Optical flow has no option `layers`',
    );
  });
});

describe('what is done with a flow', () => {
  const flow: Flow = { data: Float32Array.of(3, 4, 0, 0, 0, 1, 6, 8), width: 2, height: 2 };

  it('has a mean length', () => {
    expect(meanMagnitude(flow)).toBe(4);
  });

  it('is a tensor of x, then y', () => {
    expect(flowTensor(flow).toList()).toEqual([
      [
        [3, 0],
        [0, 6],
      ],
      [
        [4, 0],
        [1, 8],
      ],
    ]);
  });

  it('loses the motion of the camera at the middle of each pixel', () => {
    const matrix: Matrix3 = [1.5, 0, 2, 0, 1, -1, 0, 0.25, 1];
    const rest = withoutCamera(flow, matrix);
    for (const [i, [x, y]] of [
      [0.5, 0.5],
      [1.5, 0.5],
      [0.5, 1.5],
      [1.5, 1.5],
    ].entries()) {
      const scale = 0.25 * y! + 1;
      expect(rest.data[2 * i]).toBeCloseTo(flow.data[2 * i]! - ((1.5 * x! + 2) / scale - x!), 5);
      expect(rest.data[2 * i + 1]).toBeCloseTo(flow.data[2 * i + 1]! - ((y! - 1) / scale - y!), 5);
    }
    expect(moved([1, 0, 0, 0, 1, 0, 0, 0, 1], 7, 8)).toEqual([7, 8]);
  });
});
