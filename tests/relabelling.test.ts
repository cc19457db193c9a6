/** Runs of methods that label the data set anew between epochs: a stop anywhere must leave no trace. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findMethod, parseMethodOptions } from '../src/methods/registry.js';
import { readCheckpoint } from '../src/train/checkpoint.js';
import { resume, type TrainRequest, train } from '../src/train/loop.js';
import { RunFolder } from '../src/train/run-folder.js';
import { bits, temporaryFolder, tinyImages, tinyTraining } from './support/tiny.js';

const folder = temporaryFolder();
const dataset = await tinyImages(folder);
const EPOCHS = 3;
const STEPS_PER_EPOCH = 7; // 60 images in batches of 8

function request(name: string, out: string): TrainRequest {
  const definition = findMethod(name);
  return {
    definition,
    options: parseMethodOptions(definition, {}, true),
    training: tinyTraining(definition, { epochs: EPOCHS, checkpointEvery: 100 }),
    dataset,
    source: { spec: 'generated', split: 'train', limit: null, asked: { size: null, channels: 'auto', length: null } },
    out: join(folder, out),
  };
}

/** Runs, or goes on, until the step; gives the losses of the steps done. */
async function losses(
  run: (watcher: Parameters<typeof train>[1]) => ReturnType<typeof train>,
  stopAfter?: number,
): Promise<number[]> {
  const controller = new AbortController();
  const found: number[] = [];
  const { reason } = await run({
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type !== 'step') return;
      found.push(event.loss);
      if (event.step === stopAfter) controller.abort();
    },
  });
  expect(reason).toBe(stopAfter === undefined ? 'finished' : 'stopped');
  return found;
}

function finalState(name: string, out: string): string {
  const { method, optimizers } = readCheckpoint(RunFolder.open(join(folder, out)).checkpoints().at(-1)!, name);
  return [method, ...optimizers.values()].map(bits).join('\n');
}

it.each(['deep-cluster', 'deeper-cluster', 'local-aggregation'])(
  '%s goes on bit for bit after a stop in the middle of an epoch, at its end, and behind its first batch',
  async (name) => {
    const whole = await losses((watcher) => train(request(name, `${name}-whole`), watcher));
    expect(whole).toHaveLength(EPOCHS * STEPS_PER_EPOCH);
    const truth = finalState(name, `${name}-whole`);
    for (const stop of [3, STEPS_PER_EPOCH, STEPS_PER_EPOCH + 1, 2 * STEPS_PER_EPOCH - 1]) {
      const out = `${name}-${stop}`;
      const before = await losses((watcher) => train(request(name, out), watcher), stop);
      const after = await losses((watcher) => resume(join(folder, out), findMethod(name), dataset, watcher));
      expect([...before, ...after], `a stop after step ${stop}`).toEqual(whole);
      expect(finalState(name, out) === truth, `the final state after a stop at ${stop}`).toBe(true);
    }
  },
);
