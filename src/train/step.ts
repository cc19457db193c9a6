import type { SampleSpec } from '../data/index.js';
import { autocast, type Device, noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { clipGradNorm, type Optimizer } from '../engine/optim/index.js';
import { AutodidactError } from '../errors.js';
import type { Batch, Method, Outcome, Progress, Views } from '../methods/method.js';
import type { TrainingState } from './checkpoint.js';
import { featureSpread } from './collapse.js';

export interface StepOptions {
  device: Device;
  autocast: 'bfloat16' | null;
  clipNorm: number | null;
  /** Factor of the schedule on every optimizer's own peak rate. */
  learningRateFactor: number;
  learningRate: number;
  /** The schedule's rate at the next step, for methods with an update rule of their own. */
  nextLearningRate: number;
  /** Whether to measure the spread of the features in this step. */
  watchFeatures: boolean;
}

export interface StepResult {
  loss: number;
  metrics: Record<string, number>;
  featureSpread: number | null;
}

/**
 * One step: views from each micro-batch, then the loss, gradients and update of every optimizer group. Micro-batches count by their
 * number of samples. Nothing made here outlives the step.
 *
 * @throws AutodidactError `DIVERGED` when a loss or a gradient is not finite; that group has changed no parameter then
 */
export function trainStep(
  { method, optimizers, random }: Pick<TrainingState, 'method' | 'optimizers' | 'random'>,
  batches: readonly Batch<SampleSpec>[],
  progress: Progress,
  options: StepOptions,
): StepResult {
  return scope(() => {
    method.train();
    noGrad(() => method.beforeStep(progress));
    const total = batches.reduce((sum, { indices }) => sum + indices.length, 0);
    const parts = batches.map((batch) => ({
      views: noGrad(() => method.views(batch as Batch, random)),
      share: batch.indices.length / total,
    }));
    const meter = new Meter();
    const carries: unknown[] = [];
    if (method.update) {
      updateByItself(method as Updating, parts, carries, progress, options, meter);
    } else {
      const groups = new Map(method.optimizerGroups(progress.stage).map((group) => [group.name, group]));
      for (const [name, optimizer] of optimizers) {
        const { sharesLoss = false, clipsEach = false } = groups.get(name) ?? {};
        if (!sharesLoss) propagate(method, name, parts, carries, progress, options, meter);
        applyGradients(method, name, { optimizer, clipsEach }, progress, options, meter);
      }
    }
    noGrad(() => method.afterStep(carries, progress));
    return meter.result();
  });
}

/** The views of a micro-batch, and its share of the samples of the step. */
interface Part {
  views: Views;
  share: number;
}

/** Notes what an outcome carries to the end of the step. */
function noted(outcome: Outcome, carries: unknown[]): Outcome {
  if (outcome.carry !== undefined) carries.push(outcome.carry);
  return outcome;
}

type Updating = Method & Required<Pick<Method, 'update'>>;

/** Lets a method with an update rule of its own learn from each part, at the rates of the schedule from this step to the next. */
function updateByItself(
  method: Updating,
  parts: readonly Part[],
  carries: unknown[],
  progress: Progress,
  options: StepOptions,
  meter: Meter,
): void {
  const { learningRate, nextLearningRate } = options;
  const rateAt = (share: number): number => learningRate + (nextLearningRate - learningRate) * share;
  let from = 0;
  for (const { views, share } of parts) {
    const outcome = noGrad(() => method.update(views, [rateAt(from), rateAt(from + share)], progress));
    meter.add('main', share, noted(outcome, carries), options);
    from += share;
  }
  meter.read();
  const loss = meter.lossOf('main');
  if (!Number.isFinite(loss)) throw diverged(method, 'main', progress, `the loss is ${loss}`, options);
}

/** The gradients of a group's loss. */
function propagate(
  method: Method,
  group: string,
  parts: readonly Part[],
  carries: unknown[],
  progress: Progress,
  options: StepOptions,
  meter: Meter,
): void {
  method.zeroGrad();
  for (const { views, share } of parts) {
    const outcome = autocast(options.device, options.autocast, () => method.loss(views, group, progress));
    meter.add(group, share, noted(outcome, carries), options);
    if (outcome.loss === undefined) continue;
    (share === 1 ? outcome.loss : outcome.loss.mul(share)).backward();
  }
}

function applyGradients(
  method: Method,
  group: string,
  { optimizer, clipsEach }: { optimizer: Optimizer; clipsEach: boolean },
  progress: Progress,
  options: StepOptions,
  meter: Meter,
): void {
  const limit = options.clipNorm ?? Number.POSITIVE_INFINITY;
  const norm = meter.norm(group, clipGradNorm(optimizer.parameters(), limit, { isEach: clipsEach }));
  const loss = meter.lossOf(group);
  if (!Number.isFinite(loss)) throw diverged(method, group, progress, `the loss is ${loss}`, options);
  if (!Number.isFinite(norm)) throw diverged(method, group, progress, 'a gradient is not finite', options);
  optimizer.scaleLearningRate(options.learningRateFactor);
  optimizer.step();
}

function diverged(
  method: Method,
  group: string,
  progress: Progress,
  what: string,
  options: StepOptions,
): AutodidactError {
  const isBad = (value: Tensor | null): boolean => value !== null && !value.isfinite().all().item();
  const named = method.namedParameters();
  const bad =
    named.find(([, parameter]) => isBad(parameter))?.[0] ?? named.find(([, parameter]) => isBad(parameter.grad))?.[0];
  const where = bad === undefined ? 'all parameters are still finite' : `the first parameter concerned is \`${bad}\``;
  const precision = options.autocast === null ? '' : ', or use --precision fp32';
  return new AutodidactError(
    'DIVERGED',
    `Training diverged at step ${progress.step + 1} (optimizer ${group}, learning rate ${options.learningRate.toPrecision(3)}): ${what}; ${where}`,
    { remedy: `Lower --learning-rate, add --warmup-epochs or --clip-norm${precision}. The last checkpoint is kept.` },
  );
}

/**
 * Collects losses and metrics over micro-batches and groups. Reading a number waits for the device: those of a group are read
 * together, once its gradients are queued.
 */
class Meter {
  private readonly sums = new Map<string, number>();
  /** Share of the samples whose micro-batches have a metric: one may have nothing to measure. */
  private readonly shares = new Map<string, number>();
  private readonly groupLosses = new Map<string, number>();
  private readonly spreads: number[] = [];
  private isWatched = false;
  private unread: [value: Tensor | number, note: (value: number) => void][] = [];

  /** Adds the outcome of a micro-batch with this share of the samples. */
  add(group: string, share: number, outcome: Outcome, options: StepOptions): void {
    this.later(outcome.loss ?? 0, (value) => this.accumulate(this.groupLosses, group, value * share));
    for (const [name, metric] of Object.entries(outcome.metrics ?? {})) {
      this.accumulate(this.shares, name, share);
      this.later(metric, (value) => this.accumulate(this.sums, name, value * share));
    }
    if (!options.watchFeatures || this.isWatched || !outcome.features || outcome.features.size(0) < 2) return;
    this.isWatched = true;
    this.later(featureSpread(outcome.features), (value) => this.spreads.push(value));
  }

  /** Notes the norm of a group's gradients, and returns it. */
  norm(group: string, value: Tensor): number {
    const name = group === 'main' ? 'gradientNorm' : `gradientNorm (${group})`;
    this.later(value, (norm) => this.sums.set(name, norm));
    this.read();
    return this.sums.get(name)!;
  }

  /** Mean loss of a group so far, 0 where it has none of its own. */
  lossOf(group: string): number {
    return this.groupLosses.get(group) ?? 0;
  }

  read(): void {
    const onDevice = this.unread.map(([value]) => value).filter((value) => isOnDevice(value));
    const numbers = onDevice.length === 0 ? [] : ops.stack(onDevice.map((value) => value.to('float32'))).toNumbers();
    const read = new Map(onDevice.map((value, i) => [value, numbers[i]!]));
    for (const [value, note] of this.unread)
      note(typeof value === 'number' ? value : (read.get(value) ?? value.item()));
    this.unread = [];
  }

  result(): StepResult {
    const losses = [...this.groupLosses];
    const groups = losses.length > 1 ? losses.map(([group, value]) => [`loss (${group})`, value] as const) : [];
    return {
      loss: losses.reduce((sum, [, value]) => sum + value, 0),
      metrics: Object.fromEntries([
        ...groups,
        ...[...this.sums].map(([name, sum]) => [name, sum / (this.shares.get(name) ?? 1)] as const),
      ]),
      featureSpread: this.spreads[0] ?? null,
    };
  }

  private later(value: Tensor | number, note: (value: number) => void): void {
    this.unread.push([typeof value === 'number' ? value : value.detach(), note]);
  }

  private accumulate(sums: Map<string, number>, name: string, value: number): void {
    sums.set(name, (sums.get(name) ?? 0) + value);
  }
}

/** CPU scalars can be read without a device synchronization. */
function isOnDevice(value: Tensor | number): value is Tensor {
  return typeof value !== 'number' && value.device !== 'cpu';
}
