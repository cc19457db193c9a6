import { freemem, totalmem } from 'node:os';
import type { Dataset } from '../data/index.js';
import type { Device } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { counted, duration, size } from '../format.js';
import type { MethodDefinition } from '../methods/method.js';
import { type TrainingOptions, usualMonitorEvery } from './config.js';
import { type Given, type Plan, withBatch, withFitted } from './plan.js';
import { type RoundSeconds, runTrial, type TrialResult, type TrialScores } from './trial.js';

/** A run on a CPU without a budget of its own takes about this long. */
export const DEFAULT_CPU_BUDGET = 30 * 60;
/** A longer run is announced together with a shorter one. */
const LONG_RUN = 2 * 60 * 60;
/** Fewer passes over the data than this are worth a smaller network. */
const FEWEST_EPOCHS = 10;
/** Narrower backbones learn little. */
const SMALLEST_WIDTH = 16;
/** Share of the budget that previews, scores of the encoder and checkpoints leave for training, unless those before and after take more. */
const TRAINING_SHARE = 0.85;
/** Share of the free memory that a run may take. */
const MEMORY_SHARE = 0.8;
const CHECKPOINT_SECONDS = 30;
/** A checkpoint is worth the time until the next one where that is this many times as long. */
const CHECKPOINT_WORTH = 20;

export interface FitOptions {
  device: Device;
  /** Seconds that the schedule may take; null takes half an hour on a CPU and the recipe's epochs on a GPU. */
  budget: number | null;
  given: Given;
  /** Bytes of memory that are free; by default what the system says. */
  freeBytes?: number;
  /** How the encoder is measured in training; left out where it is not. */
  scores?: TrialScores;
  /** Measures a plan; by default `runTrial`. */
  trial?: (plan: Plan) => Promise<TrialResult>;
}

export interface FittedPlan extends Plan {
  /** What the schedule will take, from the trial steps. */
  seconds: number;
  /** Threads that were faster in the trial. */
  threads: number;
}

/**
 * Fits a plan to a machine and a time budget by some trial steps: threads, width, batch, epochs, and the rounds of scores and checkpoints
 * between them. What the person gave is kept; when the plan then takes more than two hours, a note says so and names a shorter command.
 *
 * @throws AutodidactError `DATA` when the batch does not fit in memory and may not be changed
 */
export async function fitPlan(
  definition: MethodDefinition,
  first: Plan,
  dataset: Dataset,
  options: FitOptions,
): Promise<FittedPlan> {
  const { device, given, freeBytes = availableBytes() } = options;
  const trial =
    options.trial ?? ((plan: Plan) => runTrial(definition, plan, dataset, dataset.count, device, options.scores));
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
  let result = await trial(plan);

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
    const affordable = () =>
      epochsWithin(budget, result, dataset.count, {
        ...plan.training,
        ...(isGiven('checkpointEvery') ? {} : { checkpointEvery: Number.POSITIVE_INFINITY }),
      });
    const wanted = Math.min(FEWEST_EPOCHS, plan.training.epochs);
    while (!isGiven('width') && affordable() < wanted && (plan.training.width ?? 0) > SMALLEST_WIDTH) {
      const width = Math.max(SMALLEST_WIDTH, Math.floor(plan.training.width! / 2));
      plan = withFitted(
        plan,
        { width },
        `width ${width} instead of ${plan.training.width}, for more passes over the data`,
      );
      result = await trial(plan);
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
  const training = perEpoch * plan.training.epochs;
  const checkpointSeconds = Math.max(CHECKPOINT_SECONDS, CHECKPOINT_WORTH * result.rounds.checkpoint);
  if (!isGiven('checkpointEvery') && perEpoch < checkpointSeconds)
    plan = withFitted(plan, { checkpointEvery: Math.max(1, Math.round(checkpointSeconds / perEpoch)) });
  if (!isGiven('monitorEvery') && result.rounds.scores > 0) {
    const rest = { ...plan.training, monitorEvery: plan.training.epochs };
    const room = Math.max(training / TRAINING_SHARE, budget ?? 0) - training - roundSeconds(result.rounds, rest);
    plan = withScores(plan, Math.max(0, room) / result.rounds.scores);
  }
  const seconds = Math.max(training / TRAINING_SHARE, training + roundSeconds(result.rounds, plan.training));
  const rate = `${(1 / result.secondsPerSample).toPrecision(3)} ${dataset.plural}/s with ${counted(result.threads, 'thread')}`;
  const { record } = plan;
  const notes = [...record.notes, `about ${duration(seconds)}: ${counted(plan.training.epochs, 'epoch')} at ${rate}`];
  if (seconds > LONG_RUN)
    notes.push(
      'this is a long run; a shorter one: the same command with --budget 2h in place of --epochs, --width and --batch-size',
    );
  return { ...plan, record: { ...record, notes }, seconds, threads: result.threads };
}

/** Seconds that scores, previews and checkpoints take in a whole run, those before the first and after the last step too. */
function roundSeconds(
  { scores, preview, checkpoint }: RoundSeconds,
  { epochs, monitorEvery, previewEvery, checkpointEvery }: TrainingOptions,
): number {
  const between = (every: number) => (every === 0 ? 0 : Math.max(0, Math.ceil(epochs / every) - 1));
  const every = monitorEvery ?? usualMonitorEvery(epochs);
  return (
    (every === 0 ? 0 : scores * (2 + between(every))) +
    preview * (2 + between(previewEvery)) +
    checkpoint * (1 + between(checkpointEvery))
  );
}

/** The plan with the usual scores, or with fewer where there is room for this many between the first and the last alone. */
function withScores(plan: Plan, room: number): Plan {
  const { epochs } = plan.training;
  const usual = usualMonitorEvery(epochs);
  const monitorEvery = Math.ceil(epochs / (1 + Math.floor(Math.min(room, epochs))));
  if (monitorEvery <= usual) return plan;
  const when = monitorEvery < epochs ? `every ${counted(monitorEvery, 'epoch')}` : 'only before and after the training';
  return withFitted(plan, { monitorEvery }, `scores ${when}: a measurement takes long beside an epoch`);
}

function secondsPerEpoch({ secondsPerSample, secondsPerEpochStart }: TrialResult, count: number): number {
  return secondsPerSample * count + secondsPerEpochStart;
}

/**
 * Epochs that fit, beside the first and the last rounds and those that the person asked for in between: whole ones from 2 on, parts of
 * one below, at least a tenth. A tenth of the budget goes to training in any case.
 */
function epochsWithin(budget: number, result: TrialResult, count: number, training: TrainingOptions): number {
  const { rounds } = result;
  const perEpoch = secondsPerEpoch(result, count);
  const always = roundSeconds(rounds, { ...training, epochs: 1, monitorEvery: training.monitorEvery && 1 });
  const asked =
    (training.monitorEvery ? rounds.scores / training.monitorEvery : 0) +
    (training.previewEvery ? rounds.preview / training.previewEvery : 0) +
    rounds.checkpoint / training.checkpointEvery;
  const epochs = Math.max(
    budget / 10 / perEpoch,
    Math.min((budget * TRAINING_SHARE) / perEpoch, (budget - always) / (perEpoch + asked)),
  );
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
