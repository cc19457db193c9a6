import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Dataset, drawPart } from '../data/index.js';
import { type Device, memory, resetPeakMemory, threads } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import {
  chooseRandom,
  dataDependentEncoder,
  disposeEncoder,
  type MakeFresh,
  supervised,
} from '../evaluate/baselines.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { FinetuneOptions } from '../evaluate/finetune.js';
import { seenBy } from '../evaluate/inputs.js';
import { scoreWithoutLabels } from '../evaluate/label-free.js';
import { prepare, type Setting } from '../evaluate/setting.js';
import { pick, type Task } from '../evaluate/task.js';
import { classification } from '../evaluate/tasks/classification.js';
import { answersOf, type Untaught } from '../evaluate/untaught.js';
import type { Encoder, MethodDefinition } from '../methods/method.js';
import { buildEncoder } from '../train/build.js';
import { loadRun } from '../train/load.js';
import type { LoadedEncoder } from '../train/load-encoder.js';
import { resume, type TrainResult, train, type Watcher } from '../train/loop.js';
import type { RunSource } from '../train/run-config.js';
import { RunFolder } from '../train/run-folder.js';
import type { Block } from './blocks.js';
import type { Competitor, Rival } from './competitors.js';
import type { Cell } from './folder.js';
import type { Samples } from './open.js';
import { type MethodPlan, trainingFor } from './plans.js';

/** What every cell of a comparison has in common. */
export interface Rules {
  /** null without labels. */
  task: Task | null;
  protocol: string;
  labels: string;
  device: Device;
  threads: number;
  source: RunSource;
  /** Of supervised training and fine-tuning. */
  finetune: FinetuneOptions;
  signal: AbortSignal | undefined;
}

/** A part of a cell that is being done. */
export type Report = (work: string, done: number, total: number) => void;

type Measured = Omit<Cell, 'competitor' | 'rung' | 'block' | 'failure'>;

/** Pretrains a method for so many steps in the folder, or goes on where it stopped, and scores its encoder. */
export async function measureMethod(
  { definition, copy }: Pick<Competitor, 'definition' | 'copy'>,
  plan: MethodPlan,
  steps: number,
  { block, samples, path }: { block: Block; samples: Samples; path: string },
  rules: Rules,
  report: Report,
): Promise<Measured> {
  const pool = samples.train.subset(block.pool);
  resetPeakMemory();
  if (rules.device === 'cpu') threads(plan.threads);
  const about = { pool, seed: block.seed + 1000 * copy, path };
  const events = await pretrained(definition!, plan, steps, about, rules, report).finally(() => {
    if (rules.device === 'cpu') threads(rules.threads);
  });
  const { peakResidentBytes: peakBytes } = memory();
  const run = loadRun(path, { device: rules.device });
  try {
    const scored = await scoredEncoder(run, { block, samples, pool }, rules, report);
    const seconds = { pretraining: events.seconds, evaluation: scored.seconds };
    return { ...scored.figures, seconds, steps: run.step, epochs: events.epochs, peakBytes, warnings: events.warnings };
  } finally {
    run.method.dispose();
  }
}

async function pretrained(
  definition: MethodDefinition,
  plan: MethodPlan,
  steps: number,
  { pool, seed, path }: { pool: Dataset; seed: number; path: string },
  rules: Rules,
  report: Report,
): Promise<{ seconds: number; epochs: number; warnings: string[] }> {
  const watcher = {
    signal: rules.signal,
    onEvent: (event: { type: string; step?: number }) => {
      if (event.type === 'step') report('pretraining', event.step!, steps);
    },
  };
  const training = trainingFor(plan, steps, pool.count, seed);
  const begun = existsSync(join(path, 'config.json'));
  if (!(begun && hasEnded(path))) {
    const { options, record } = plan;
    const request = { definition, options, training, dataset: pool, source: rules.source, plan: record, out: path };
    const result = (begun && (await continued(path, definition, pool, watcher))) || (await train(request, watcher));
    if (result.reason === 'stopped') throw new AutodidactError('INTERRUPTED', 'The comparison was stopped');
  }
  const all = RunFolder.open(path).events();
  const seconds = all.reduce((sum, event) => sum + (event.type === 'epoch' ? event.seconds : 0), 0);
  const warnings = all.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  return { seconds, epochs: training.epochs, warnings: [...new Set(warnings)] };
}

