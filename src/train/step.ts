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
  /** Whether to measure the spread of the features in this step. */
  watchFeatures: boolean;
}

export interface StepResult {
  loss: number;
  metrics: Record<string, number>;
  featureSpread: number | null;
}

/**
 * One step: views from each micro-batch, then every turn's loss, gradients and optimizer. Nothing made here outlives it.
 *
 * @throws AutodidactError `DIVERGED` when a loss or a gradient is not finite; no parameter was changed by that turn then
 */
export function trainStep(
  { method, optimizers, random }: Pick<TrainingState, 'method' | 'optimizers' | 'random'>,
  batches: readonly Batch[],
  progress: Progress,
  options: StepOptions,
): StepResult {
  return scope(() => {
    method.train();
    noGrad(() => method.beforeStep(progress));
    const views = batches.map((batch) => noGrad(() => method.views(batch, random)));
    const meter = new Meter(views.length);
    if (method.update) {
      for (const view of views) meter.add('main', method.update(view, options.learningRate, progress), options);
      meter.read();
    } else {
      const sharing = method.turns(progress.stage).filter(({ sharesLoss }) => sharesLoss);
      for (const [turn, optimizer] of optimizers) {
        if (!sharing.some(({ name }) => name === turn)) propagate(method, turn, views, progress, options, meter);
        applyGradients(method, turn, optimizer, progress, options, meter);
      }
    }
    noGrad(() => {
      for (const view of views) method.afterStep(view, progress);
    });
    return meter.result();
  });
}

/** The gradients of a turn's loss. */
function propagate(
  method: Method,
  turn: string,
  views: readonly Views[],
  progress: Progress,
  options: StepOptions,
  meter: Meter,
): void {
  method.zeroGrad();
  for (const view of views) {
    const outcome = autocast(options.device, options.autocast, () => method.loss(view, turn, progress));
    meter.add(turn, outcome, options);
    if (outcome.loss === undefined) continue;
    (views.length === 1 ? outcome.loss : outcome.loss.div(views.length)).backward();
  }
}

function applyGradients(
  method: Method,
  turn: string,
  optimizer: Optimizer,
  progress: Progress,
  options: StepOptions,
  meter: Meter,
): void {
  const parameters = optimizer.parameters();
  const norm = meter.norm(turn, clipGradNorm(parameters, options.clipNorm ?? Number.POSITIVE_INFINITY));
  const loss = meter.lossOf(turn);
  if (!Number.isFinite(loss)) throw diverged(method, turn, progress, `the loss is ${loss}`, options);
  if (!Number.isFinite(norm)) throw diverged(method, turn, progress, 'a gradient is not finite', options);
  optimizer.scaleLearningRate(options.learningRateFactor);
  optimizer.step();
}

function diverged(
  method: Method,
  turn: string,
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
    `Training diverged at step ${progress.step + 1} (turn ${turn}, learning rate ${options.learningRate.toPrecision(3)}): ${what}; ${where}`,
    { remedy: `Lower --learning-rate, add --warmup-epochs or --clip-norm${precision}. The last checkpoint is kept.` },
  );
}

/**
 * Collects losses and metrics over micro-batches and turns. To read a number is to wait for the device: those of a turn are read
 * together, once its gradients are on their way.
 */
class Meter {
  private readonly sums = new Map<string, number>();
  private readonly turnLosses = new Map<string, number>();
  private readonly spreads: number[] = [];
  private isWatched = false;
  private unread: [value: Tensor | number, note: (value: number) => void][] = [];

  constructor(private readonly parts: number) {}

  /** Adds one micro-batch's outcome. */
  add(turn: string, outcome: Outcome, options: StepOptions): void {
    this.later(outcome.loss ?? 0, (value) => this.accumulate(this.turnLosses, turn, value));
    for (const [name, metric] of Object.entries(outcome.metrics ?? {}))
      this.later(metric, (value) => this.accumulate(this.sums, name, value));
    if (!options.watchFeatures || this.isWatched || !outcome.features || outcome.features.size(0) < 2) return;
    this.isWatched = true;
    this.later(featureSpread(outcome.features), (value) => this.spreads.push(value));
  }

  /** Notes the norm of a turn's gradients, and returns it. */
  norm(turn: string, value: Tensor): number {
    const name = turn === 'main' ? 'gradientNorm' : `gradientNorm (${turn})`;
    this.later(value, (norm) => this.sums.set(name, norm));
    this.read();
    return this.sums.get(name)!;
  }

  /** Mean loss of a turn so far, 0 where it has none of its own. */
  lossOf(turn: string): number {
    return this.turnLosses.get(turn) ?? 0;
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
    const losses = [...this.turnLosses];
    const turns = losses.length > 1 ? losses.map(([turn, value]) => [`loss (${turn})`, value] as const) : [];
    return {
      loss: losses.reduce((sum, [, value]) => sum + value, 0),
      metrics: Object.fromEntries([...turns, ...this.sums]),
      featureSpread: this.spreads[0] ?? null,
    };
  }

  private later(value: Tensor | number, note: (value: number) => void): void {
    this.unread.push([typeof value === 'number' ? value : value.detach(), note]);
  }

  private accumulate(sums: Map<string, number>, name: string, value: number): void {
    sums.set(name, (sums.get(name) ?? 0) + value / this.parts);
  }
}

/** Where a number lies in the memory that Node reads, there is nothing to wait for. */
function isOnDevice(value: Tensor | number): value is Tensor {
  return typeof value !== 'number' && value.device !== 'cpu';
}
