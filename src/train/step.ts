import { autocast, type Device, noGrad, scope, type Tensor } from '../engine/index.js';
import { clipGradNorm, type Optimizer } from '../engine/optim/index.js';
import { AutodidactError } from '../errors.js';
import type { Batch, Method, Outcome, Progress, Views } from '../methods/method.js';
import type { TrainingState } from './checkpoint.js';
import { featureSpread } from './collapse.js';

export interface StepOptions {
  device: Device;
  autocast: 'bfloat16' | null;
  clipNorm: number | null;
  /** Factor of the schedule on every optimiser's own peak rate. */
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
 * One step: views from each micro-batch, then every turn's loss, gradients and optimiser. Nothing made here outlives it.
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
    if (method.update)
      for (const view of views) meter.add('main', method.update(view, options.learningRate, progress), options);
    else {
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
    const value = meter.add(turn, outcome, options);
    if (!Number.isFinite(value)) throw diverged(method, turn, progress, `the loss is ${value}`, options);
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
  const norm = clipGradNorm(parameters, options.clipNorm ?? Number.POSITIVE_INFINITY);
  if (!Number.isFinite(norm)) throw diverged(method, turn, progress, 'a gradient is not finite', options);
  meter.set('gradientNorm', turn, norm);
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

/** Collects losses and metrics over micro-batches and turns. */
class Meter {
  private loss = 0;
  private readonly sums = new Map<string, number>();
  private readonly turnLosses = new Map<string, number>();
  private spread: number | null = null;

  constructor(private readonly parts: number) {}

  /** Adds one micro-batch's outcome and returns its loss. */
  add(turn: string, outcome: Outcome, options: StepOptions): number {
    const value = outcome.loss?.item() ?? 0;
    this.loss += value / this.parts;
    this.turnLosses.set(turn, (this.turnLosses.get(turn) ?? 0) + value / this.parts);
    for (const [name, metric] of Object.entries(outcome.metrics ?? {})) {
      const number = typeof metric === 'number' ? metric : metric.item();
      this.sums.set(name, (this.sums.get(name) ?? 0) + number / this.parts);
    }
    if (options.watchFeatures && this.spread === null && outcome.features && outcome.features.size(0) > 1)
      this.spread = featureSpread(outcome.features);
    return value;
  }

  set(name: string, turn: string, value: number): void {
    this.sums.set(turn === 'main' ? name : `${name} (${turn})`, value);
  }

  result(): StepResult {
    const { size } = this.turnLosses;
    const turns = size > 1 ? [...this.turnLosses].map(([turn, value]) => [`loss (${turn})`, value] as const) : [];
    return { loss: this.loss, metrics: Object.fromEntries([...turns, ...this.sums]), featureSpread: this.spread };
  }
}
