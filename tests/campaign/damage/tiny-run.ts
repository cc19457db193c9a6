/** A run with everything that a run folder may hold, the same bytes each time it is made. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Dataset, openImages } from '../../../src/data/index.js';
import { threads } from '../../../src/engine/index.js';
import { evaluate } from '../../../src/evaluate/evaluate.js';
import { addEvaluation } from '../../../src/evaluate/records.js';
import { saveEmbedding } from '../../../src/export/report/embedding-file.js';
import { gatherEmbedding } from '../../../src/export/report/gather.js';
import { findMethod, parseMethodOptions } from '../../../src/methods/registry.js';
import { fromRecipe } from '../../../src/train/config.js';
import { loadRun } from '../../../src/train/load.js';
import { type TrainRequest, train } from '../../../src/train/loop.js';
import { parseEvents, type RunEvent } from '../../../src/train/run-events.js';
import { RunFolder } from '../../../src/train/run-folder.js';

export const definition = findMethod('rotation');
const SPEC = 'synthetic:objects?count=40&test=12&size=16';
const STEPS_PER_EPOCH = 5;
const TIME = '2026-01-01T00:00:00.000Z';

export interface TinyRuns {
  dataset: Dataset;
  /** A finished run, evaluated, with the map of its features. */
  finished: string;
  /** The same run, stopped in the middle of its second epoch. */
  stopped: string;
}

let folder: string | undefined;
let made: Promise<TinyRuns> | undefined;

/** Chooses the folder in which `tinyRuns` makes them. */
export function putTinyRunsInto(path: string): void {
  if (path !== folder) made = undefined;
  folder = path;
}

/** Made at the first call. */
export function tinyRuns(): Promise<TinyRuns> {
  if (folder === undefined) throw new Error('putTinyRunsInto chooses the folder first');
  made ??= make(folder);
  return made;
}

async function make(folder: string): Promise<TinyRuns> {
  threads(1);
  mkdirSync(folder, { recursive: true });
  const open = (split: 'train' | 'test') => openImages(SPEC, { cacheFolder: folder, split });
  const [dataset, test] = [await open('train'), await open('test')];
  const stopped = await trained(join(folder, 'stopped'), dataset, STEPS_PER_EPOCH + 2);
  const finished = await trained(join(folder, 'finished'), dataset, null);
  const run = loadRun(finished);
  const job = evaluate({ run, train: dataset, test, protocols: ['knn'], baselines: ['random'], seeds: [0] });
  addEvaluation(join(finished, 'evaluation.json'), { ...(await job), date: TIME, seconds: 1 });
  saveEmbedding(run.folder, await gatherEmbedding(run.encoder, dataset, { step: run.step, limit: 12 }));
  run.method.dispose();
  return { dataset, finished, stopped };
}

/** A run of another method, stopped after its first step. */
export async function tinyRunOf(method: string, options: Record<string, unknown> = {}): Promise<string> {
  const { dataset } = await tinyRuns();
  const out = join(folder!, method);
  return existsSync(out) ? out : trained(out, dataset, 1, findMethod(method), options);
}

async function trained(
  out: string,
  dataset: Dataset,
  stopAt: number | null,
  method = definition,
  options: Record<string, unknown> = {},
): Promise<string> {
  const controller = new AbortController();
  const request: TrainRequest = {
    definition: method,
    options: parseMethodOptions(method, options, true),
    training: {
      ...fromRecipe(method.recipes.small),
      ...{ backbone: method.architectures?.[0] ?? 'resnet18', width: method.architectures === undefined ? 2 : 24 },
      ...{ epochs: 2, batchSize: 8, warmupEpochs: 0, precision: 'fp32', device: 'cpu' },
    },
    dataset,
    source: { spec: SPEC, split: 'train', limit: null, asked: { size: null, channels: 'auto', length: null } },
    out,
  };
  await train(request, {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === 'step' && event.step === stopAt) controller.abort();
    },
  });
  freeze(RunFolder.open(out));
  return out;
}

/** Puts fixed values in place of times and paths. */
function freeze(folder: RunFolder): void {
  const config = folder.readConfig();
  const machine = { ...config.machine, memoryBytes: 2 ** 30 };
  folder.writeConfig({ ...config, machine, createdAt: TIME });
  const events = parseEvents(readFileSync(folder.file('events.jsonl'), 'utf8')).map(frozen);
  writeFileSync(folder.file('events.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

function frozen(event: RunEvent): RunEvent {
  switch (event.type) {
    case 'start':
      return { ...event, time: TIME };
    case 'step':
      return { ...event, samplesPerSecond: 100 };
    case 'epoch':
      return { ...event, seconds: 1 };
    case 'checkpoint':
      return { ...event, path: basename(event.path) };
    case 'end':
      return { ...event, time: TIME, seconds: 2, peakResidentBytes: 2 ** 28 };
    default:
      return event;
  }
}

/** Copies a run, without its lock. */
export function copyRun(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  rmSync(join(to, '.lock'), { force: true });
}
