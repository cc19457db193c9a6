import { expect, test } from 'vitest';
import { stripes } from '../evaluate/images.test-util.js';
import { findMethod } from '../methods/registry.js';
import { planRun } from './plan.js';
import { runTrial } from './trial.js';

const trialOf = (method: string) => {
  const data = stripes(40, 1, { side: 32 });
  const definition = findMethod(method);
  const training = { width: 4, batchSize: 16 };
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
