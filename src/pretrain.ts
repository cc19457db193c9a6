import { resolve } from 'node:path';
import { Dataset, drawPart } from './data/index.js';
import { type Device, scope, selectDevice, threads } from './engine/index.js';
import { AutodidactError, expected } from './errors.js';
import { MOST_WATCHED, monitor } from './evaluate/monitor.js';
import { type Job, startJob } from './job.js';
import type { MethodDefinition } from './methods/method.js';
import { findMethod } from './methods/registry.js';
import type { Modality, OpenOptions } from './modalities/modality.js';
import { modalityFor, modalityNamed } from './modalities/registry.js';
import { checkKnown } from './options.js';
import { buildEncoder, checkData } from './train/build.js';
import { readAssets } from './train/checkpoint.js';
import type { TrainingOptions } from './train/config.js';
import { type FitOptions, fitPlan, parseBudget } from './train/fit.js';
import { resume, type TrainResult, train } from './train/loop.js';
import { openForMethod } from './train/open-settled.js';
import { type Given, type Plan, planRun, type RecipeChoice } from './train/plan.js';
import type { RunSource } from './train/run-config.js';
import { openRunData, sourceOf } from './train/run-data.js';
import type { RunEvent } from './train/run-events.js';
import { RunFolder } from './train/run-folder.js';
import { describeMatch, inOwnNames, matchWeights, readStartWeights } from './train/start-weights.js';
import type { TrialScores } from './train/trial.js';
import { reviewData } from './train/usable.js';

export interface PretrainOptions {
  /** A method, or its name: `simclr`. */
  method: string | MethodDefinition;
  /** What `--data` takes: a folder, a file, the name of a data set, a pair; or an open data set. */
  data: string | Dataset;
  /** How the data are opened: split (default `train`), size, channels, length, limit. */
  open?: OpenOptions;
  /** Options of the method, by their names in `autodidact methods <name>`. */
  options?: Readonly<Record<string, unknown>>;
  /** Settings of the training: epochs, batchSize, learningRate, backbone, width, seed, device, ... */
  training?: Readonly<Record<string, unknown>>;
  /** Starting values of all settings; `auto` takes those for small samples up to 64 pixels a side. */
  recipe?: RecipeChoice;
  /** Time that the schedule may take: `30m`, `2h`, or seconds. Default: half an hour on a CPU, the recipe's epochs on a GPU. */
  budget?: string | number;
  /** What the backbone starts from: a run, its `encoder.safetensors`, or weights with torchvision's or timm's names. */
  init?: string;
  /** The run folder to make. Default: the first of runs/<method>-1, -2, ... that is free. */
  out?: string;
  /** Whether the encoder is measured between epochs. Default true. */
  useMonitor?: boolean;
  /** Stops after the step in progress, saves, and returns. */
  signal?: AbortSignal;
  /** Told what was found and settled before training. */
  onNote?(sentence: string): void;
  /** Called once the data are open. */
  onData?(dataset: Dataset): void;
  /** Called with the settings just before training. */
  onStart?(training: TrainingOptions, out: string): void;
  onEvent?(event: RunEvent): void;
}

const PRETRAIN_OPTIONS: Readonly<Record<keyof PretrainOptions, true>> = {
  ...{ method: true, data: true, open: true, options: true, training: true, recipe: true, budget: true, init: true },
  ...{ out: true, useMonitor: true, signal: true, onNote: true, onData: true, onStart: true, onEvent: true },
};

/**
 * Learns a representation from unlabeled data and keeps it in a run folder, as `autodidact pretrain` does: settles a plan that fits the
 * machine, trains, measures the encoder in between.
 *
 *     for await (const event of pretrain({ method: 'simclr', data: './photos' })) console.log(event.type);
 *
 * @returns the events as they come, and the result when awaited
 * @throws AutodidactError `USAGE`, `DATA`, `NOT_FOUND`, `IO`, `DIVERGED`, `INTERRUPTED`
 */
export function pretrain(request: PretrainOptions): Job<RunEvent, TrainResult> {
  return startJob(async (emit) => {
    checkKnown(request, PRETRAIN_OPTIONS, 'pretrain');
    const { signal, onNote = () => {}, onEvent, onData, useMonitor = true, recipe = 'auto' } = request;
    const { method } = request;
    const definition = typeof method === 'object' && method !== null ? method : findMethod(method);
    const given: Given = { options: request.options ?? {}, training: request.training ?? {} };
    const budget = typeof request.budget === 'string' ? parseBudget(request.budget) : (request.budget ?? null);
    // Settled once with data that fit: a wrong option is reported before minutes are spent on reading.
    const device = selectDevice(planRun(definition, { count: Number.MAX_SAFE_INTEGER }, recipe, given).training.device);
    const out = request.out ?? RunFolder.nextPath('runs', definition.name);
    RunFolder.checkFree(out);
    const { dataset, source } = await opened(request, definition, device, recipe, given);
    onData?.(dataset);
    const first = planRun(definition, { spec: dataset.spec, count: dataset.count }, recipe, given);
    checkData(definition, first.options, dataset.spec);
    const reviewed = reviewData(definition, first.options, dataset);
    const measured = useMonitor ? { scores: trialScores(dataset, signal) } : {};
    const fitOptions = { device, budget, given, ...measured };
    const plan = isSettled(given, budget) ? first : await fitted(definition, first, dataset, fitOptions);
    const notes = [...plan.record.notes, ...reviewed, ...startNotes(definition, plan, dataset, request.init)];
    for (const note of notes) onNote(note);
    const { options, training, record } = plan;
    const init = request.init === undefined ? undefined : resolve(request.init);
    request.onStart?.(training, out);
    const scores = useMonitor ? { monitor: monitor(dataset, { signal }) } : {};
    return train(
      { definition, options, training, dataset, source, plan: { ...record, notes }, init, out },
      {
        ...scores,
        signal,
        onEvent(event) {
          emit(event);
          onEvent?.(event);
        },
      },
    );
  });
}

