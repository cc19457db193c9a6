import { expect, test } from 'vitest';
import { stripes } from '../evaluate/images.test-util.js';
import { findMethod } from '../methods/registry.js';
import { planRun } from './plan.js';
import { memoryNeeded, runTrial } from './trial.js';

const trialOf = (method: string, training: Record<string, unknown> = { width: 4, batchSize: 16 }) => {
  const data = stripes(40, 1, { side: 32 });
  const definition = findMethod(method);
  const plan = planRun(definition, { spec: data.spec, count: data.count }, 'small', { options: {}, training });
  return runTrial(definition, plan, data, data.count, 'cpu');
};

test.each([
  ['rotation', 4],
  ['simclr', 2],
  ['autoencoder', 1],
  // Four quarters, each a quarter of the image, and the image at half its side.
  ['counting', 1.25],
  // The copy that makes the keys does not count.
  ['moco', 1],
])('%s shows the encoder %f images per image', (method, passes) => {
  expect(trialOf(method).passesPerSample).toBeCloseTo(passes, 6);
});

test('the memory of a batch is that of weights and optimizers and, for each sample, of its step', () => {
  const peaks = [
    { samples: 8, bytes: 1080 },
    { samples: 32, bytes: 1320 },
  ] as const;
  expect(memoryNeeded(...peaks, { batchSize: 400, accumulate: 1 })).toEqual({ bytes: 5000, bytesPerSample: 10 });
  expect(memoryNeeded(...peaks, { batchSize: 400, accumulate: 4 })).toEqual({ bytes: 2000, bytesPerSample: 2.5 });
  const one = { samples: 2, bytes: 100 };
  expect(memoryNeeded(one, one, { batchSize: 8, accumulate: 1 })).toEqual({ bytes: 400, bytesPerSample: 50 });
  // 2.8 million weights, their gradients and the momentum.
  const { bytes, bytesPerSample } = trialOf('rotation', { width: 32, batchSize: 8 });
  expect(bytes - bytesPerSample * 8).toBeGreaterThan(3 * 2.8e6 * 4);
});
