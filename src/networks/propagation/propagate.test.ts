import { describe, expect, it } from 'vitest';
import { manualSeed, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { type ContextFrame, LabelPropagation, propagate } from './propagate.js';
import { PROPAGATION_RULES, type PropagationRule } from './rule.js';

const { crw, dino, colorization } = PROPAGATION_RULES;

/** Features (D, h, w) and labels (C, h, w) at random. */
function frame(size: readonly [number, number, number], classes: number, isRestricted = true): ContextFrame {
  const [, height, width] = size;
  return { features: ops.randn(size), labels: ops.rand([classes, height, width]), isRestricted, copies: 1 };
}

/** The rule written out cell by cell, in double precision. */
function slow(target: Tensor, context: readonly ContextFrame[], rule: PropagationRule): number[][][] {
  const [, height, width] = target.shape as [number, number, number];
  const vectors = (map: Tensor) => {
    const rows = map.flatten(1).t().to('float64').toNumbers();
    const size = map.size(0);
    return Array.from({ length: height * width }, (_, cell) => {
      const vector = rows.slice(cell * size, (cell + 1) * size);
      const norm = rule.similarity === 'cosine' ? Math.hypot(...vector) : 1;
      return vector.map((value) => value / norm);
    });
  };
  const queries = vectors(target);
  const known = context.flatMap(({ features, labels, isRestricted, copies }) => {
    const keys = vectors(features);
    const classes = labels.flatten(1).t().toNumbers();
    const count = labels.size(0);
    const cells = keys.map((key, cell) => ({
      key,
      label: classes.slice(cell * count, (cell + 1) * count),
      y: Math.floor(cell / width),
      x: cell % width,
      isRestricted,
    }));
    return Array.from({ length: copies }, () => cells).flat();
  });
  const result = queries.map((query, cell) => {
    const [y, x] = [Math.floor(cell / width), cell % width];
    const isSeen = (other: (typeof known)[number]) => {
      if (rule.radius === null || !other.isRestricted) return true;
      const [dy, dx] = [Math.abs(other.y - y), Math.abs(other.x - x)];
      if (rule.window === 'square') return Math.max(dy, dx) <= rule.radius;
      return dy + dx === 0 || Math.hypot(dy, dx) < rule.radius;
    };
    const seen = known
      .filter(isSeen)
      .map(({ key, label }) => ({ score: key.reduce((sum, value, d) => sum + value * query[d]!, 0), label }))
      .sort((a, b) => b.score - a.score);
    const limit = rule.topK === null ? seen.length : Math.min(rule.topK, seen.length);
    const last = seen[limit - 1]!.score;
    const taken = rule.keepsTies ? seen.filter(({ score }) => score >= last - 1e-9) : seen.slice(0, limit);
    const weights = taken.map(({ score }) => Math.exp((score - seen[0]!.score) / rule.temperature));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return taken[0]!.label.map((_, c) =>
      taken.reduce((sum, { label }, i) => sum + (weights[i]! / total) * label[c]!, 0),
    );
  });
  const classes = result[0]!.length;
  return Array.from({ length: classes }, (_, c) =>
    Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => result[y * width + x]![c]!)),
  );
}

const far = (received: Tensor, wanted: Tensor): number => received.sub(wanted).abs().max().item();

