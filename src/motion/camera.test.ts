import { afterAll, describe, expect, it } from 'vitest';
import { cameraMotion, fitMotion, flowMotion, residuals } from './camera.js';
import { denseFlow, meanMagnitude, moved, withoutCamera } from './flow.js';
import { first, golden, second } from './golden.test-util.js';
import { draw, pattern } from './pictures.test-util.js';
import { visionPool } from './vision-pool.js';
import type { Matrix3 } from './vision-tasks.js';

afterAll(() => visionPool().close());

const SIDE = 160;

/** About the middle of the picture: turned by `degrees`, enlarged by `zoom`, moved by `pan`; tilted by `tilt`. */
function motion({ degrees = 0, zoom = 1, pan = [0, 0], tilt = 0 }): Matrix3 {
  const [cos, sin] = [zoom * Math.cos((degrees * Math.PI) / 180), zoom * Math.sin((degrees * Math.PI) / 180)];
  const middle = SIDE / 2;
  return [
    cos + middle * tilt,
    -sin,
    middle + pan[0]! - cos * middle + sin * middle - middle * middle * tilt,
    sin + middle * tilt,
    cos,
    middle + pan[1]! - sin * middle - cos * middle - middle * middle * tilt,
    tilt,
    0,
    1 - middle * tilt,
  ];
}

/** Two pictures: the second shows at `matrix` (x, y) what the first shows at (x, y); where `own` is given, it moves so instead. */
function pair(matrix: Matrix3, own?: { dx: number; dy: number }) {
  const [background, object] = [pattern(7), pattern(8)];
  const isObject = (x: number, y: number) => own !== undefined && Math.hypot(x - 80, y - 70) < 24;
  // The first picture is drawn from the second: the map needs no inverse.
  const after = (x: number, y: number) =>
    own && isObject(x - own.dx, y - own.dy) ? object(x - own.dx, y - own.dy) : background(x, y);
  const before = (x: number, y: number) => (isObject(x, y) ? object(x, y) : background(...moved(matrix, x, y)));
  return [draw(before, SIDE, SIDE), draw(after, SIDE, SIDE)] as const;
}

/** The largest distance of where two matrices take points of the picture, in pixels. */
function distance(a: Matrix3, b: Matrix3): number {
  const places = [0, 40, 80, 120, 160];
  return Math.max(
    ...places.flatMap((x) =>
      places.map((y) => {
        const [p, q] = [moved(a, x, y), moved(b, x, y)];
        return Math.hypot(p[0] - q[0], p[1] - q[1]);
      }),
    ),
  );
}

const MOTIONS: [string, Matrix3][] = [
  ['a pan', motion({ pan: [4, -2] })],
  ['a pan with a zoom by 3 %', motion({ pan: [3, 1], zoom: 1.03 })],
  ['a turn by 1.7 degrees', motion({ degrees: 1.7 })],
];

