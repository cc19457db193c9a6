/** Our side of pretraining.ts: the whole loop as `autodidact pretrain` runs it; prints one line of JSON. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openImages } from '../../src/data/index.js';
import { memory, threads } from '../../src/engine/index.js';
import { findMethod, parseOptions } from '../../src/methods/registry.js';
import { fromRecipe } from '../../src/train/config.js';
import { pretrain } from '../../src/train/loop.js';
import type { PretrainingConfig } from '../pretraining.js';

const config = JSON.parse(process.argv[2] ?? '{}') as PretrainingConfig;
threads(config.threads);
const { batch, warmup, steps, size, images, device } = config;
const dataset = await openImages(`synthetic:objects?count=${images}&test=0&size=${size}`);
const definition = findMethod(config.method);
const folder = mkdtempSync(join(tmpdir(), 'autodidact-bench-'));
try {
  const ends: number[] = [];
  let loss = Number.NaN;
  await pretrain(
    {
      definition,
      options: parseOptions(definition, config.options, true),
      training: {
        ...fromRecipe(definition.recipes.small),
        ...{ backbone: 'resnet18', width: 64, batchSize: batch, precision: 'auto' as const, device },
        ...{ epochs: ((warmup + steps) * batch) / images, monitorEvery: 0, checkpointEvery: 1000 },
      },
      dataset,
      source: { spec: 'generated', split: 'train', limit: null, asked: { size: null, channels: 'auto' } },
      out: join(folder, 'run'),
    },
    {
      onEvent: (event) => {
        if (event.type !== 'step') return;
        ends.push(performance.now());
        loss = event.loss;
      },
    },
  );
  // From the end of the last warm-up step to the end of the last step: data, views, step and all that lies between.
  const seconds = (ends.at(-1)! - ends[warmup - 1]!) / 1000;
  const { peakResidentBytes: peakBytes } = memory();
  process.stdout.write(`${JSON.stringify({ imagesPerSecond: (steps * batch) / seconds, peakBytes, loss })}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
