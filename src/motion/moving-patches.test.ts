import { afterAll, describe, expect, it } from 'vitest';
import { type Box, isInside } from '../data/box.js';
import type { SpriteOptions } from '../data/synthetic/sprite-options.js';
import { memory, scope, type Tensor, tensor } from '../engine/index.js';
import { trackBox } from './correlation-tracker.js';
import { moved } from './flow.js';
import { boxAround, cutPatch, fullestWindow, minePatches } from './moving-patches.js';
import { draw, pattern } from './pictures.test-util.js';
import { sprites } from './sprites.test-util.js';
import { visionPool } from './vision-pool.js';
import type { Matrix3 } from './vision-tasks.js';

afterAll(() => visionPool().close());

const SIDE = 96;
const FRAMES = 6;

/** A camera over a pattern that moves by `matrix` about the middle from each frame to the next. */
function camera(seed: number, matrix: Matrix3): Tensor {
  const value = pattern(seed);
  const back = (x: number, y: number, times: number): [number, number] => {
    let place: [number, number] = [x - SIDE / 2, y - SIDE / 2];
    for (let t = 0; t < times; t++) place = moved(matrix, ...place);
    return place;
  };
  const frames = Array.from({ length: FRAMES }, (_, t) => draw((x, y) => value(...back(x, y, t)), SIDE, SIDE).data);
  return tensor(Uint8Array.from(frames.flatMap((data) => [...data])), { shape: [FRAMES, 1, SIDE, SIDE] });
}

const turn = (degrees: number, zoom: number, dx: number, dy: number): Matrix3 => {
  const [cos, sin] = [zoom * Math.cos((degrees * Math.PI) / 180), zoom * Math.sin((degrees * Math.PI) / 180)];
  return [cos, -sin, dx, sin, cos, dy, 0, 0, 1];
};

const times = (count: number) => Float64Array.from({ length: count }, (_, t) => t / 10);
/** Few points are enough, and all points may move: what keeps the camera's motion out is its removal alone. */
const EAGER = { side: 32, frames: 4, every: 1, fewest: 0.02, most: 1 };

// First, before other tests leave tensors to the garbage collector.
it('the miner leaves no tensors behind', async () => {
  const { frames, times: shown } = sprites({ size: 64 });
  const before = memory().tensors;
  const { pairs } = await minePatches(
    { id: 'v', frames, times: shown },
    { side: 24, frames: 5, every: 5, fewest: 0.02 },
  );
  expect(pairs.length).toBeGreaterThan(2);
  expect(memory().tensors).toBe(before);
});

describe('a camera that moves over a scene at rest', () => {
  it.each([
    ['pans', turn(0, 1, -2, 1)],
    ['pans and zooms by 3 %', turn(0, 1.03, 1, 1)],
    ['turns by 1.7 degrees', turn(1.7, 1, 0, 0)],
  ] as const)('gives nothing when it %s; without its removal, patches', async (_, matrix) => {
    let reported = 0;
    for (const seed of [1, 2, 3]) {
      const video = { id: 'camera', frames: camera(seed, matrix), times: times(FRAMES) };
      const { pairs, dropped } = await minePatches(video, EAGER);
      expect(pairs).toEqual([]);
      expect(dropped).toEqual({ still: 2, everything: 0, unknown: 0, left: 0 });
      const fooled = await minePatches(video, { ...EAGER, isCameraRemoved: false });
      // Every frame seems to have something that moves; some of it leaves the picture before the end.
      expect(fooled.pairs.length + fooled.dropped.left).toBe(2);
      reported += fooled.pairs.length;
      // The paper's bound on the share of moving points catches what is left of it.
      const bound = await minePatches(video, { ...EAGER, isCameraRemoved: false, most: 0.75 });
      expect(bound.dropped.everything).toBeGreaterThan(0);
      video.frames.dispose();
    }
    expect(reported).toBeGreaterThan(0);
  });
});

/** How far the middles of mined patches, first and last, lie from those of the sprites. */
async function distances(options: Partial<SpriteOptions>, side: number): Promise<{ off: number[]; starts: number }> {
  const off: number[] = [];
  let starts = 0;
  for (let i = 0; i < 6; i++) {
    const { frames, times, boxAt } = sprites(options, 0, i);
    const { pairs, dropped } = await minePatches(
      { id: `sprites-${i}`, frames, times },
      { ...EAGER, side, frames: 10, every: 10 },
    );
    starts += pairs.length + Object.values(dropped).reduce((sum, count) => sum + count, 0);
    for (const { video, first, last } of pairs) {
      expect(video).toBe(`sprites-${i}`);
      expect(last.frame).toBe(first.frame + 10);
      for (const { frame, time, box } of [first, last]) {
        expect(time).toBe(times[frame]);
        expect([box.width, box.height]).toEqual([side, side]);
        const truth = boxAt(frame);
        const [dx, dy] = [
          box.left + (side - truth.width) / 2 - truth.left,
          box.top + (side - truth.height) / 2 - truth.top,
        ];
        off.push(Math.hypot(dx, dy));
      }
    }
    frames.dispose();
  }
  return { off, starts };
}