describe('the motion of the camera', () => {
  it.each([...MOTIONS, ['a tilt', motion({ tilt: 3e-4, pan: [1, 1] })] as [string, Matrix3]])(
    'is known from corners: %s',
    async (_, matrix) => {
      const camera = await cameraMotion(...pair(matrix));
      expect(distance(camera.matrix!, matrix)).toBeLessThan(0.3);
      const off = residuals(camera);
      expect(off.length).toBeGreaterThan(100);
      expect(off.filter((distance) => distance > 0.5).length).toBeLessThan(0.02 * off.length);
    },
  );

  it.each(MOTIONS)('leaves nothing of the flow: %s', async (_, matrix) => {
    const [a, b] = pair(matrix);
    const flow = await denseFlow(a, b);
    const rest = withoutCamera(flow, (await cameraMotion(a, b)).matrix!);
    expect(meanMagnitude(flow)).toBeGreaterThan(1);
    expect(inside(rest)).toBeLessThan(0.1);
  });

  it('is that of the background, whatever moves before it', async () => {
    const matrix = motion({ degrees: 1, pan: [2, -3] });
    const camera = await cameraMotion(...pair(matrix, { dx: -6, dy: 5 }));
    expect(distance(camera.matrix!, matrix)).toBeLessThan(0.3);
    // Corners in the middle of the object alone have moved by themselves.
    const off = residuals(camera);
    const isObject = (i: number) => Math.hypot(camera.from[2 * i]! - 80, camera.from[2 * i + 1]! - 70) < 18;
    const isGround = (i: number) => Math.hypot(camera.from[2 * i]! - 80, camera.from[2 * i + 1]! - 70) > 36;
    expect(off.filter((_, i) => isObject(i)).length).toBeGreaterThan(5);
    expect(Math.min(...off.filter((_, i) => isObject(i)))).toBeGreaterThan(4);
    expect(Math.max(...off.filter((_, i) => isGround(i)))).toBeLessThan(0.5);
  });

  it('is known from the flow, as an affine map', async () => {
    const matrix = motion({ degrees: 1.7, zoom: 1.02, pan: [1, 2] });
    const flow = await denseFlow(...pair(matrix));
    const camera = await flowMotion(flow, { step: 4, fit: { model: 'affine' } });
    expect(camera.from).toHaveLength(2 * (SIDE / 4) ** 2);
    expect(distance(camera.matrix!, matrix)).toBeLessThan(0.5);
    expect(camera.matrix!.slice(6)).toEqual([0, 0, 1]);
    // Away from the edge the flow averages over nothing that is not seen.
    const inner = await flowMotion(flow, { step: 4, margin: 8, fit: { model: 'affine' } });
    expect(inner.from).toHaveLength(2 * (SIDE / 4 - 4) ** 2);
    expect([Math.min(...inner.from), Math.max(...inner.from)]).toEqual([10.5, SIDE - 8 - 1.5]);
    expect(distance(inner.matrix!, matrix)).toBeLessThan(distance(camera.matrix!, matrix));
  });

  it('is unknown where nothing can be followed', async () => {
    const flat = { data: new Uint8Array(64 * 64), width: 64, height: 64 };
    expect(await cameraMotion(flat, flat)).toMatchObject({ matrix: null, from: new Float32Array(0) });
    const pixel = { data: Uint8Array.of(9), width: 1, height: 1 };
    expect((await cameraMotion(pixel, pixel)).matrix).toBeNull();
    const unalike = await cameraMotion(draw(pattern(1), 64, 64), draw(pattern(2), 64, 64));
    expect(unalike.matrix).toBeNull();
  });

  it('is unknown where too few agree', async () => {
    const pictures = pair(motion({ pan: [4, -2] }));
    const { isInlier } = await cameraMotion(...pictures);
    const inliers = isInlier.reduce((sum, flag) => sum + flag, 0);
    expect((await cameraMotion(...pictures, { leastInliers: inliers })).matrix).not.toBeNull();
    expect((await cameraMotion(...pictures, { leastInliers: inliers + 1 })).matrix).toBeNull();
  });

  it('needs pictures of one size', async () => {
    const flat = { data: new Uint8Array(64 * 64), width: 64, height: 64 };
    await expect(cameraMotion(flat, first)).rejects.toThrow('64 x 64 pixels, as the first, for `second`');
  });
});

describe('a fit to points', () => {
  const found = async () => {
    const { from, to } = await cameraMotion(first, second);
    return [from, to] as const;
  };

  it.each([
    ['homography', golden.homography, golden.homographyInliers],
    ['affine', [...golden.affine, 0, 0, 1], golden.affineInliers],
  ] as const)('equals that of OpenCV for Python: %s', async (model, matrix, inliers) => {
    const fit = await fitMotion(...(await found()), { model });
    expect(distance(fit.matrix!, matrix as unknown as Matrix3)).toBeLessThan(1e-3);
    expect(fit.isInlier.reduce((sum, flag) => sum + flag, 0)).toBe(inliers);
  });

  it('is none for too few points and points on a line', async () => {
    const line = Float32Array.from({ length: 20 }, (_, i) => Math.floor(i / 2));
    const none = { matrix: null };
    expect(await fitMotion(line, line)).toMatchObject(none);
    expect(await fitMotion(line.slice(0, 6), line.slice(0, 6))).toMatchObject(none);
    expect(await fitMotion(line.slice(0, 4), line.slice(0, 4), { model: 'affine' })).toMatchObject(none);
    expect(await fitMotion(new Float32Array(0), new Float32Array(0))).toEqual({
      matrix: null,
      isInlier: new Uint8Array(0),
    });
  });

  it('refuses points that do not pair up', async () => {
    await expect(fitMotion(new Float32Array(8), new Float32Array(6))).rejects.toThrow(
      'Expected 4 points, as in `from`, for `to`, received 3',
    );
  });
});

/** Mean length of a flow away from the edges, where nothing enters or leaves the picture. */
function inside({ data, width }: { data: Float32Array; width: number }): number {
  const lengths: number[] = [];
  for (let row = 16; row < SIDE - 16; row++)
    for (let column = 16; column < SIDE - 16; column++) {
      const i = 2 * (row * width + column);
      lengths.push(Math.hypot(data[i]!, data[i + 1]!));
    }
  return lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
}
