import { afterAll, expect, it } from 'vitest';
import { first, golden, second } from './golden.test-util.js';
import { draw, pattern } from './pictures.test-util.js';
import { findCorners, followPoints } from './points.js';
import { visionPool } from './vision-pool.js';

afterAll(() => visionPool().close());

const flat = { data: new Uint8Array(48 * 48).fill(17), width: 48, height: 48 };

it('finds the corners that OpenCV for Python finds, and follows them to the same places', async () => {
  const corners = await findCorners(first);
  expect([...corners]).toEqual(golden.corners);
  const { points, isFound } = await followPoints(first, second, corners);
  expect([...isFound]).toEqual(golden.found);
  const found = points.filter((_, i) => isFound[i >> 1] === 1);
  expect(found).toHaveLength(golden.followed.length);
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(golden.followed[i]!, 3);
});

it('counts places from the corner of the picture', async () => {
  // A white square that covers pixels 20 to 29: its corners are at 20 and 30.
  const square = draw((x, y) => (x > 20 && x < 30 && y > 20 && y < 30 ? 2 : -2), 48, 48);
  const corners = await findCorners(square, { most: 4, quality: 0.5, distance: 5 });
  const places = [...corners].map((place) => (place < 25 ? place - 20 : place - 30));
  expect(corners).toHaveLength(8);
  for (const off of places) expect(Math.abs(off)).toBeLessThanOrEqual(0.5);
});

it('follows points that move by a part of a pixel', async () => {
  const value = pattern(3);
  const [a, b] = [draw(value, 96, 96), draw((x, y) => value(x - 1.3, y + 0.6), 96, 96)];
  const points = Float32Array.of(30, 30, 50.25, 61.5);
  const { points: found, isFound } = await followPoints(a, b, points);
  expect([...isFound]).toEqual([1, 1]);
  for (const [i, off] of [1.3, -0.6, 1.3, -0.6].entries()) expect(found[i]! - points[i]!).toBeCloseTo(off, 1);
});

it('loses points that are gone', async () => {
  // The second picture shows something else on the right half.
  const [here, there] = [pattern(4), pattern(5)];
  const a = draw(here, 96, 96);
  const b = draw((x, y) => (x < 48 ? here(x, y) : there(x, y)), 96, 96);
  const corners = await findCorners(a);
  // Without a pyramid, whose windows at its top would reach across the middle.
  const { isFound } = await followPoints(a, b, corners, { levels: 0 });
  const share = (isLeft: boolean) => {
    const flags = isFound.filter((_, i) => (isLeft ? corners[2 * i]! < 40 : corners[2 * i]! > 56));
    expect(flags.length).toBeGreaterThan(10);
    return flags.reduce((sum, flag) => sum + flag, 0) / flags.length;
  };
  expect(share(true)).toBe(1);
  expect(share(false)).toBeLessThan(0.3);
});

it('finds nothing in a flat picture or one of a single pixel, and follows no points to nowhere', async () => {
  expect(await findCorners(flat)).toHaveLength(0);
  const pixel = { data: Uint8Array.of(9), width: 1, height: 1 };
  expect(await findCorners(pixel)).toHaveLength(0);
  expect(await followPoints(pixel, pixel, new Float32Array(0))).toEqual({
    points: new Float32Array(0),
    isFound: new Uint8Array(0),
  });
  const lost = await followPoints(flat, flat, Float32Array.of(20, 20, 1e9, -1e9));
  expect([...lost.isFound]).toEqual([0, 0]);
});

it('refuses points that are none', async () => {
  await expect(followPoints(flat, flat, Float32Array.of(1, Number.NaN))).rejects.toThrow(
    'Expected x and y of every point, as finite numbers in a Float32Array, for `points`',
  );
  await expect(followPoints(flat, flat, Float32Array.of(1, 2, 3))).rejects.toThrow('`points`');
  await expect(findCorners(flat, { quality: 0 })).rejects.toThrow('Expected a value above 0 for `quality`, received 0');
});
