import { expect, it } from 'vitest';
import { manualSeed, ops } from '../../engine/index.js';
import { stepMean } from './step-mean.js';

it('is the mean of the joint batch, however it was cut', () => {
  manualSeed(0);
  const x = ops.randn([12, 5]);
  const parts = [x.narrow(0, 0, 7), x.narrow(0, 7, 2), x.narrow(0, 9, 3)].map((part) => ({
    mean: part.mean([0]),
    count: part.size(0),
  }));
  expect(
    stepMean(parts)
      .sub(x.mean([0]))
      .abs()
      .amax()
      .item(),
  ).toBeLessThan(1e-6);
  // Control: without the weights it is another.
  const even = parts.map(({ mean }) => ({ mean, count: 1 }));
  expect(
    stepMean(even)
      .sub(x.mean([0]))
      .abs()
      .amax()
      .item(),
  ).toBeGreaterThan(1e-3);
});

it('leaves a single mean as it is, to the last bit', () => {
  const mean = ops.randn([100]);
  expect(stepMean([{ mean, count: 7 }]).toNumbers()).toEqual(mean.toNumbers());
});
