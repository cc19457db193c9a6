import { expect, it } from 'vitest';
import type { Point } from '../../networks/propagation/grid.js';
import { pck, pointHits } from './point-scores.js';

const at = (x: number, y: number, isSeen = true): Point => ({ x, y, isSeen });

it('PCK counts points within a share of 0.6 diagonals of the box around the true points', () => {
  // A box of 30 x 40: diagonal 50, size 30, so 3 pixels at 0.1 and 6 at 0.2.
  const truth = [
    [at(0, 0), at(30, 40), at(10, 10)],
    [at(0, 0), at(30, 40), at(10, 10)],
    [at(100, 100), at(130, 140), at(110, 110)],
  ];
  const answers = [
    // The first frame is not looked at.
    [at(500, 500), at(500, 500), at(500, 500)],
    [at(3, 0), at(30, 43.1), at(10, 17)],
    [at(100, 100), at(130, 146), at(110, 116.1)],
  ];
  const hits = pointHits(answers, truth);
  expect(hits).toEqual([
    { asked: 2, found: [2, 2] },
    { asked: 2, found: [0, 2] },
    { asked: 2, found: [0, 0] },
  ]);
  expect(pck([hits])).toEqual([1 / 3, 2 / 3]);
});

it('PCK leaves out points that are not answered, not known, or were not known in the first frame, also from the box', () => {
  const truth = [
    [at(0, 0), at(30, 40), at(9, 9, false)],
    [at(0, 0), at(30, 40), at(9, 9)],
    [at(0, 0), at(30, 40, false), at(9, 9)],
    [at(0, 0), at(30, 40), at(9, 9)],
  ];
  const answers = truth.map((frame) => frame.map(({ x, y }) => at(x + 1, y)));
  answers[3]![1] = at(31, 40, false);
  // Frames 2 and 3 have one point that counts: a box without size, in which only an exact answer is right.
  expect(pointHits(answers, truth)).toEqual([
    { asked: 3, found: [1, 1] },
    { asked: 1, found: [1, 1] },
    { asked: 0, found: [0, 0] },
  ]);
});

it('PCK is the mean over points of the share over all videos', () => {
  const one = [
    { asked: 10, found: [10, 10] },
    { asked: 2, found: [0, 1] },
  ];
  const other = [
    { asked: 30, found: [0, 10] },
    { asked: 0, found: [0, 0] },
  ];
  const [strict, loose] = pck([one, other]);
  expect(strict).toBeCloseTo((10 / 40 + 0 / 2) / 2, 12);
  expect(loose).toBeCloseTo((20 / 40 + 1 / 2) / 2, 12);
  // A point that was asked for in no video says nothing.
  const never = { asked: 0, found: [0, 0] };
  expect(
    pck([
      [...one, never],
      [...other, never],
    ]),
  ).toEqual([strict, loose]);
});
