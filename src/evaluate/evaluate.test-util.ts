import type { FinetuneOptions } from './finetune.js';
import { makeFresh, stripes } from './images.test-util.js';
import type { EvaluateOptions } from './setting.js';

/** A fine-tuning of a few steps. */
export const quick: FinetuneOptions = {
  ...{ steps: 4, epochs: 0, mostSteps: 8, batchSize: 8, learningRates: [0.02], weightDecays: [5e-4], checks: 1 },
};

/** A small evaluation of a random network on stripes, with changes. */
export function optionsOf(changes: Partial<EvaluateOptions> = {}): EvaluateOptions {
  const run = { encoder: makeFresh(3), makeFresh, step: 12 };
  return {
    ...{ run, train: stripes(60, 1, { noise: 20 }), test: stripes(60, 2, { noise: 20 }) },
    ...{ protocols: ['knn', 'linear'], labels: ['100%'], seeds: [0], finetune: quick },
    ...changes,
  };
}
