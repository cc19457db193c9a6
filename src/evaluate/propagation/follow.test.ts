import { describe, expect, it } from 'vitest';
import type { Videos } from '../../data/index.js';
import { Prng } from '../../data/prng.js';
import { ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { PROPAGATION_RULES, type PropagationRule } from '../../networks/propagation/rule.js';
import { follow, stay, type Truth, truthOf } from './follow.js';
import { pixelMaps } from './frame-maps.js';
import { measureVideos } from './measures.js';
import { pck } from './point-scores.js';
import { spriteOpener } from './videos.test-util.js';

const open = spriteOpener();
const { crw, dino } = PROPAGATION_RULES;

describe('features that tell the objects apart', () => {
  it.each([
    ['crw', { ...crw, topK: 1, temperature: 0.01, radius: null }],
    ['dino', { ...dino, topK: 1, temperature: 0.01, radius: null }],
  ] as const)('give exact masks: %s', async (_, rule) => {
    const videos = await open('count=1&test=2&frames=5&size=24&sprites=2&motion=elastic');
    for (let i = 0; i < videos.count; i++) {
      const truth = truthOf(videos, i);
      const maps = truth.masks!.to('int64').oneHot(3).permute([0, 3, 1, 2]).to('float32').contiguous();
      const { objects } = await follow(truth, maps, rule);
      expect(objects.length).toBe(2);
      for (const { j, f } of objects) expect([j.mean, f.mean]).toEqual([1, 1]);
      expect(stay(truth).objects.some(({ j }) => j.mean < 0.9)).toBe(true);
    }
  });

  it('follow masks of as many pixels as published videos have', async () => {
    const masks = ops.zeros([3, 480, 854], { dtype: 'uint8' });
    masks.narrow(1, 100, 200).narrow(2, 100, 300).fill_(2);
    const maps = ops.ones([3, 4, 6, 10]);
    const truth: Truth = { id: 'large', size: { height: 480, width: 854 }, masks, points: null };
    expect((await follow(truth, maps, crw)).objects).toHaveLength(1);
  });

  it('give points to the nearest cell', async () => {
    // Every cell has its own feature, and all move by one cell (4 pixels) a frame, around the edge.
    const [length, cells] = [6, 12];
    const numbers = ops.arange(0, cells * cells, 1, { dtype: 'int64' }).view([cells, cells]);
    const first = numbers
      .oneHot(cells * cells)
      .permute([2, 0, 1])
      .to('float32');
    const maps = ops.stack(Array.from({ length }, (_, t) => first.roll([t], [2])));
    const at = (t: number, row: number, column: number) => ({
      x: 4 * (column + t) + 0.5,
      y: 4 * row + 0.5,
      isSeen: true,
    });
    const points = Array.from({ length }, (_, t) => [at(t, 2, 1), at(t, 9, 3), at(t, 5, 5)]);
    const truth: Truth = { id: 'shift', size: { height: 48, width: 48 }, masks: null, points };
    for (const rule of [crw, dino]) {
      const sharp: PropagationRule = { ...rule, topK: 1, temperature: 0.01, radius: null };
      const followed = await follow(truth, maps, sharp);
      expect(pck([followed.points])).toEqual([1, 1]);
    }
    const [strict] = pck([stay(truth).points]);
    expect(strict).toBeLessThan(0.3);
  });
});

describe('raw pixels', () => {
  /** The scores of all videos, with the frames after the first in another order on request. */
  async function scores(videos: Videos, rule: PropagationRule | null, isShuffled: boolean): Promise<number> {
    const found = [];
    for (let i = 0; i < videos.count; i++) {
      const own = truthOf(videos, i);
      const frames = videos.allFrames(i);
      const rest = new Prng(1, i).permutation(frames.size(0) - 1);
      const order = isShuffled ? Int32Array.from([0, ...Array.from(rest, (t) => t + 1)]) : null;
      const sorted = (value: Tensor) => (order === null ? value : value.indexSelect(0, tensor(order)));
      const truth = { ...own, masks: sorted(own.masks!), points: null };
      const maps = pixelMaps(sorted(frames), { height: 16, width: 16 });
      found.push(rule === null ? stay(truth) : await follow(truth, maps, rule));
    }
    return measureVideos(found).J!;
  }

  it('follow sprites within a small window; control: with frames in another order they fall to the identity copy', async () => {
    const videos = await open('count=1&test=5&frames=8&size=32&speed=0.8');
    const rule = { ...crw, last: 3, isPadded: false, radius: 2, isFirstRestricted: true };
    const inOrder = await scores(videos, rule, false);
    const identity = await scores(videos, null, false);
    const shuffled = await scores(videos, rule, true);
    expect(inOrder).toBeGreaterThan(identity + 0.2);
    expect(shuffled).toBeLessThan(identity + 0.1);
  });
});

describe('what is known of a video', () => {
  it('is read at once, however many points and frames it has', () => {
    const [length, count] = [2000, 20];
    const joints = ops.arange(0, 3 * length * count, 1, { dtype: 'float32' }).view([length, count, 3]);
    const allKnown = (kind: string) => (kind === 'joints' ? joints.clone() : null);
    const videos = { ids: ['long'], lengthOf: () => length, allKnown } as unknown as Videos;
    // A copy of the rest for each point would take minutes.
    const { points } = truthOf(videos, 0);
    expect(points![0]!.slice(0, 2)).toEqual([
      { x: 0, y: 1, isSeen: true },
      { x: 3, y: 4, isSeen: true },
    ]);
    expect(points![1999]![19]).toEqual({ x: 119997, y: 119998, isSeen: true });
  });
});

describe('what scores', () => {
  it('is all frames but the first and the last', () => {
    scope(() => {
      const masks = ops.zeros([4, 8, 8], { dtype: 'uint8' });
      masks.narrow(1, 0, 4).fill_(1);
      // Only the last frame differs: keeping the first is right everywhere that counts.
      masks.select(0, 3).fill_(0);
      const truth = { id: 'x', size: { height: 8, width: 8 }, masks, points: null };
      expect(stay(truth).objects).toEqual([
        { j: { mean: 1, recall: 1, decay: 0 }, f: { mean: 1, recall: 1, decay: 0 } },
      ]);
      masks.select(0, 2).fill_(0);
      expect(stay(truth).objects[0]!.j.mean).toBe(0.5);
    });
  });

  it('is the mean over objects, not over videos', () => {
    const object = (value: number) => ({ mean: value, recall: value > 0.5 ? 1 : 0, decay: 0.1 });
    const video = (...values: number[]) => ({
      objects: values.map((v) => ({ j: object(v), f: object(v / 2) })),
      points: [],
    });
    const figures = measureVideos([video(0.9, 0.6), video(0.3)]);
    expect(figures.J).toBeCloseTo(0.6, 12);
    expect(figures.F).toBeCloseTo(0.3, 12);
    expect(figures['J&F']).toBeCloseTo(0.45, 12);
    expect(figures['J recall']).toBeCloseTo(2 / 3, 12);
    expect(figures['J decay']).toBeCloseTo(0.1, 12);
    expect(Object.keys(figures)).not.toContain('PCK@0.1');
  });

  it('needs three frames', async () => {
    const videos = await open('count=1&test=1&frames=2&size=16');
    expect(() => truthOf(videos, 0)).toThrow(
      'The video test/0 has 2 frames; the first is given, the last does not score. Take videos of at least three frames.',
    );
  });
});
