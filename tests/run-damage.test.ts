/** Runs that several processes want at once, and runs whose files are damaged. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { findMethod, parseMethodOptions } from '../src/methods/registry.js';
import type { TrainingOptions } from '../src/train/config.js';
import { loadRun } from '../src/train/load.js';
import { resume, type TrainRequest, train, type Watcher } from '../src/train/loop.js';
import type { RunEvent } from '../src/train/run-events.js';
import { RunFolder } from '../src/train/run-folder.js';
import { type Child, startTogether } from './support/child.js';
import { temporaryFolder, tinyImages, tinyTraining } from './support/tiny.js';

const folder = temporaryFolder();
const dataset = await tinyImages(folder);
const definition = findMethod('rotation');
const STEPS_PER_EPOCH = 7; // 60 images in batches of 8

const children: Child[] = [];
afterAll(() => Promise.all(children.map((child) => child.kill())));

const request = (out: string, training: Partial<TrainingOptions> = {}): TrainRequest => ({
  definition,
  options: parseMethodOptions(definition, {}, true),
  training: tinyTraining(definition, { epochs: 4, keepCheckpoints: 3, monitorEvery: 0, ...training }),
  dataset,
  source: { spec: 'generated', split: 'train', limit: null, asked: { size: null, channels: 'auto', length: null } },
  out: join(folder, out),
});

const losses = (events: readonly RunEvent[]): [number, number][] =>
  events.flatMap((event) => (event.type === 'step' ? [[event.step, event.loss]] : []));

/** A run that is stopped after a step. */
async function stopped(out: string, step: number, training: Partial<TrainingOptions> = {}): Promise<RunFolder> {
  const controller = new AbortController();
  const watcher: Watcher = {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === 'step' && event.step === step) controller.abort();
    },
  };
  const { folder: run, reason } = await train(request(out, training), watcher);
  expect(reason).toBe('stopped');
  return run;
}

function damage(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
}

it('goes on from the checkpoint before a damaged one, to the very same end', async () => {
  const whole = await train(request('whole'));
  const run = await stopped('damaged', 2 * STEPS_PER_EPOCH + 3);
  const newest = run.checkpoints().at(-1)!;
  expect(basename(newest)).toBe('step-000000017.safetensors');
  damage(newest);

  const loaded = loadRun(run.path);
  expect(loaded.step).toBe(2 * STEPS_PER_EPOCH);
  const sentence = /step-000000017\.safetensors is damaged: .* Using step-000000014\.safetensors instead/;
  expect(loaded.warnings).toEqual([expect.stringMatching(sentence)]);
  loaded.method.dispose();
  expect(existsSync(newest)).toBe(true);

  const events: RunEvent[] = [];
  await resume(run.path, definition, dataset, { onEvent: (event) => events.push(event) });
  expect(events.slice(0, 2)).toEqual([
    expect.objectContaining({ type: 'resume', step: 14 }),
    { type: 'warning', step: 14, message: expect.stringMatching(sentence) },
  ]);
  expect(losses(run.events())).toEqual(losses(whole.folder.events()));
  const last = (folder: RunFolder) => readFileSync(folder.checkpoints().at(-1)!);
  expect(last(run).equals(last(whole.folder))).toBe(true);
  expect(readdirSync(run.file('checkpoints'))).toContain('step-000000017.safetensors.damaged');
  expect(loadRun(run.path).warnings).toEqual([]);
});

it('keeps a long epoch that is killed: checkpoints in the middle of it lead to the very same end', async () => {
  const training = { epochs: 2, checkpointEvery: 100, keepCheckpoints: 100 };
  const whole = (await train(request('no-minutes', { ...training, checkpointMinutes: 0 }))).folder;
  const run = (await train(request('minutes', { ...training, checkpointMinutes: 1e-9 }))).folder;
  const steps = (folder: RunFolder) => folder.checkpoints().map((path) => Number(/step-(\d+)/.exec(path)![1]));
  expect(steps(whole)).toEqual([14]);
  expect(steps(run)).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14]);
  const last = readFileSync(whole.checkpoints().at(-1)!);
  for (const path of run.checkpoints().slice(8)) rmSync(path);
  await resume(run.path, definition, dataset);
  expect(steps(run)).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14]);
  expect(readFileSync(run.checkpoints().at(-1)!).equals(last)).toBe(true);
  expect(losses(run.events())).toEqual(losses(whole.events()));
});

