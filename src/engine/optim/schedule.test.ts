import { describe, expect, it } from 'vitest';
import { constant, cosine, inverseSqrt, linear, type Schedule, step } from './schedule.js';

const at = (schedule: Schedule, ...points: number[]): number[] => points.map(schedule);

describe('schedules', () => {
  it('rise linearly from 0 to 1 during the warm-up', () => {
    const all = [
      constant({ warmup: 4 }),
      cosine({ warmup: 4, total: 20 }),
      linear({ warmup: 4, total: 20 }),
      step({ warmup: 4, milestones: [10] }),
      inverseSqrt({ warmup: 4, plateau: 10 }),
    ];
    for (const schedule of all) expect(at(schedule, 0, 1, 2.5, 4)).toEqual([0, 0.25, 0.625, 1]);
  });

  it('cosine: half a period between the warm-up and the end', () => {
    const schedule = cosine({ warmup: 2, total: 10, final: 0.1 });
    expect(schedule(6)).toBeCloseTo(0.1 + 0.9 / 2, 12);
    expect(schedule(4)).toBeCloseTo(0.1 + 0.9 * 0.5 * (1 + Math.SQRT1_2), 12);
    expect(at(schedule, 10, 11, 1e9)).toEqual([0.1, 0.1, 0.1]);
    expect(at(cosine({ total: 10 }), 0, 10)).toEqual([1, 0]);
  });

  it('linear: a straight line, then the final value', () => {
    expect(at(linear({ total: 8, final: 0.5 }), 0, 4, 8, 9)).toEqual([1, 0.75, 0.5, 0.5]);
  });

  it('step: a factor per milestone, from the milestone on', () => {
    const schedule = step({ milestones: [6, 3], gamma: 0.5 });
    expect(at(schedule, 0, 2.9, 3, 5.9, 6, 100)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
  });

  it('inverse square root: 1 until the plateau ends', () => {
    expect(at(inverseSqrt({ plateau: 4 }), 0, 4, 16, 100)).toEqual([1, 1, 0.5, 0.2]);
    // T5: 0.01 is one over the root of 10,000 steps.
    const schedule = inverseSqrt({ plateau: 10_000 });
    for (const progress of [1, 9_999, 10_000, 10_001, 524_288])
      expect(0.01 * schedule(progress)).toBeCloseTo(1 / Math.sqrt(Math.max(progress, 10_000)), 15);
    // Without a plateau of its own the fall begins where the warm-up ends.
    expect(at(inverseSqrt({ warmup: 4, plateau: 4 }), 2, 4, 16)).toEqual([0.5, 1, 0.5]);
  });

  it('only rise when training is shorter than the warm-up', () => {
    expect(at(cosine({ warmup: 10, total: 5 }), 0, 2, 5)).toEqual([0, 0.2, 0.5]);
    expect(at(linear({ warmup: 5, total: 5 }), 4, 5)).toEqual([0.8, 0]);
  });

  it('never leave [0, 1]', () => {
    for (const schedule of [
      cosine({ warmup: 3, total: 17 }),
      linear({ warmup: 3, total: 17 }),
      inverseSqrt({ warmup: 3, plateau: 5 }),
      constant(),
    ])
      for (let point = 0; point < 20; point += 0.37) {
        expect(schedule(point)).toBeGreaterThanOrEqual(0);
        expect(schedule(point)).toBeLessThanOrEqual(1);
      }
  });

  it('refuse invalid options and progress', () => {
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => cosine({ total: 1, final: wrong })).toThrow('`final`');
      expect(() => step({ milestones: [1], gamma: wrong })).toThrow('`gamma`');
      expect(() => step({ milestones: [1, wrong] })).toThrow('`milestones`');
    }
    expect(() => cosine({ total: 0 })).toThrow('`total`, received 0');
    expect(() => inverseSqrt({ plateau: 0 })).toThrow('`plateau`, received 0');
    expect(() => constant({ warmup: -1 })).toThrow('`warmup`, received -1');
    expect(() => constant()(Number.NaN)).toThrow('`progress`, received NaN');
  });
});