describe('labels of one frame', () => {
  const cases: [string, PropagationRule][] = [
    ['crw', { ...crw, radius: 3 }],
    ['crw, few cells in the window', { ...crw, radius: 2, isFirstRestricted: true, topK: 40 }],
    ['dino', { ...dino, radius: 2 }],
    ['colorization', colorization],
    ['all cells of a window', { ...colorization, radius: 4, temperature: 1 }],
    ['one cell, cosine, no window', { ...crw, topK: 1, radius: null }],
  ];
  it.each(cases)('are those of the rule written out cell by cell: %s', (_, rule) => {
    scope(() => {
      manualSeed(3);
      // More and fewer cells than whole tiles.
      const size = [5, 11, 18] as const;
      const context = [frame(size, 3, rule.isFirstRestricted), { ...frame(size, 3), copies: 2 }, frame(size, 3)];
      const target = ops.randn(size);
      const received = propagate(target, context, rule);
      expect(received.shape).toEqual([3, 11, 18]);
      expect(far(received, tensor(slow(target, context, rule)))).toBeLessThan(1e-5);
    });
  });

  it.each(cases)('are bit-equal however many tiles are compared at once: %s', (_, rule) => {
    scope(() => {
      manualSeed(4);
      const size = [32, 20, 43] as const;
      const context = [frame(size, 4, rule.isFirstRestricted), frame(size, 4), frame(size, 4)];
      const target = ops.randn(size);
      const all = propagate(target, context, rule);
      for (const tiles of [1, 2, 4, 5, 1000]) expect(propagate(target, context, rule, { tiles }).equal(all)).toBe(true);
    });
  });

  it('take every cell that is as similar as the k-th, where the rule keeps ties', () => {
    scope(() => {
      // Four cells with one feature: DINO's rule with k = 2 takes all of them, CRW's two.
      const features = ops.ones([2, 1, 4]);
      const labels = tensor([[[1, 0, 0, 0]], [[0, 1, 0, 0]], [[0, 0, 1, 0]], [[0, 0, 0, 1]]]);
      const context = [{ features, labels, isRestricted: false, copies: 1 }];
      const kept = propagate(features, context, { ...dino, topK: 2 });
      expect(far(kept, ops.full([4, 1, 4], 0.25))).toBeLessThan(1e-6);
      const cut = propagate(features, context, { ...crw, topK: 2 });
      expect(
        cut
          .flatten(1)
          .t()
          .toNumbers()
          .filter((share) => share > 0),
      ).toEqual(Array<number>(8).fill(0.5));
    });
  });

  it('refuse other grids, rules out of range and no context, and say what was expected', () => {
    scope(() => {
      const context = [frame([2, 4, 4], 2)];
      expect(() => propagate(ops.randn([2, 4, 5]), context, crw)).toThrow('features of one grid');
      expect(() => propagate(ops.randn([3, 4, 4]), context, crw)).toThrow('features of one grid');
      const other = [{ ...context[0]!, labels: ops.rand([2, 4, 5]) }];
      expect(() => propagate(ops.randn([2, 4, 4]), other, crw)).toThrow('Expected labels (C, 4, 4) for `labels`');
      expect(() => propagate(ops.randn([2, 4, 4]), [], crw)).toThrow('at least one frame');
      for (const wrong of [{ temperature: 0 }, { topK: 0 }, { radius: -1 }, { last: 1.5 }])
        expect(() => propagate(ops.randn([2, 4, 4]), context, { ...crw, ...wrong })).toThrow(
          `\`${Object.keys(wrong)[0]}\``,
        );
    });
  });
});

/** One-hot features of tracks (D, h, w), from the track's number in each cell. */
function tracks(numbers: readonly (readonly number[])[], count: number): Tensor {
  const flat = tensor(numbers as number[][]).to('int64');
  return flat.oneHot(count).permute([2, 0, 1]).to('float32').contiguous();
}

