import { describe, expect, it } from 'vitest';
import type { ClipSpec } from '../../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { makeMethod } from '../make.test-util.js';
import { type ShuffleAndLearn, shuffleAndLearn } from './shuffle-and-learn.js';

const SPEC: ClipSpec = {
  ...{ modality: 'clip', frames: 14, fps: 5, channels: 3, height: 16, width: 16 },
  ...{ mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
};
const CLIPS = 6;
/** Times of 4 and 2 frames. */
const TIMES = { farthest: 0.8, margin: 0.4, frameSize: 8 };

const make = (given = {}, spec = SPEC): ShuffleAndLearn =>
  makeMethod(shuffleAndLearn, { ...TIMES, ...given }, { spec, width: 4, seed: 1 });

/** Every pixel of frame t of clip i is 16 i + t. */
const numbered = scope(() =>
  ops
    .arange(0, CLIPS, 1, { dtype: 'int64' })
    .mul(16)
    .unsqueeze(1)
    .add(ops.arange(0, SPEC.frames, 1, { dtype: 'int64' }))
    .to('uint8')
    .view([CLIPS, SPEC.frames, 1, 1, 1])
    .expand([CLIPS, SPEC.frames, 3, 16, 16])
    .contiguous(),
);
const noise: Tensor = ops.randint(0, 256, [CLIPS, SPEC.frames, 3, 16, 16], {
  dtype: 'uint8',
  generator: new Generator(4),
});
const batch = (samples: Tensor) => ({ samples, indices: [...Array(CLIPS).keys()] });

/** The clip and the time of every frame that a method sees. */
function seen(method: ShuffleAndLearn, seed: number) {
  const { frames, tuples, labels } = method.views(batch(numbered), new Generator(seed));
  const numbers = frames.mul(0.25).add(0.5).mul(255).round().amax([1, 2, 3]).toNumbers();
  const at = (position: number) => ({ clip: Math.floor(numbers[position]! / 16), time: numbers[position]! % 16 });
  const rows = tuples.toList() as number[][];
  return { rows: rows.map((row) => row.map(at)), labels: labels.toNumbers() };
}

describe('shuffle and learn', () => {
  it('takes frames of clips, and keeps a network of single frames', () => {
    const { encoder } = make();
    expect(shuffleAndLearn.modalities).toEqual(['clip']);
    expect(encoder.spec).toEqual({ ...SPEC, modality: 'image', frames: undefined, fps: undefined });
    expect(encoder.prepare(noise.select(1, 0)).shape).toEqual([CLIPS, 3, 16, 16]);
  });

  it('labels tuples by whether their middle frame lies between the others in time', () => {
    scope(() => {
      for (const seed of [1, 2, 3]) {
        const { rows, labels } = seen(make({ negatives: 3 }), seed);
        expect(rows).toHaveLength(4 * CLIPS);
        for (const [i, row] of rows.entries()) {
          expect(row.map(({ clip }) => clip)).toEqual(Array(3).fill(Math.floor(i / 4)));
          const [first, middle, last] = row.map(({ time }) => time) as [number, number, number];
          const [low, high] = [Math.min(first, last), Math.max(first, last)];
          expect(labels[i]).toBe(low < middle && middle < high ? 1 : 0);
          expect(high - low).toBeLessThanOrEqual(4);
          if (labels[i] === 0)
            expect(Math.min(Math.abs(middle - low), Math.abs(middle - high))).toBeGreaterThanOrEqual(2);
        }
        expect(labels.filter((label) => label === 1)).toHaveLength(CLIPS);
      }
    });
  });

  it('ends the tuples of a clip with the same two frames, whatever their label', () => {
    scope(() => {
      const { rows } = seen(make({ negatives: 3 }), 1);
      for (let i = 0; i < rows.length; i += 4) {
        const ends = rows.slice(i, i + 4).map(([first, , last]) => [first!.time, last!.time].sort((a, b) => a - b));
        expect(new Set(ends.map(String)).size).toBe(1);
      }
    });
  });

  it('counts its times in the frames of the clips at hand', () => {
    expect(make().rule).toEqual({ farthest: 4, margin: 2, leastDifference: 5e-4, usesMotion: true });
    const slow = make({ motion: 'none', leastDifference: 0 }, { ...SPEC, fps: 2.5 }).rule;
    expect(slow).toEqual({ farthest: 2, margin: 1, leastDifference: 0, usesMotion: false });
    expect(() => make({ margin: 1.2 })).toThrow(
      'Expected clips of at least 15 frames for a margin of 1.2 s at 5 frames a second, received 14. Take a smaller --margin, or longer clips (--frames).',
    );
  });

  it('asks for clips with room for the longest tuple and its margins, half as long again', () => {
    const needs = (given: object) => shuffleAndLearn.needs!(shuffleAndLearn.options.parse(given));
    expect(needs({})).toEqual({ frames: 55, fps: 10 });
    expect(needs({ farthest: 1, margin: 0.5 })).toEqual({ frames: 31, fps: 10 });
  });

  it('cuts and mirrors all frames of a clip alike', () => {
    scope(() => {
      // All frames of a clip are the same noise.
      const still = noise.narrow(1, 0, 1).expand(noise.shape).contiguous();
      const method = make({ cropShare: 0.75, useFlip: true });
      const { frames } = method.views(batch(still), new Generator(2));
      const clips = frames.unflatten(0, [CLIPS, 5]);
      expect(frames.shape).toEqual([5 * CLIPS, 3, 12, 12]);
      for (const place of [1, 2, 3, 4]) expect(clips.select(1, place).equal(clips.select(1, 0))).toBe(true);
      const places = new Set<string>();
      for (let clip = 0; clip < CLIPS; clip++) {
        const whole = method.prepare(still.select(1, 0)).select(0, clip);
        for (const turned of [whole, whole.flip([2])])
          for (let top = 0; top <= 4; top++)
            for (let left = 0; left <= 4; left++) {
              const cut = turned.narrow(1, top, 12).narrow(2, left, 12);
              if (cut.equal(clips.select(0, clip).select(0, 0))) places.add(`${clip}`);
            }
      }
      expect(places.size).toBe(CLIPS);
    });
  });

  it('has the linear head of the released code, which adds up what each frame says, or one that compares them', () => {
    scope(() =>
      noGrad(() => {
        const mixed = (head: string): number => {
          const { head: layers } = make({ head, negatives: 1 });
          const vector = (seed: number) => ops.randn([1, 8], { generator: new Generator(seed) });
          const [b, d, x, y] = [1, 2, 3, 4].map(vector) as [Tensor, Tensor, Tensor, Tensor];
          const score = (...three: Tensor[]) => layers.forward(ops.cat(three, 1)).select(1, 1).item();
          return score(b, x, d) - score(b, y, d) - (score(d, x, b) - score(d, y, b));
        };
        expect(Math.abs(mixed('linear'))).toBeLessThan(1e-5);
        expect(Math.abs(mixed('mlp'))).toBeGreaterThan(1e-3);
      }),
    );
  });

  it('reports the mean of the accuracies of both labels', () => {
    scope(() =>
      noGrad(() => {
        const method = make({ negatives: 3 }).eval();
        const last = method.head.layers.at(-1) as unknown as { weight: Tensor; bias: Tensor };
        last.weight.zero_();
        const metrics = (inOrder: number) => {
          last.bias.copy_(ops.stack([ops.full([], 0), ops.full([], inOrder)], 0));
          const { metrics, loss } = method.loss(method.views(batch(noise), new Generator(1)));
          return [metrics!.accuracy, metrics!.balancedAccuracy, loss].map((value) => (value as Tensor).item());
        };
        expect(metrics(-1).slice(0, 2)).toEqual([0.75, 0.5]);
        expect(metrics(1).slice(0, 2)).toEqual([0.25, 0.5]);
        expect(metrics(0)[2]).toBeCloseTo(Math.LN2, 5);
        // The entropy of 75 % negatives.
        expect(metrics(-Math.log(3))[2]).toBeCloseTo(0.5623, 4);
      }),
    );
  });

  it('previews tuples of both kinds with the same frames in the order of time', () => {
    const [preview] = noGrad(() => make({ cropShare: 0.75 }).eval().preview(batch(noise), new Generator(1)));
    expect(preview!.rows).toHaveLength(CLIPS);
    for (const [i, [asked, answer]] of preview!.rows.entries()) {
      const truth = i % 2 === 0 ? 'in order' : 'out of order';
      expect(asked!.caption).toMatch(new RegExp(`^at \\d\\.\\d, \\d\\.\\d, \\d\\.\\d s: ${truth}$`));
      expect(asked!.image!.shape).toEqual([3, 16, 3 * 16 + 2]);
      expect(answer!.isCorrect).toBe(answer!.caption === `by time; says: ${truth}`);
      const times = [...asked!.caption!.matchAll(/\d\.\d/g)].map(Number);
      const [first, middle, last] = times as [number, number, number];
      expect((first < middle && middle < last) || (first > middle && middle > last)).toBe(i % 2 === 0);
    }
  });
});
