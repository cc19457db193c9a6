import { freemem, totalmem } from 'node:os';
import type { Dataset } from '../data/index.js';
import type { Device } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { counted, duration, size } from '../format.js';
import type { MethodDefinition } from '../methods/method.js';
import { type Given, type Plan, withBatch, withFitted } from './plan.js';
import { runTrial, type TrialResult } from './trial.js';

/** A run on a CPU without a budget of its own takes about this long. */
export const DEFAULT_CPU_BUDGET = 30 * 60;
/** A longer run is announced together with a shorter one. */
const LONG_RUN = 2 * 60 * 60;
/** Fewer passes over the data than this are worth a smaller network. */
const FEWEST_EPOCHS = 10;
/** Narrower backbones learn little. */
const SMALLEST_WIDTH = 16;
/** Share of the budget that previews, scores of the encoder and checkpoints leave for training. */
const TRAINING_SHARE = 0.85;
/** Share of the free memory that a run may take. */
const MEMORY_SHARE = 0.8;
const CHECKPOINT_SECONDS = 30;

export interface FitOptions {
  device: Device;
  /** Seconds that the schedule may take; null takes half an hour on a CPU and the recipe's epochs on a GPU. */
  budget: number | null;
  given: Given;
  /** Bytes of memory that are free; by default what the system says. */
  freeBytes?: number;
  /** Measures a plan; by default `runTrial`. */
  trial?: (plan: Plan) => TrialResult;
}

export interface FittedPlan extends Plan {
  /** What the schedule will take, from the trial steps. */
  seconds: number;
  /** Threads that were faster in the trial. */
  threads: number;
}

/**
 * Fits a plan to a machine and a time budget by some trial steps: threads, width, batch and epochs. What the person gave is kept; when
 * the plan then takes more than two hours, a note says so and names a shorter command.
 *
 * @throws AutodidactError `DATA` when the batch does not fit in memory and may not be changed
 */
export function fitPlan(definition: MethodDefinition, first: Plan, dataset: Dataset, options: FitOptions): FittedPlan {
  const { device, given, freeBytes = availableBytes() } = options;
  const trial = options.trial ?? ((plan: Plan) => runTrial(definition, plan, dataset, dataset.count, device));
  const isGiven = (name: string) => given.training[name] !== undefined;
  const budget = options.budget ?? (device === 'cpu' && !isGiven('epochs') ? DEFAULT_CPU_BUDGET : null);
  let plan = first;
  // Three times: as it is drawn and normalized, and as a checkpoint takes its digest and writes it.
  const kept = 3 * (definition.bytesPerSample?.(plan.options) ?? 0) * dataset.count;
  if (kept > MEMORY_SHARE * freeBytes)
    throw new AutodidactError(
      'DATA',
      `The run does not fit in memory, whatever the batch: what ${definition.title} keeps of each of ${dataset.count} ${dataset.plural} needs ${size(kept)}, ${size(freeBytes)} are free`,
      { remedy: 'Take fewer with --limit, or a smaller size of what is kept.' },
    );
  let result = trial(plan);

  while (result.bytes > MEMORY_SHARE * freeBytes) {
    const { batchSize } = plan.training;
    const half = Math.floor(batchSize / 2);
    const needed = `a batch of ${batchSize} needs about ${size(result.bytes)}, ${size(freeBytes)} are free`;
    if (result.bytes - result.bytesPerSample * batchSize > MEMORY_SHARE * freeBytes)
      throw new AutodidactError('DATA', `The run does not fit in memory, whatever the batch: ${needed}`, {
        remedy: 'Take a smaller --size or a smaller --width.',
      });
    if (isGiven('batchSize') || half < Math.max(2, definition.smallestBatch ?? 1))
      throw new AutodidactError('DATA', `The run does not fit in memory: ${needed}`, {
        remedy: `Take --batch-size ${Math.max(half, 2)} or less, a smaller --size or a smaller --width.`,
      });
    plan = withBatch(definition, plan, half, `${needed}: taking ${half}`);
    result = { ...result, bytes: result.bytes - result.bytesPerSample * (batchSize - half) };
  }

  if (budget !== null && !isGiven('epochs')) {
    const affordable = () => epochsWithin(budget * TRAINING_SHARE, result, dataset.count);
    const wanted = Math.min(FEWEST_EPOCHS, plan.training.epochs);
    while (!isGiven('width') && affordable() < wanted && (plan.training.width ?? 0) > SMALLEST_WIDTH) {
      const width = Math.max(SMALLEST_WIDTH, Math.floor(plan.training.width! / 2));
      plan = withFitted(
        plan,
        { width },
        `width ${width} instead of ${plan.training.width}, for more passes over the data`,
      );
      result = trial(plan);
    }
    const epochs = Math.min(first.training.epochs, affordable());
    if (epochs < first.training.epochs) {
      const warmupEpochs = Math.min(first.training.warmupEpochs, epochs / 10);
      const settings = { epochs, ...(isGiven('warmupEpochs') ? {} : { warmupEpochs }) };
      const note = `${counted(epochs, 'epoch')} instead of the recipe's ${first.training.epochs}, to end in ${duration(budget)}`;
      plan = withFitted(plan, settings, note);
    }
  }

  const perEpoch = secondsPerEpoch(result, dataset.count);
  if (!isGiven('checkpointEvery') && perEpoch < CHECKPOINT_SECONDS)
    plan = withFitted(plan, { checkpointEvery: Math.max(1, Math.round(CHECKPOINT_SECONDS / perEpoch)) });
  const seconds = (perEpoch * plan.training.epochs) / TRAINING_SHARE;
  const rate = `${(1 / result.secondsPerSample).toPrecision(3)} ${dataset.plural}/s with ${counted(result.threads, 'thread')}`;
  const { record } = plan;
  const notes = [...record.notes, `about ${duration(seconds)}: ${counted(plan.training.epochs, 'epoch')} at ${rate}`];
  if (seconds > LONG_RUN)
    notes.push(
      'this is a long run; a shorter one: the same command with --budget 2h in place of --epochs, --width and --batch-size',
    );
  return { ...plan, record: { ...record, notes }, seconds, threads: result.threads };
}

function secondsPerEpoch({ secondsPerSample, secondsPerEpochStart }: TrialResult, count: number): number {
  return secondsPerSample * count + secondsPerEpochStart;
}

/** Epochs that fit: whole ones from 2 on, parts of one below, at least a tenth. */
function epochsWithin(seconds: number, result: TrialResult, count: number): number {
  const epochs = seconds / secondsPerEpoch(result, count);
  return epochs >= 2 ? Math.floor(epochs) : Math.max(0.1, Number(epochs.toPrecision(2)));
}

/** Memory that can be used without pushing others out; containers may allow less than the machine has. */
function availableBytes(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  const available = process.availableMemory?.() ?? freemem();
  return limit > 0 && limit < totalmem() ? Math.min(available, limit) : available;
}

/**
 * A time budget in seconds, from `90s`, `30m`, `1.5h`, `1h30m`, or a number of minutes.
 * @throws AutodidactError `USAGE`
 */
export function parseBudget(text: string): number {
  const plain = /^\d+(\.\d+)?$/.test(text) ? `${text}m` : text;
  const match = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)s)?$/.exec(
    plain.replaceAll(' ', ''),
  );
  const [hours = '0', minutes = '0', seconds = '0'] = match?.slice(1) ?? [];
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  if (match === null || !(total > 0))
    throw new AutodidactError(
      'USAGE',
      `Expected a time such as 30m, 90s or 2h for \`budget\`, received ${JSON.stringify(text)}`,
    );
  return total;
}
