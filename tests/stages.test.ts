/** Runs of methods that have several stages: each begins at its step, and a stop anywhere leaves no trace. */
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Generator } from '../src/engine/index.js';
import { readSafetensors, writeSafetensors } from '../src/engine/safetensors.js';
import { LocalAggregation, localAggregation } from '../src/methods/image/automatic-labels/local-aggregation.js';
import type { Batch, EpochContext, EpochPlan } from '../src/methods/method.js';
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

function finalState(out: string, { name } = definition): string {
  const path = RunFolder.open(join(folder, out)).checkpoints().at(-1)!;
  const { method, optimizers } = readCheckpoint(path, name);
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

it('starts a stage in the middle of an epoch as an epoch, and goes on bit for bit after a stop before and after it', async () => {
  const aggregation = findMethod('local-aggregation');
  // One epoch of 7 steps, of which the last 4 have close neighbors.
  const begins = 4;
  const of = (out: string): TrainRequest => ({
    ...request(out),
    definition: aggregation,
    options: parseMethodOptions(aggregation, { warmStart: 0.4, clusters: 6, clusterings: 2 }, true),
    training: tinyTraining(aggregation, { epochs: 1, checkpointEvery: 100 }),
  });
  const whole = await steps((watcher) => train(of('clusters'), watcher));
  const inSecond = whole.filter(({ metrics }) => 'closeNeighbors' in metrics).map(({ step }) => step);
  expect(inSecond).toEqual([4, 5, 6, 7]);
  const { method } = loadRun(join(folder, 'clusters'));
  const rounds = (method as LocalAggregation).clusterings.map((labels) => labels.rounds.item());
  expect(rounds).toEqual([1, 1]);
  for (const stop of [begins - 1, begins]) {
    const out = `clusters-${stop}`;
    const before = await steps((watcher) => train(of(out), watcher), stop);
    const after = await steps((watcher) => resume(join(folder, out), aggregation, dataset, watcher));
    expect([...before, ...after].map(({ loss }) => loss)).toEqual(whole.map(({ loss }) => loss));
    expect(finalState(out, aggregation) === finalState('clusters', aggregation), `after a stop at ${stop}`).toBe(true);
  }
});

it('follows the order that a method chooses as a stage begins, from the place on that the epoch had reached', async () => {
  const seen: number[] = [];
  class InOrder extends LocalAggregation {
    override onEpochStart({ progress, count }: EpochContext): EpochPlan {
      return progress.stage === 0 ? {} : { order: Array.from({ length: count }, (_, i) => i) };
    }
    override views(batch: Batch, random: Generator) {
      seen.push(...batch.indices);
      return super.views(batch, random);
    }
  }
  const definition = { ...localAggregation, create: (context: never) => new InOrder(context) };
  const options = parseMethodOptions(definition, { warmStart: 0.4 }, true);
  const training = tinyTraining(definition, { epochs: 2, checkpointEvery: 100, monitorEvery: 0 });
  await train({ ...request('ordered'), definition, options, training });
  // 14 steps of 8 images; the stage begins after 6, one step before the end of the first epoch.
  expect(seen.slice(48, 56)).toEqual([48, 49, 50, 51, 52, 53, 54, 55]);
  expect(seen.slice(56)).toEqual(Array.from({ length: 56 }, (_, i) => i));
  expect(seen.slice(0, 48)).not.toEqual(Array.from({ length: 48 }, (_, i) => i));
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
