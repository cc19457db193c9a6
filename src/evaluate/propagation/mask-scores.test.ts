import { describe, expect, it } from 'vitest';
import { type Bitmap, boundary, boundaryF, courseOf, jaccard } from './mask-scores.js';

function bitmap(rows: readonly (readonly number[])[]): Bitmap {
  return { height: rows.length, width: rows[0]!.length, data: Uint8Array.from(rows.flat()) };
}

/** A disk around the middle of a frame, moved to the right. */
function disk(height: number, width: number, radius: number, shift: number): Bitmap {
  const [cy, cx] = [Math.floor(height / 2), Math.floor(width / 2) + shift];
  const data = Uint8Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width), i % width];
    return (y - cy) ** 2 + (x - cx) ** 2 <= radius ** 2 ? 1 : 0;
  });
  return { height, width, data };
}

describe('J and F', () => {
  // What the official functions give for the same disks.
  it.each([
    [480, 854, 60, 1, 0.978791, 1],
    [480, 854, 60, 3, 0.938359, 1],
    [480, 854, 60, 8, 0.844156, 1],
    [480, 854, 60, 12, 0.77514, 0.504132],
    [480, 854, 60, 20, 0.651525, 0.264463],
    [64, 64, 12, 1, 0.892704, 1],
    [64, 64, 12, 3, 0.722656, 0.32],
    [64, 64, 12, 8, 0.406699, 0.14],
    [64, 64, 12, 12, 0.237027, 0.1],
  ])('agree with DAVIS: %d x %d, disk of %d moved by %d', (height, width, radius, shift, wantedJ, wantedF) => {
    const truth = disk(height, width, radius, 0);
    const answer = disk(height, width, radius, shift);
    expect(jaccard(answer, truth)).toBeCloseTo(wantedJ, 6);
    expect(boundaryF(answer, truth)).toBeCloseTo(wantedF, 6);
  });

  it('are 1 where both masks are empty and 0 where one is', () => {
    const none = bitmap([
      [0, 0],
      [0, 0],
    ]);
    const some = bitmap([
      [0, 0],
      [1, 0],
    ]);
    expect([jaccard(none, none), jaccard(some, none), jaccard(none, some)]).toEqual([1, 0, 0]);
    expect([boundaryF(none, none), boundaryF(some, none), boundaryF(none, some)]).toEqual([1, 0, 0]);
    expect([jaccard(some, some), boundaryF(some, some)]).toEqual([1, 1]);
  });

  it('have boundaries where a pixel differs from its right, lower or lower right neighbor, and none at the edge of the frame', () => {
    const mask = bitmap([
      [0, 0, 0, 0],
      [0, 1, 1, 0],
      [0, 1, 1, 1],
      [0, 0, 0, 1],
    ]);
    expect([...boundary(mask)]).toEqual([1, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0]);
    const full = bitmap([
      [1, 1],
      [1, 1],
    ]);
    expect([...boundary(full)]).toEqual([0, 0, 0, 0]);
  });

  it('count a boundary as met within the Euclidean disk alone', () => {
    // 200 x 200: a tolerance of ceil(0.008 x 282.8) = 3 pixels.
    const dot = (y: number, x: number): Bitmap => {
      const data = new Uint8Array(200 * 200);
      data[y * 200 + x] = 1;
      return { height: 200, width: 200, data };
    };
    expect(boundaryF(dot(100, 100), dot(100, 100))).toBe(1);
    // A single pixel has a boundary of 2 x 2 pixels, of which one pair is 2.8 pixels apart and the next 3.6.
    expect(boundaryF(dot(100, 100), dot(103, 103))).toBe(1 / 4);
    expect(boundaryF(dot(100, 100), dot(105, 105))).toBe(0);
  });
});

describe('the course over the frames', () => {
  it('has the share above one half and the fall from the first quarter to the last', () => {
    // numpy: ids = round(linspace(1, 9, 5) + 1e-10) - 1 = 0, 2, 4, 6, 8.
    const scores = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2];
    const { mean, recall, decay } = courseOf(scores);
    expect(mean).toBeCloseTo(0.6, 12);
    expect(recall).toBeCloseTo(5 / 9, 12);
    expect(decay).toBeCloseTo(0.9 - 0.3, 12);
  });

  it('rounds the bounds of the quarters as numpy does, and has them right beyond 256 frames', () => {
    // linspace(1, 7, 5) = 1, 2.5, 4, 5.5, 7 -> 0, 2, 3, 5, 6.
    const scores = [1, 1, 0, 0, 0, 0.5, 0.25];
    expect(courseOf(scores).decay).toBeCloseTo(2 / 3 - 0.375, 12);
    const long = Array.from({ length: 601 }, (_, i) => 1 - i / 600);
    expect(courseOf(long).decay).toBeCloseTo(0.75, 6);
    expect(courseOf([0.7])).toEqual({ mean: 0.7, recall: 1, decay: 0 });
  });
});
