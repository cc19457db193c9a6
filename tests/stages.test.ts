/** Runs of methods that have several stages: each begins at its step, and a stop anywhere leaves no trace. */
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../src/engine/safetensors.js';
import { findMethod, parseMethodOptions } from '../src/methods/registry.js';
import { readCheckpoint } from '../src/train/checkpoint.js';
import { loadRun } from '../src/train/load.js';
import { resume, type TrainRequest, train, type Watcher } from '../src/train/loop.js';
import type { RunEvent } from '../src/train/run-events.js';
import { RunFolder } from '../src/train/run-folder.js';
import { bits, temporaryFolder, tinyImages, tinyTraining } from './support/tiny.js';

const folder = temporaryFolder();
const dataset = await tinyImages(folder);
const definition = findMethod('super-resolution');
/** Two epochs of 7 steps, 60 images in batches of 8; SRGAN has the last 4, from the middle of the second epoch. */
const FIRST_OF_SRGAN = 11;

const request = (out: string, options: Record<string, unknown> = {}): TrainRequest => ({
  definition,
  options: parseMethodOptions(definition, { discriminatorWidth: 2, ganShare: 0.3, ...options }, true),
  training: tinyTraining(definition, { epochs: 2, checkpointEvery: 100 }),
  dataset,
  source: { spec: 'generated', split: 'train', limit: null, asked: { size: null, channels: 'auto', length: null } },
  out: join(folder, out),
});

type Step = Extract<RunEvent, { type: 'step' }>;

/** Runs, or goes on, until the step; gives what was logged of the steps done. */
async function steps(run: (watcher: Watcher) => Promise<unknown>, stopAfter?: number): Promise<Step[]> {
  const controller = new AbortController();
  const found: Step[] = [];
  await run({
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type !== 'step') return;
      found.push(event);
      if (event.step === stopAfter) controller.abort();
    },
  });
  return found;
}

function finalState(out: string): string {
  const path = RunFolder.open(join(folder, out)).checkpoints().at(-1)!;
  const { method, optimizers } = readCheckpoint(path, definition.name);
  return [...optimizers]
    .map(([turn, state]) => `${turn}\n${bits(state)}`)
    .concat(bits(method))
    .join('\n');
}

it('begins a stage at its step, in the middle of an epoch, and goes on bit for bit after a stop before and after it', async () => {
  const whole = await steps((watcher) => train(request('whole'), watcher));
  const inSrgan = whole.filter(({ metrics }) => 'adversarial' in metrics).map(({ step }) => step);
  expect(inSrgan).toEqual([11, 12, 13, 14]);
  const truth = finalState('whole');
  for (const stop of [FIRST_OF_SRGAN - 1, FIRST_OF_SRGAN]) {
    const out = `stop-${stop}`;
    const before = await steps((watcher) => train(request(out), watcher), stop);
    const after = await steps((watcher) => resume(join(folder, out), definition, dataset, watcher));
    expect([...before, ...after].map(({ loss }) => loss)).toEqual(whole.map(({ loss }) => loss));
    expect(finalState(out) === truth, `the final state after a stop at ${stop}`).toBe(true);
  }
});

it('refuses a checkpoint of a stage that the method does not have, and unlocks the run', async () => {
  await steps((watcher) => train(request('strange'), watcher), 2);
  const path = join(folder, 'strange');
  const run = RunFolder.open(path);
  const file = run.checkpoints().at(-1)!;
  const { tensors, metadata } = readSafetensors(file);
  const { sha256: _, ...rest } = metadata;
  const position = JSON.stringify({ ...JSON.parse(rest.position!), stage: 2 });
  // The first format has no digest.
  writeSafetensors(file, tensors, { ...rest, format: 'autodidact-checkpoint-1', position });
  const before = readFileSync(run.file('events.jsonl'), 'utf8');
  await expect(resume(path, definition, dataset)).rejects.toMatchObject({
    code: 'CHECKPOINT',
    message:
      'Expected a stage from 0 to 1 (srresnet, srgan) in the checkpoint of step 2, received 2. Use another checkpoint, or start a new run.',
  });
  expect(readFileSync(run.file('events.jsonl'), 'utf8')).toBe(before);
  run.lock();
  run.unlock();
});

it('averages what only some steps of an epoch have over those', async () => {
  const lines = readFileSync(join(folder, 'whole', 'events.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const events = lines.map((line) => JSON.parse(line) as RunEvent);
  const values = events.flatMap((event) => (event.type === 'step' ? (event.metrics.adversarial ?? []) : []));
  const epochs = events.filter((event) => event.type === 'epoch');
  expect(epochs[0]!.metrics.adversarial).toBeUndefined();
  expect(epochs[1]!.metrics.adversarial).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 6);
});

it('loads a run whose content network came from an encoder that is gone', async () => {
  await train(request('first'));
  const encoder = join(folder, 'first', 'encoder.safetensors');
  await train(request('second', { encoder }));
  renameSync(encoder, `${encoder}.elsewhere`);
  const { method } = loadRun(join(folder, 'second'));
  const first = loadRun(join(folder, 'first')).method.backbone.stateDict();
  for (const [key, value] of first)
    expect(method.stateDict().get(`content.network.${key}`)!.equal(value), key).toBe(true);
});