describe('sprites', () => {
  it.each([
    ['over a ground at rest', { size: 64 }, 24],
    ['before a camera that pans', { size: 128, camera: 'pan' }, 40],
  ] as const)('are found %s', async (_, options, side) => {
    const { off, starts } = await distances(options, side);
    expect(off.length / 2).toBeGreaterThan(0.6 * starts);
    expect(off.filter((distance) => distance < 4).length / off.length).toBeGreaterThanOrEqual(0.9);
  });
});

it('stays on small sprites that turn fast; control: a filter for the whole window stays on the ground', async () => {
  const [size, side] = [64, 28];
  /** Whether a window is off the one around the sprite, pushed back into the picture, by less than a quarter of its side. */
  const liesOn = (window: Box, { left, top, width, height }: Box): boolean => {
    const wanted = (middle: number) => Math.min(Math.max(0, middle - side / 2), size - side);
    const [x, y] = [wanted(left + width / 2), wanted(top + height / 2)];
    return Math.max(Math.abs(window.left - x), Math.abs(window.top - y)) < side / 4;
  };
  const found = { pairs: 0, onSprite: 0, control: 0, pushed: 0 };
  for (let i = 0; i < 8; i++) {
    // 9 pixels in a window of 28, and 9 degrees from frame to frame.
    const { frames, times, boxAt } = sprites({ size, scale: 0.14, spin: 0.25 }, 7, i);
    const { pairs } = await minePatches({ id: 'v', frames, times }, { ...EAGER, side, frames: 30, every: 30 });
    for (const { first, last } of pairs) {
      found.pairs++;
      expect(isInside(last.box, { width: size, height: size })).toBe(true);
      found.pushed += Number([0, size - side].some((end) => last.box.left === end || last.box.top === end));
      found.onSprite += Number(liesOn(first.box, boxAt(0)) && liesOn(last.box, boxAt(30)));
      found.control += Number(liesOn(scope(() => trackBox(frames, first.box)).at(-1)!.box, boxAt(30)));
    }
    frames.dispose();
  }
  expect(found.pairs).toBeGreaterThanOrEqual(4);
  // Windows that would have left the picture are among them.
  expect(found.pushed).toBeGreaterThan(0);
  expect(found.onSprite / found.pairs).toBeGreaterThanOrEqual(0.8);
  expect(found.control / found.pairs).toBeLessThan(0.5);
});

describe('the box of a thing', () => {
  const window = { left: 10, top: 20, width: 40, height: 40 };
  const picture = { width: 64, height: 64 };
  /** Points along both axes, which others far away and beyond the window do not change. */
  const points = (...more: number[]) =>
    Float32Array.from([...Array(11).keys()].flatMap((i) => [20 + i, 30 + 2 * i]).concat(more));

  it('is longer than the way between most of its points, around their middle', () => {
    const { left, top, width, height } = boxAround(points(), window, picture);
    // 80 % of 10 and of 20 pixels, times 1.6.
    expect([width, height].map((side) => side.toFixed(3))).toEqual(['12.800', '25.600']);
    expect([left + width / 2, top + height / 2].map((place) => place.toFixed(3))).toEqual(['25.000', '40.000']);
  });

  it('is that of the points in the window', () => {
    expect(boxAround(points(2, 2, 60, 25, 5, 62), window, picture)).toEqual(boxAround(points(), window, picture));
  });

  it('is a quarter of the window at least, the window at most, and in the picture', () => {
    expect(boxAround(Float32Array.of(30, 30), window, picture)).toEqual({ left: 25, top: 25, width: 10, height: 10 });
    const corner = { left: 0, top: 0, width: 40, height: 40 };
    expect(boxAround(Float32Array.of(0.5, 0.5), corner, picture)).toEqual({ left: 0, top: 0, width: 10, height: 10 });
    const wide = boxAround(Float32Array.of(1, 1, 39, 39, 1, 39, 39, 1), corner, picture);
    expect(wide).toEqual({ left: 0, top: 0, width: 40, height: 40 });
  });
});