/** Goes on with a run; null where nothing of it can be read, so that it is made anew: with the same seed it becomes the same run. */
async function continued(
  path: string,
  definition: MethodDefinition,
  pool: Dataset,
  watcher: Watcher,
): Promise<TrainResult | null> {
  try {
    return await resume(path, definition, pool, watcher);
  } catch (error) {
    if (!(error instanceof AutodidactError && error.code === 'CHECKPOINT')) throw error;
    rmSync(path, { recursive: true, force: true });
    return null;
  }
}

function hasEnded(path: string): boolean {
  const last = RunFolder.open(path).events().at(-1);
  return last?.type === 'end' && last.reason === 'finished';
}

/** A network that was not pretrained, or was trained on the labels alone. */
export async function measureBaseline(
  kind: Rival,
  makeFresh: MakeFresh,
  { block, samples }: { block: Block; samples: Samples },
  rules: Rules,
  report: Report,
): Promise<Measured> {
  const pool = samples.train.subset(block.pool);
  const none = { seconds: { pretraining: 0, evaluation: 0 }, steps: 0, epochs: 0, peakBytes: 0, warnings: [] };
  resetPeakMemory();
  if (kind === 'supervised') {
    const scored = await scoredSupervised(makeFresh, { block, samples, pool }, rules, report);
    return { ...none, ...scored, peakBytes: memory().peakResidentBytes };
  }
  if (kind === 'bag-of-words') {
    const scored = await scoredUntaught(kind, makeFresh, { block, samples, pool }, rules, report);
    return { ...none, ...scored, peakBytes: memory().peakResidentBytes };
  }
  const { encoder, spent } = await untrained(kind, makeFresh, { block, pool }, rules);
  try {
    const { figures, seconds } = await scoredEncoder({ encoder, makeFresh }, { block, samples, pool }, rules, report);
    const peakBytes = memory().peakResidentBytes;
    return { ...none, ...figures, peakBytes, seconds: { pretraining: 0, evaluation: seconds + spent } };
  } finally {
    disposeEncoder(encoder);
  }
}

/** An encoder that was trained elsewhere, as it is. */
export async function measureEncoder(
  loaded: Pick<LoadedEncoder, 'encoder' | 'makeFresh'>,
  { block, samples }: { block: Block; samples: Samples },
  rules: Rules,
  report: Report,
): Promise<Measured> {
  const pool = samples.train.subset(block.pool);
  resetPeakMemory();
  const { figures, seconds } = await scoredEncoder(loaded, { block, samples, pool }, rules, report);
  const peakBytes = memory().peakResidentBytes;
  const none = { steps: 0, epochs: 0, warnings: [] };
  return { ...none, ...figures, peakBytes, seconds: { pretraining: 0, evaluation: seconds } };
}

const REFERENCE = 2000;

async function untrained(
  kind: 'random' | 'data-dependent',
  makeFresh: MakeFresh,
  { block, pool }: { block: Block; pool: Dataset },
  { task, signal }: Rules,
): Promise<{ encoder: Encoder; spent: number }> {
  const began = performance.now();
  const looked = pool.subset(drawPart(pool.count, REFERENCE));
  if (kind === 'data-dependent') {
    const encoder = dataDependentEncoder(makeFresh, block.seed, looked);
    return { encoder, spent: (performance.now() - began) / 1000 };
  }
  const fresh = makeFresh(block.seed);
  const seen = seenBy(fresh, looked);
  disposeEncoder(fresh);
  const targets = task === null ? null : (seen.target(task.kind) ?? looked.target(task.kind));
  const asked = (task ?? classification) as Task;
  const { encoder } = await chooseRandom(asked, makeFresh, block.seed, { data: looked, targets }, { signal });
  return { encoder, spent: (performance.now() - began) / 1000 };
}

type Figures = Pick<Measured, 'score' | 'measures' | 'samples' | 'labelCount'>;

