/** Our side of words.ts. Waits for a line before each pass over the text and prints the seconds of the processor that it took. */
import { createInterface } from 'node:readline';
import { openTexts, samplesTo } from '../../src/data/index.js';
import { RandomSampler } from '../../src/data/sampler.js';
import { Generator, scope } from '../../src/engine/index.js';
import type { Batch } from '../../src/methods/method.js';
import { findMethod, parseMethodOptions } from '../../src/methods/registry.js';
import { buildMethod } from '../../src/train/build.js';
import { fromRecipe } from '../../src/train/config.js';
import { trainStep } from '../../src/train/step.js';

const config = JSON.parse(process.argv[2] ?? '{}') as {
  spec: string;
  method: string;
  rate: number;
  leastCount: number;
  words: number;
  passes: number;
};
const dataset = await openTexts(config.spec, { tokenizer: 'words', context: 128, form: 'stream' });
const definition = findMethod(config.method);
const training = fromRecipe(definition.recipes.paper);
const options = parseMethodOptions(definition, { leastCount: config.leastCount }, false);
const { assets, spec, count } = dataset;
const method = buildMethod(definition, options, training, { spec, count }, { seed: 1, device: 'cpu', assets });
const sampler = new RandomSampler(count, { batchSize: training.batchSize, seed: 1, dropLast: false });
const state = { method, optimizers: new Map(), random: new Generator(1) };
const totalSteps = config.passes * Math.ceil(count / training.batchSize);
let step = 0;
let epoch = 0;
for await (const _ of createInterface(process.stdin)) {
  const began = process.cpuUsage();
  for (const batch of sampler.batches(epoch, 0)) {
    const indices = Array.from(batch);
    const rateAt = (place: number): number => config.rate * (1 - place / totalSteps);
    scope(() =>
      trainStep(
        state,
        [{ samples: samplesTo(dataset.collate(indices, { seed: 1, epoch }), 'cpu'), indices } as unknown as Batch],
        { step, totalSteps, epoch, totalEpochs: config.passes, stage: 0 },
        {
          ...{ device: 'cpu', autocast: null, clipNorm: null, learningRateFactor: 1, watchFeatures: false },
          ...{ learningRate: rateAt(step), nextLearningRate: rateAt(step + 1) },
        },
      ),
    );
    step++;
  }
  epoch++;
  const { user, system } = process.cpuUsage(began);
  process.stdout.write(`${(user + system) / 1e6}\n`);
}
process.stdout.write(`${JSON.stringify({ words: config.words })}\n`);
