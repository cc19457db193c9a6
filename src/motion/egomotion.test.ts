import { afterAll, describe, expect, it } from 'vitest';
import { DEGREES, type Motion, reversed, turned } from '../data/index.js';
import { egomotion, motionOf } from './egomotion.js';
import type { GrayPicture } from './picture.js';
import { draw, pattern } from './pictures.test-util.js';
import { visionPool } from './vision-pool.js';

afterAll(() => visionPool().close());

const SIDE = 96;
const MIDDLE = SIDE / 2;
const STILL: Motion = { x: 0, y: 0, rotation: 0, zoom: 1 };

/** Where what the first frame shows is seen after the motion: the camera's own pose, taken from each place. */
function seenAt({ x, y, rotation, zoom }: Motion, px: number, py: number): [x: number, y: number] {
  const [u, v] = turned(px - MIDDLE - x, py - MIDDLE - y, -rotation);
  return [MIDDLE + zoom * u, MIDDLE + zoom * v];
}

/** Two frames of one ground; a disc before it may move by itself. */
function frames(motion: Motion, own?: readonly [dx: number, dy: number]): [first: GrayPicture, second: GrayPicture] {
  const [ground, disc] = [pattern(3), pattern(4)];
  const isDisc = (x: number, y: number) => own !== undefined && Math.hypot(x - 40, y - 44) < 18;
  const before = (x: number, y: number) => (isDisc(x, y) ? disc(x, y) : ground(...seenAt(motion, x, y)));
  const after = (x: number, y: number) => {
    const [dx, dy] = own ?? [0, 0];
    return isDisc(x - dx, y - dy) ? disc(x - dx, y - dy) : ground(x, y);
  };
  return [draw(before, SIDE, SIDE), draw(after, SIDE, SIDE)];
}

/** Pixels at the edge of the frame by which two motions differ, in each degree of freedom. */
function distances(one: Motion, other: Motion): Record<string, number> {
  const scale = { x: 1, y: 1, rotation: MIDDLE, zoom: MIDDLE };
  return Object.fromEntries(DEGREES.map((degree) => [degree, Math.abs(one[degree] - other[degree]) * scale[degree]]));
}

const MOTIONS: [string, Motion][] = [
  ['to the right', { ...STILL, x: 4 }],
  ['up', { ...STILL, y: -3 }],
  ['clockwise', { ...STILL, rotation: 0.06 }],
  ['nearer', { ...STILL, zoom: 1.07 }],
  ['all at once', { x: -2, y: 3, rotation: -0.05, zoom: 0.95 }],
];

describe('the motion of the camera between two frames', () => {
  it.each(MOTIONS)('is found: %s', async (_, motion) => {
    const found = (await egomotion(...frames(motion))) as Motion;
    for (const distance of Object.values(distances(found, motion))) expect(distance).toBeLessThan(0.25);
  });

  it('is that of the ground where a smaller thing moves by itself', async () => {
    const motion = { ...STILL, x: 3, y: 1 };
    const found = (await egomotion(...frames(motion, [-4, 3]))) as Motion;
    for (const distance of Object.values(distances(found, motion))) expect(distance).toBeLessThan(0.4);
  });

  it.each(MOTIONS)('turns around with the order of the frames: %s', async (_, motion) => {
    const [first, second] = frames(motion);
    const back = (await egomotion(second, first)) as Motion;
    for (const distance of Object.values(distances(back, reversed(motion)))) expect(distance).toBeLessThan(0.35);
    for (const degree of DEGREES) expect(reversed(reversed(motion))[degree]).toBeCloseTo(motion[degree], 12);
  });

  it('is along the axes of the first frame, exactly, however far it turns', () => {
    const motion: Motion = { x: -9, y: 14, rotation: 0.8, zoom: 1.3 };
    const [origin, right, down] = [seenAt(motion, 0, 0), seenAt(motion, 1, 0), seenAt(motion, 0, 1)];
    const [a, c] = [right[0] - origin[0], right[1] - origin[1]];
    const [b, d] = [down[0] - origin[0], down[1] - origin[1]];
    const found = motionOf([a, b, origin[0], c, d, origin[1], 0, 0, 1], { width: SIDE, height: SIDE });
    for (const degree of DEGREES) expect(found[degree]).toBeCloseTo(motion[degree], 10);
    const [x, y] = seenAt(reversed(motion), ...seenAt(motion, 20, 70));
    expect(x).toBeCloseTo(20, 10);
    expect(y).toBeCloseTo(70, 10);
  });

  it('is the same at each call', async () => {
    const pair = frames(MOTIONS[4]![1]);
    expect(await egomotion(...pair)).toEqual(await egomotion(...pair));
  });

  it('is left open, with the reason', async () => {
    const [first] = frames(STILL);
    expect(await egomotion(first, first)).toBe('still');
    expect(await egomotion(...frames({ ...STILL, x: 0.5 }))).toBe('still');
    expect(await egomotion(...frames({ ...STILL, x: 0.5 }), { least: 0.2 })).not.toBe('still');
    const other = draw(pattern(9), SIDE, SIDE);
    expect(await egomotion(first, other)).toBe('unknown');
    // However few pixels agree, the frames do not look alike.
    expect(await egomotion(first, other, { fewest: 0 })).toBe('cut');
    const flat = draw(() => 0, SIDE, SIDE);
    expect(await egomotion(flat, flat)).toBe('still');
    await expect(
      egomotion(
        first,
        draw(() => 0, 48, 48),
      ),
    ).rejects.toThrow(/96 x 96/);
  });
});