async function scoredEncoder(
  { encoder, makeFresh }: { encoder: Encoder; makeFresh: MakeFresh },
  { block, samples, pool }: { block: Block; samples: Samples; pool: Dataset },
  rules: Rules,
  report: Report,
): Promise<{ figures: Figures; seconds: number }> {
  const began = performance.now();
  const test = block.held === null ? samples.test! : samples.train.subset(block.held);
  const { task, protocol, labels, finetune, signal } = rules;
  if (task === null) {
    const measures = await scoreWithoutLabels(encoder, test, { signal });
    const figures = { score: null, measures, samples: test.count, labelCount: 0 };
    return { figures, seconds: (performance.now() - began) / 1000 };
  }
  const job = evaluate({
    ...{ encoder, makeFresh, task, train: pool, test, protocols: [protocol], labels: [labels], seeds: [block.seed] },
    ...{ baselines: [], finetune, signal },
  });
  for await (const event of job) if (event.type === 'progress') report(event.work, event.done, event.total);
  const { rows, notes } = await job;
  const score = rows.find(({ metric }) => metric === task.score);
  if (score === undefined) throw new AutodidactError('DIVERGED', notes.at(-1) ?? `${protocol} gave no score`);
  const measures = Object.fromEntries(rows.map(({ metric, value }) => [metric, value]));
  const figures = { score: score.value, measures, samples: score.n, labelCount: score.labelCount };
  return { figures, seconds: (performance.now() - began) / 1000 };
}

const NO_SCORE = 'The score is no finite number';

/** Those figures that a file of JSON can hold: the mean over the classes of no object is none. */
const finite = (figures: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).filter(([, value]) => Number.isFinite(value)));

async function scoredSupervised(
  makeFresh: MakeFresh,
  { block, samples, pool }: { block: Block; samples: Samples; pool: Dataset },
  rules: Rules,
  report: Report,
): Promise<Figures & Pick<Measured, 'seconds' | 'steps' | 'epochs' | 'warnings'>> {
  const began = performance.now();
  const { finetune, signal } = rules;
  const task = rules.task!;
  const encoder = makeFresh(block.seed);
  try {
    const setting = settingOf(encoder, makeFresh, { block, samples, pool }, rules);
    const { chosen } = setting.cells[0]!;
    const known = { data: setting.train.data.subset(chosen), targets: pick(setting.train.targets, chosen) };
    const result = await supervised(
      makeFresh,
      {
        ...{ task, train: known, test: setting.test, seed: block.seed, signal },
        onProgress: (done, total) => report('supervised training', done, total),
      },
      finetune,
    );
    const { measures, steps, epochs, warning } = result;
    const score = measures[task.score]!;
    if (!Number.isFinite(score)) throw new AutodidactError('DIVERGED', NO_SCORE);
    return {
      ...{
        score,
        measures: finite(measures),
        samples: setting.test.data.count,
        labelCount: chosen.length,
        steps,
        epochs,
      },
      seconds: { pretraining: 0, evaluation: (performance.now() - began) / 1000 },
      warnings: warning === null ? [] : [warning],
    };
  } finally {
    disposeEncoder(encoder);
  }
}

/** The block as `evaluate` sees it, without baselines. */
function settingOf(
  encoder: Encoder,
  makeFresh: MakeFresh,
  { block, samples, pool }: { block: Block; samples: Samples; pool: Dataset },
  { task, protocol, labels }: Rules,
): Setting {
  const test = block.held === null ? samples.test! : samples.train.subset(block.held);
  const asked = { train: pool, test, protocols: [protocol], labels: [labels], seeds: [block.seed] };
  return prepare({ encoder, makeFresh, task: task!, ...asked, baselines: [] });
}

async function scoredUntaught(
  kind: Untaught,
  makeFresh: MakeFresh,
  about: { block: Block; samples: Samples; pool: Dataset },
  rules: Rules,
  report: Report,
): Promise<Figures & Pick<Measured, 'seconds' | 'warnings'>> {
  const began = performance.now();
  const encoder = makeFresh(about.block.seed);
  try {
    const setting = settingOf(encoder, makeFresh, about, rules);
    const cell = setting.cells[0]!;
    report('linear', 0, 1);
    const { answers, warning } = await answersOf(kind, setting, {}, rules.signal)(cell);
    const measures = setting.task.measure(answers);
    const seconds = { pretraining: 0, evaluation: (performance.now() - began) / 1000 };
    const samples = setting.test.data.count;
    const score = measures[setting.task.score]!;
    if (!Number.isFinite(score)) throw new AutodidactError('DIVERGED', NO_SCORE);
    const figures = { score, measures: finite(measures), samples, labelCount: cell.chosen.length };
    return { ...figures, seconds, warnings: warning === null ? [] : [warning] };
  } finally {
    disposeEncoder(encoder);
  }
}

/** Makes the network of a method's plan for these samples. */
export function freshFrom(
  definition: MethodDefinition,
  { options, training }: MethodPlan,
  { train }: Samples,
  device: Device,
): MakeFresh {
  return (seed, isOrdinary) => buildEncoder(definition, options, training, train.spec, { seed, device, isOrdinary });
}
