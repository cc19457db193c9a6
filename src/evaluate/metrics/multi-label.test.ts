import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { stepwiseArea } from './average-precision.js';
import { multiLabelFigures } from './multi-label.js';
import { scoredSamples } from './scenes.test-util.js';

const golden = JSON.parse(
  readFileSync(new URL('../../../tests/golden/average-precision.json', import.meta.url), 'utf8'),
) as { rankings: { seed: number; area: number }[] };

describe('stepwiseArea', () => {
  it('is equal to scikit-learn on random scores with ties', () => {
    expect(golden.rankings).toHaveLength(40);
    for (const { seed, area } of golden.rankings) {
      const { truth, scores } = scoredSamples(seed);
      expect(Math.abs(stepwiseArea(scores, truth) - area)).toBeLessThan(1e-12);
    }
  });

  it('does not depend on the order of equal scores', () => {
    expect(stepwiseArea([1, 1], [1, 0])).toBe(0.5);
    expect(stepwiseArea([1, 1], [0, 1])).toBe(0.5);
  });
});

describe('multiLabelFigures', () => {
  it('is the mean over classes of the average precision by three rules', () => {
    // Class 0 is right, wrong, right, right, wrong and one never found; class 1 all first.
    const scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.1];
    const truth = [1, 0, 1, 1, 0, 1];
    const answers = scores.map((score, i) => ({
      scores: [score, i === 0 ? 1 : 0],
      truth: [truth[i]!, i === 0 ? 1 : 0],
    }));
    const figures = multiLabelFigures(answers);
    expect(figures.perClass[0]!.stepwise).toBeCloseTo((1 + 2 / 3 + 3 / 4 + 4 / 6) / 4, 12);
    expect(figures.perClass[0]!.area).toBeCloseTo((1 + 3 / 4 + 3 / 4 + 4 / 6) / 4, 12);
    expect(figures.perClass[1]).toEqual({ stepwise: 1, area: 1, elevenPoints: 1 });
    expect(figures.stepwise).toBeCloseTo((figures.perClass[0]!.stepwise + 1) / 2, 12);
  });

  it('leaves out what is unknown, and classes without a positive', () => {
    const answers = [
      { scores: [0.9, 1], truth: [-1, 0] },
      { scores: [0.8, 0], truth: [1, 0] },
      { scores: [0.1, 0], truth: [0, -1] },
    ];
    const figures = multiLabelFigures(answers);
    expect(figures.perClass).toEqual([{ stepwise: 1, area: 1, elevenPoints: 1 }, null]);
    expect(figures.stepwise).toBe(1);
  });
});