describe('the miner', () => {
  it('says of every frame why it gave no pair', async () => {
    const flat = {
      id: 'flat',
      frames: tensor(new Uint8Array(20 * 4096), { shape: [20, 1, 64, 64] }),
      times: times(20),
    };
    const options = { side: 24, frames: 4, every: 5, fewest: 0.02 };
    expect(await minePatches(flat, options)).toEqual({
      pairs: [],
      dropped: { still: 0, everything: 0, unknown: 4, left: 0 },
      largestStill: 0,
    });
    const { frames, times: shown } = sprites({ size: 64 });
    const video = { id: 'sprites', frames, times: shown };
    expect((await minePatches(video, { ...options, fewest: 0.75 })).dropped).toMatchObject({ still: 6 });
    const none = await minePatches(video, { ...options, most: 0.02 });
    expect(none.dropped.everything).toBeGreaterThan(0);
    // Nothing moves by 40 pixels in one frame.
    expect((await minePatches(video, { ...options, least: 40 })).pairs).toEqual([]);
  });

  it('starts where a track still fits into the video', async () => {
    const { frames, times: shown } = sprites({ size: 64 });
    const starts = async (length: number, every: number) => {
      const { pairs, dropped } = await minePatches(
        { id: 'v', frames, times: shown },
        { side: 24, frames: length, every, fewest: 0 },
      );
      return pairs.length + Object.values(dropped).reduce((sum, count) => sum + count, 0);
    };
    expect(await starts(30, 30)).toBe(1);
    expect(await starts(31, 30)).toBe(0);
    expect(await starts(10, 10)).toBe(3);
  });

  it('refuses frames that are smaller than a patch, and options that contradict each other', async () => {
    const video = {
      id: 'small.mp4',
      frames: tensor(new Uint8Array(2 * 64 * 32), { shape: [2, 1, 32, 64] }),
      times: times(2),
    };
    await expect(minePatches(video)).rejects.toThrow(
      'The frames of small.mp4 are 64 x 32 pixels, smaller than a patch of 227. Take smaller patches, or larger frames.',
    );
    await expect(minePatches(video, { side: 16, fewest: 0.8 })).rejects.toThrow(
      'Expected a share of at most `most` (0.75) for `fewest`, received 0.8',
    );
    await expect(minePatches({ ...video, times: times(3) }, { side: 16 })).rejects.toThrow(
      'Expected 2 times, as there are frames, for `times`, received 3',
    );
  });
});

describe('the fullest window', () => {
  const box = (left: number, top: number, side = 4) => ({ left, top, width: side, height: side });

  it('holds most points, around their middle', () => {
    // Three points about (7, 5), one elsewhere.
    const points = Float32Array.of(6.5, 5, 7.5, 5, 7, 5, 1, 11);
    expect(fullestWindow(points, { width: 16, height: 12 }, 4)).toEqual(box(5, 3));
  });

  it('is that of a search through all windows', () => {
    const picture = { width: 23, height: 17 };
    for (let seed = 0; seed < 20; seed++) {
      const value = pattern(seed);
      const points = Float32Array.from({ length: 30 }, (_, i) => {
        const share = (value(17 * i, 29 * i) % 1) / 2 + 0.5;
        return share * (i % 2 === 0 ? picture.width : picture.height) * 0.999;
      });
      const side = 5 + (seed % 4);
      const found = fullestWindow(points, picture, side);
      let best = { count: -1, off: 0 };
      let mine = best;
      for (let top = 0; top + side <= picture.height; top++)
        for (let left = 0; left + side <= picture.width; left++) {
          const inside = points.filter((_, i) => {
            const [x, y] = [Math.floor(points[i - (i % 2)]!), Math.floor(points[i - (i % 2) + 1]!)];
            return x >= left && x < left + side && y >= top && y < top + side;
          });
          const count = inside.length / 2;
          const mean = (k: number) => inside.filter((_, i) => i % 2 === k).reduce((sum, v) => sum + v, 0) / count;
          const off = count === 0 ? 0 : Math.hypot(mean(0) - left - side / 2, mean(1) - top - side / 2);
          const here = { count, off };
          if (count > best.count || (count === best.count && off < best.off)) best = here;
          if (found.left === left && found.top === top) mine = here;
        }
      expect(mine.count).toBe(best.count);
      expect(mine.off).toBeCloseTo(best.off, 6);
    }
  });

  it('takes points on the edges', () => {
    expect(fullestWindow(Float32Array.of(16, 12, 15.9, 11.9), { width: 16, height: 12 }, 4)).toEqual(box(12, 8));
    expect(fullestWindow(Float32Array.of(0, 0, -0.2, 0.1), { width: 16, height: 12 }, 4)).toEqual(box(0, 0));
  });
});

it('cuts what a patch shows', () => {
  const frames = tensor(
    Uint8Array.from({ length: 2 * 6 * 8 }, (_, i) => i),
    { shape: [2, 1, 6, 8] },
  );
  const cut = (left: number, top: number) =>
    cutPatch(frames, { frame: 1, time: 0, box: { left, top, width: 2, height: 2 } }).toList();
  expect(cut(2.6, 1.4)).toEqual([
    [
      [59, 60],
      [67, 68],
    ],
  ]);
  // Rounding does not lead out of the picture.
  expect(cut(6, 4)).toEqual([
    [
      [86, 87],
      [94, 95],
    ],
  ]);
});
