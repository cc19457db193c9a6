/**
 * Our side of pretraining.ts: the whole loop as `autodidact pretrain` runs it. Waits for a line before each step and prints the
 * seconds until its end: data, views, step and all that lies between.
 */
import { mkdtempSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openImages } from '../../src/data/index.js';
import { threads } from '../../src/engine/index.js';
import { findMethod, parseMethodOptions } from '../../src/methods/registry.js';
import { fromRecipe } from '../../src/train/config.js';
import { train } from '../../src/train/loop.js';
import type { PretrainingConfig } from '../pretraining.js';

const config = JSON.parse(process.argv[2] ?? '{}') as PretrainingConfig;
threads(config.threads);
const { batch, warmup, steps, size, images, device } = config;
const dataset = await openImages(`synthetic:objects?count=${images}&test=0&size=${size}`);
const definition = findMethod(config.method);
const folder = mkdtempSync(join(tmpdir(), 'autodidact-bench-'));
try {
  let began = 0;
  await train(
    {
      definition,
      options: parseMethodOptions(definition, config.options, true),
      training: {
        ...fromRecipe(definition.recipes.small),
        ...{ backbone: 'resnet18', width: 64, batchSize: batch, precision: 'auto' as const, device },
        ...{ epochs: ((warmup + steps) * batch) / images, monitorEvery: 0, checkpointEvery: 1000 },
      },
      dataset,
      source: { spec: 'generated', split: 'train', limit: null, asked: { size: null, channels: 'auto', length: null } },
      out: join(folder, 'run'),
    },
    {
      onEvent: ({ type }) => {
        if (type === 'step') writeSync(1, `${(performance.now() - began) / 1000}\n`);
        if (type !== 'start' && type !== 'step') return;
        readSync(0, Buffer.alloc(1));
        began = performance.now();
      },
    },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