describe('labels of a video', () => {
  /** A row of tracks 0 to 7 that moves by one cell a frame, around the edge. */
  const row = (frameNumber: number) => [Array.from({ length: 8 }, (_, x) => (x - frameNumber + 16) % 8)];

  it.each(['crw', 'dino'] as const)('are exact where features tell the tracks apart: %s', (name) => {
    scope(() => {
      const rule = { ...PROPAGATION_RULES[name], temperature: 0.01, topK: 1, radius: null };
      const mask = tracks([[0, 0, 1, 1, 0, 2, 0, 0]], 3);
      const video = new LabelPropagation({ features: tracks(row(0), 8), labels: mask }, rule);
      for (let t = 1; t < 12; t++) {
        const received = video.next(tracks(row(t), 8));
        expect(far(received, mask.roll([t], [2])), `frame ${t}`).toBeLessThan(1e-6);
      }
      video.dispose();
    });
  });

  it('stay where they are with constant features and radius 0', () => {
    scope(() => {
      const features = ops.ones([4, 6, 9]);
      const labels = ops.rand([3, 6, 9]);
      for (const rule of [dino, { ...crw, isFirstRestricted: true }, { ...colorization, isFirstRestricted: true }]) {
        const video = new LabelPropagation({ features, labels }, { ...rule, radius: 0 });
        for (let t = 1; t < 6; t++) expect(far(video.next(features), labels)).toBeLessThan(1e-6);
        video.dispose();
      }
    });
  });

  it('are the nearest neighbors in the first frame with top-1 and no other context', () => {
    scope(() => {
      manualSeed(5);
      const first = { features: ops.randn([6, 5, 7]), labels: ops.rand([2, 5, 7]) };
      const rule = { ...crw, topK: 1, radius: null, last: 0 };
      const video = new LabelPropagation(first, rule);
      const unit = (map: Tensor) => map.flatten(1).div(map.flatten(1).vectorNorm(2, [0], true));
      for (let t = 1; t < 4; t++) {
        const target = ops.randn([6, 5, 7]);
        const nearest = unit(target).t().mm(unit(first.features)).argmax(1);
        const wanted = first.labels.flatten(1).indexSelect(1, nearest).view([2, 5, 7]);
        expect(video.next(target).equal(wanted)).toBe(true);
      }
      video.dispose();
    });
  });

  /** What `propagate` gives with the context written out. */
  function explicit(rule: PropagationRule, frames: readonly Tensor[], labels: Tensor, copiesAt: (t: number) => number) {
    const known = [labels];
    for (let t = 1; t < frames.length; t++) {
      const recent = Array.from({ length: Math.min(rule.last, t - 1) }, (_, i) => t - Math.min(rule.last, t - 1) + i);
      const of = (at: number, isRestricted: boolean): ContextFrame => ({
        ...{ features: frames[at]!, labels: known[at]!, isRestricted, copies: 1 },
      });
      const context = [
        of(0, rule.isFirstRestricted),
        ...Array.from({ length: copiesAt(t) }, () => of(0, true)),
        ...recent.map((at) => of(at, true)),
      ];
      known.push(propagate(frames[t]!, context, rule));
    }
    return known.slice(1);
  }

  it.each([
    ['crw', { ...crw, last: 3, radius: 2 }, (t: number) => Math.max(0, 4 - t)],
    ['dino', { ...dino, last: 2, radius: 2 }, () => 0],
    ['colorization', colorization, () => 0],
  ] as const)('see the first frame and the last ones, as the rule says: %s', (_, rule, copiesAt) => {
    scope(() => {
      manualSeed(6);
      const frames = Array.from({ length: 8 }, () => ops.randn([4, 9, 10]));
      const labels = ops.rand([3, 9, 10]);
      const wanted = explicit(rule, frames, labels, copiesAt);
      const video = new LabelPropagation({ features: frames[0]!, labels }, rule);
      for (const [i, next] of frames.slice(1).entries())
        expect(far(video.next(next), wanted[i]!), `frame ${i + 1}`).toBeLessThan(1e-5);
      video.dispose();
    });
  });

  it('sum to 1 in every cell', () => {
    scope(() =>
      noGrad(() => {
        manualSeed(7);
        const labels = ops.rand([4, 7, 9]).softmax(0);
        for (const rule of Object.values(PROPAGATION_RULES)) {
          const video = new LabelPropagation({ features: ops.randn([4, 7, 9]), labels }, rule);
          for (let t = 1; t < 4; t++)
            expect(far(video.next(ops.randn([4, 7, 9])).sum([0]), ops.ones([7, 9]))).toBeLessThan(1e-5);
          video.dispose();
        }
      }),
    );
  });
});