/** Says what of the weights to start from fits; refuses those of which nothing does before anything is written. */
function startNotes(
  definition: MethodDefinition,
  plan: Plan,
  { spec, assets }: Dataset,
  init: string | undefined,
): string[] {
  if (init === undefined) return [];
  const weights = readStartWeights(init);
  const built = { seed: 0, device: 'cpu' as const, assets };
  const { backbone } = buildEncoder(definition, plan.options, plan.training, spec, built);
  try {
    return [scope(() => describeMatch(matchWeights(backbone, inOwnNames(backbone, weights)), init))];
  } finally {
    backbone.dispose();
    for (const value of weights.values()) value.dispose();
  }
}

/** What stands beside the data of a run that goes on. */
export type ResumeOptions = Pick<PretrainOptions, 'signal' | 'onEvent' | 'onData' | 'useMonitor'> & {
  /** Where the data are now, when they were moved. */
  data?: string;
  onProgress?: OpenOptions['onProgress'];
};

/**
 * Continues a run from its newest checkpoint, bit for bit as if it had never stopped (same machine, same number of threads).
 * @throws AutodidactError `DATA` when the data are not those of the run
 */
export function resumeRun(path: string, options: ResumeOptions = {}): Job<RunEvent, TrainResult> {
  return startJob(async (emit) => {
    const { signal, onData, onEvent, onProgress, useMonitor = true, data: spec } = options;
    const folder = RunFolder.open(path);
    const config = folder.readConfig();
    const moved = spec === undefined ? config : { data: { ...config.data, spec } };
    const dataset = await openRunData(moved, { assets: readAssets(folder), signal, onProgress });
    onData?.(dataset);
    if (spec !== undefined && dataset.fingerprint !== config.data.fingerprint)
      throw new AutodidactError('DATA', `The data at ${spec} are not those that the run at ${path} began with`, {
        remedy: `They were at ${config.data.spec}.`,
      });
    return resume(path, findMethod(config.method), dataset, {
      ...(useMonitor ? { monitor: monitor(dataset, { signal }) } : {}),
      signal,
      onEvent(event) {
        emit(event);
        onEvent?.(event);
      },
    });
  });
}

async function opened(
  { data, open = {}, signal }: PretrainOptions,
  definition: MethodDefinition,
  device: Device,
  recipe: RecipeChoice,
  given: Given,
): Promise<{ dataset: Dataset; source: RunSource }> {
  if (data instanceof Dataset) {
    const source = {
      spec: data.name,
      split: 'all' as const,
      limit: null,
      asked: { size: null, channels: 'auto' as const, length: null },
    };
    return { dataset: data, source };
  }
  const modality = await modalityFor(data);
  if (!definition.modalities.includes(modality.name)) throw await otherKind(definition, data, modality);
  const usual: OpenOptions = { split: 'train', ...open, ...(signal === undefined ? {} : { signal }) };
  const { options } = given;
  const { opened: dataset, asked } = await openForMethod(data, { definition, options, device, recipe, open: usual });
  const form = asked.mostSize === undefined ? {} : modality.formOf(dataset.spec);
  return { dataset, source: await sourceOf(data, { ...asked, size: asked.size ?? form.size }) };
}

/** Whether nothing is left to fit: a test or a recipe names everything that matters. */
function isSettled({ training }: Given, budget: number | null): boolean {
  return budget === null && ['epochs', 'batchSize', 'width'].every((name) => training[name] !== undefined);
}

/** Samples that are scored in the trial; the time of a measurement grows in proportion beyond. */
const TRIAL_SCORED = 128;

/** How the trial measures the encoder: on a part of the samples that a run scores. */
function trialScores(dataset: Dataset, signal: AbortSignal | undefined): TrialScores {
  const few = dataset.subset(drawPart(dataset.count, TRIAL_SCORED));
  return { measure: monitor(few, { signal }), share: few.count / Math.min(dataset.count, MOST_WATCHED) };
}

async function fitted(definition: MethodDefinition, plan: Plan, dataset: Dataset, options: FitOptions): Promise<Plan> {
  if (options.budget !== null && !(options.budget > 0)) throw expected('a time above 0', 'budget', options.budget);
  const fit = await fitPlan(definition, plan, dataset, options);
  if (options.device === 'cpu') threads(fit.threads);
  return fit;
}

/** The error for data that a method does not learn from: data of another kind, or a folder in which nothing of any kind is found. */
async function otherKind(
  { title, modalities }: MethodDefinition,
  data: string,
  { plural, hasSplit }: Modality,
): Promise<AutodidactError> {
  const wanted = modalities.map((name) => modalityNamed(name).plural).join(' or ');
  const holdsSome = await hasSplit(data, 'train').then(
    () => true,
    () => false,
  );
  return holdsSome
    ? new AutodidactError('DATA', `${title} learns from ${wanted}, received ${plural}`, {
        remedy: `\`autodidact methods\` lists the methods for ${plural}.`,
      })
    : new AutodidactError('DATA', `${title} learns from ${wanted}, and none were found in ${data}`);
}
