/** One method of views.ts; prints one line of JSON. */
import { openImages } from '../../src/data/index.js';
import { Generator, threads } from '../../src/engine/index.js';
import { findMethod, parseMethodOptions } from '../../src/methods/registry.js';
import { buildMethod } from '../../src/train/build.js';
import { fromRecipe } from '../../src/train/config.js';
import { beginEpoch } from '../../src/train/epoch.js';
import { EpochMeter } from '../../src/train/epoch-meter.js';
import { makeOptimizers } from '../../src/train/optimizers.js';
import { autocastType } from '../../src/train/precision.js';
import { trainStep } from '../../src/train/step.js';
import { median } from '../lib/run.js';

interface Config {
  method: string;
  width: number;
  size: number;
  batch: number;
  threads: number;
  warmup: number;
  steps: number;
}

const config = JSON.parse(process.argv[2] ?? '{}') as Config;
threads(config.threads);
const definition = findMethod(config.method);
const count = config.batch * (config.warmup + config.steps);
const dataset = await openImages(`synthetic:objects?count=${count}&test=0&size=${config.size}`, { split: 'train' });
const training = {
  ...fromRecipe(definition.recipes.small),
  ...(definition.architectures === undefined
    ? { backbone: 'resnet18', width: config.width }
    : { backbone: definition.architectures[0]!, width: null }),
  batchSize: config.batch,
};
const options = parseMethodOptions(definition, {}, true);
const method = buildMethod(definition, options, training, dataset, { seed: 0, device: 'cpu' });
const state = {
  method,
  optimizers: makeOptimizers(method, 0, training),
  random: new Generator(0),
  position: { step: 0, epoch: 0, batch: 0, stage: 0 },
  order: null,
  meter: new EpochMeter(),
};
const length = { totalSteps: 1000, totalEpochs: 100 };
beginEpoch(state, { ...state.position, ...length }, training, dataset, 'cpu');

let inViews = 0;
const makeViews = method.views.bind(method);
method.views = (batch, random) => {
  const began = performance.now();
  const views = makeViews(batch, random);
  inViews += performance.now() - began;
  return views;
};

const autocast = autocastType(training.precision, 'cpu');
const times = Array.from({ length: config.warmup + config.steps }, (_, step) => {
  inViews = 0;
  const began = performance.now();
  const indices = Array.from({ length: config.batch }, (_, i) => step * config.batch + i);
  const batch = { samples: dataset.batch(indices), indices };
  trainStep(
    state,
    [batch],
    { step, epoch: 0, stage: 0, ...length },
    {
      ...{ device: 'cpu', autocast, clipNorm: training.clipNorm, watchFeatures: false },
      // Small, so that no method leaves the range of ordinary numbers.
      ...{ learningRateFactor: 1e-3, learningRate: 1e-3 * training.learningRate },
      nextLearningRate: 1e-3 * training.learningRate,
    },
  );
  return { views: inViews / 1000, step: (performance.now() - began) / 1000 };
}).slice(config.warmup);

process.stdout.write(
  `${JSON.stringify({
    views: median(times.map(({ views }) => views)),
    step: median(times.map(({ step }) => step)),
    precision: autocast === null ? 'fp32' : 'bf16',
  })}\n`,
);