it('refuses a run whose checkpoints are all damaged, and unlocks it', async () => {
  const run = await stopped('lost', STEPS_PER_EPOCH + 3);
  const paths = run.checkpoints();
  expect(paths).toHaveLength(2);
  for (const path of paths) damage(path);
  await expect(resume(run.path, definition, dataset)).rejects.toThrow(/^None of the 2 checkpoints of the run can be/);
  expect(() => loadRun(run.path)).toThrow(/^None of the 2 checkpoints of the run can be/);
  expect(existsSync(run.file('.lock'))).toBe(false);
  expect(run.checkpoints()).toEqual(paths);
});

it('unlocks a run that it cannot continue', async () => {
  const run = await stopped('other-data', 3);
  const other = await tinyImages(folder, 'count=40&test=20&size=16');
  await expect(resume(run.path, definition, other)).rejects.toMatchObject({ code: 'DATA' });
  expect(existsSync(run.file('.lock'))).toBe(false);
});

it('refuses a second writer in the same process', async () => {
  const run = await stopped('twice', 3);
  const first = resume(run.path, definition, dataset);
  await expect(resume(run.path, definition, dataset)).rejects.toMatchObject({
    code: 'IO',
    message: expect.stringContaining(`is in use by process ${process.pid}.`),
  });
  expect((await first).reason).toBe('finished');
  const steps = losses(run.events()).map(([step]) => step);
  expect(steps).toEqual(Array.from({ length: 4 * STEPS_PER_EPOCH }, (_, i) => i + 1));
});

const source = (path: string): string => JSON.stringify(fileURLToPath(new URL(`../src/${path}`, import.meta.url)));

/** A process that opens the images, waits for a line, and works on a run. */
const worker = (work: string): string => `
  import { openImages } from ${source('data/index.ts')};
  import { findMethod } from ${source('methods/registry.ts')};
  import { resume, train } from ${source('train/loop.ts')};
  const dataset = await openImages('synthetic:objects?count=60&test=20&size=16', {
    cacheFolder: ${JSON.stringify(folder)},
    split: 'train',
  });
  const definition = findMethod('rotation');
  console.log('ready');
  process.stdin.once('data', async () => {
    try {
      await ${work};
      console.log('done');
    } catch (error) {
      console.log(error.message);
    }
  });
`;

it('is continued by one of several processes', async () => {
  const run = await stopped('contested', 3, { epochs: 40, checkpointEvery: 100 });
  const workers = await startTogether(3, () => worker(`resume(${JSON.stringify(run.path)}, definition, dataset)`));
  children.push(...workers);
  const outcomes = await Promise.all(workers.map((child) => child.line()));
  expect(outcomes).toContain('done');
  for (const outcome of outcomes) expect(outcome).toMatch(/^done$|is in use by process \d+\. /);
  const steps = losses(run.events()).map(([step]) => step);
  expect(steps).toEqual(Array.from({ length: 40 * STEPS_PER_EPOCH }, (_, i) => i + 1));
});

it('is begun by one of several processes, whose configuration it has', async () => {
  const out = join(folder, 'begun');
  const { definition: _, dataset: __, ...given } = request('begun', { epochs: 10 });
  const workers = await startTogether(3, (seed) => {
    const training = JSON.stringify({ ...given.training, seed });
    return worker(`train({ ...${JSON.stringify(given)}, training: ${training}, definition, dataset })`);
  });
  children.push(...workers);
  const outcomes = await Promise.all(workers.map((child) => child.line()));
  expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
  for (const outcome of outcomes)
    expect(outcome).toMatch(/^done$|is in use by process \d+\. |^There is a run at .* already\. /);
  const run = RunFolder.open(out);
  expect(run.readConfig().training.seed).toBe(outcomes.indexOf('done'));
  expect(losses(run.events())).toHaveLength(10 * STEPS_PER_EPOCH);
});
