import { setImmediate } from 'node:timers/promises';
import type { Backbone } from '../backbones/backbone.js';
import { drawPart } from '../data/draw.js';
import { type Samples, samplesTo, type Targets } from '../data/index.js';
import { RandomSampler } from '../data/sampler.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { init, Layer, type Module } from '../engine/nn/index.js';
import { AdamW, type Optimizer, parameterGroups, Sgd } from '../engine/optim/index.js';
import { cosine } from '../engine/optim/schedule.js';
import type { Encoder } from '../methods/method.js';
import type { Augment, PreserveStrength } from '../modalities/modality.js';
import { modalityOf } from '../modalities/registry.js';
import { deviceOf } from './features.js';
import { checkStopped, seenBy } from './inputs.js';
import { layerSize, modulesAfter, topModules } from './layers.js';
import { toRows } from './logistic.js';
import { hasPlaces, joinedSize, readingOf } from './reading.js';
import { allOf, type Labeled, type Loss, type OutputListener, type StartingHead, scoreOf, type Task } from './task.js';
import { isBetter, type Score } from './validation.js';

/**
 * What is trained beside the head: nothing, the last stage of the backbone, all of it, or all that comes after a layer. What is not
 * trained stays in eval mode.
 */
export type FinetunePart = 'head' | 'top' | 'all' | { after: string };

export interface LearnerRequest<T extends Targets, P> {
  task: Task<T, P>;
  /** A network of the right shape, which is trained; its present weights are overwritten by those of `from`. */
  network: Encoder;
  /** The encoder to start from, which is only read; null trains the network from its present weights, from scratch. */
  from: Encoder | null;
  part: FinetunePart;
  /** Samples that all have a target. */
  train: Labeled<T>;
  seed: number;
  /** The layer that the head reads; the last by default. */
  layer?: string;
  /** Stops after a step. */
  signal?: AbortSignal;
}

export interface LearnerSettings {
  /** Samples per step, at most as many as there are. */
  batchSize: number;
  optimizer: 'sgd' | 'adamw';
  augment: 'none' | PreserveStrength;
  /** How often a training looks at the validation samples. */
  checks: number;
  /** Looks without improvement after which a training stops. */
  patience: number;
}

/** One training from the start. */
export interface Training {
  learningRate: number;
  /** The head's learning rate in multiples of the backbone's. Default 1. */
  headFactor?: number;
  weightDecay: number;
  /** Steps over which the learning rate falls to 0. */
  length: number;
  /** Steps after which the training ends, at most `length`. */
  steps: number;
  report?: (step: number) => void;
}

/** The best look of a training at the validation samples. */
export interface Look extends Score {
  steps: number;
}

const EVALUATION_BATCH = 256;

const startsItself = (head: Layer): head is StartingHead => 'start' in head;

/** A task's head on features or maps that are centered and scaled by constants. */
class CalibratedHead extends Layer {
  readonly mean: Tensor;
  readonly scale: Tensor;

  constructor(
    size: number,
    readonly inner: Layer,
  ) {
    super();
    this.mean = this.buffer('mean', ops.zeros([size]));
    this.scale = this.buffer('scale', ops.ones([]));
  }

  /**
   * Small normal weights, as for a fresh classifier on a pretrained network (MoCo: deviation 0.01), unless the head starts otherwise; the
   * constants stay.
   */
  reset(random: Generator): void {
    if (startsItself(this.inner)) {
      this.inner.start(random);
      return;
    }
    for (const parameter of this.inner.parameters()) {
      if (parameter.ndim < 2) init.constant_(parameter, 0);
      else
        scope(() => {
          const draws = ops.randn(parameter.shape, { generator: random });
          noGrad(() => parameter.copy_(draws.mul(0.01)));
        });
    }
  }

  /** Takes the constants from features (N, D) or maps (N, D, h, w). */
  calibrate(features: Tensor): void {
    scope(() =>
      noGrad(() => {
        const rows = toRows(features);
        this.mean.copy_(rows.mean(0));
        const variance = rows.var(0, { correction: 0 }).mean().item();
        this.scale.fill_(variance > 0 ? 1 / Math.sqrt(variance) : 1);
      }),
    );
  }

  override forward(features: Tensor): Tensor {
    const mean = features.ndim === 2 ? this.mean : this.mean.view([1, -1, 1, 1]);
    return this.inner.forward(features.sub(mean).mul(this.scale));
  }
}

/** A backbone with the head of a task that can be trained from the same start again and again. */
export class Learner<T extends Targets, P> {
  private readonly backbone: Backbone;
  private readonly head: CalibratedHead;
  private readonly loss: Loss<T>;
  /** The weights that every training begins with; our own copies only when training from scratch. */
  private readonly start: ReadonlyMap<string, Tensor>;
  private readonly trained: readonly Module[];
  private readonly augment: Augment | null;
  private isCalibrated: boolean;

  constructor(
    private readonly request: LearnerRequest<T, P>,
    private readonly settings: LearnerSettings,
  ) {
    const { task, network, from, part, layer, train } = request;
    this.backbone = network.backbone;
    const isWhole = layer === undefined && !hasPlaces(task);
    const size = joinedSize(task, isWhole ? this.backbone.featureSize : layerSize(this.backbone, layer));
    this.head = scope(() =>
      new CalibratedHead(size, (task.trainedHead ?? task.head)(size, train.targets)).to({
        device: deviceOf(this.backbone),
      }),
    );
    this.loss = task.loss(train.targets);
    this.start = from === null ? copyOf(this.backbone) : from.backbone.stateDict();
    // A whole network on maps is trained as from scratch: random weights do worse with constants from before the training (docs/tasks.md).
    this.isCalibrated = from === null || (part === 'all' && task.reads === 'map');
    this.trained = [this.head, ...this.trainedPart()];
    const { spec } = train.data;
    this.augment = settings.augment === 'none' ? null : modalityOf(spec).preserve(spec, settings.augment);
  }

  /**
   * One training on the samples at these positions, from the start. With held positions, the best look at them; null when
   * the loss is not finite any more.
   */
  async train(kept: Int32Array, held: Int32Array | null, training: Training): Promise<Look | null> {
    const { seed, task } = this.request;
    const random = new Generator(seed);
    await this.reset(random);
    const batchSize = Math.min(this.settings.batchSize, kept.length);
    const sampler = new RandomSampler(kept.length, { batchSize, seed, dropLast: true });
    const optimizer = this.optimizer(training);
    const schedule = cosine({ total: training.length });
    const interval = Math.ceil(training.length / this.settings.checks);
    let best: Look | null = null;
    let step = 0;
    try {
      for (let epoch = 0; step < training.steps; epoch++)
        for (const places of sampler.batches(epoch)) {
          checkStopped(this.request.signal);
          optimizer.scaleLearningRate(schedule(step));
          const positions = places.map((place) => kept[place]!);
          if (!Number.isFinite(this.step(positions, optimizer, random))) return null;
          step += 1;
          training.report?.(step);
          await setImmediate();
          const isLast = step === training.steps;
          if (held !== null && (step % interval === 0 || isLast)) {
            const { score, loss } = await this.answer(this.request.train, held);
            const look = { score, loss, steps: step };
            if (best === null || isBetter(look, best, task.better)) best = look;
            if (step - best.steps >= this.settings.patience * interval) return best;
          }
          if (isLast) break;
        }
    } finally {
      optimizer.dispose();
    }
    return best ?? { score: 0, loss: 0, steps: step };
  }

  private step(positions: Int32Array, optimizer: Optimizer, random: Generator): number {
    return scope(() => {
      this.setModes();
      const { samples, targets, at } = this.drawn(positions, random);
      const loss = this.loss.of(this.head.forward(this.read(samples)), targets, at);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    });
  }

  /** The answers to the samples at these positions, by default to all, with their score and mean loss. */
  async answer(
    { data, targets }: Labeled<T>,
    positions: Int32Array = allOf(data.count),
    onOutput?: OutputListener<T>,
  ): Promise<{ answers: P[]; score: number; loss: number }> {
    const { task } = this.request;
    const answers: P[] = [];
    let loss = 0;
    for (let from = 0; from < positions.length; from += EVALUATION_BATCH) {
      checkStopped(this.request.signal);
      const part = positions.slice(from, from + EVALUATION_BATCH);
      scope(() =>
        noGrad(() => {
          const output = this.head.forward(this.features(data, part));
          loss += (this.loss.of(output, targets, part).item() * part.length) / positions.length;
          for (const found of task.decode(output, targets, part)) answers.push(found);
          onOutput?.(output, targets, part);
        }),
      );
      await setImmediate();
    }
    return { answers, score: scoreOf(task, answers), loss };
  }

  dispose(): void {
    this.head.dispose();
    if (this.request.from === null) for (const value of this.start.values()) value.dispose();
    this.backbone.zeroGrad();
    this.backbone.setRequiresGrad(true).eval();
  }

  private trainedPart(): Module[] {
    const { part, layer, network, train } = this.request;
    if (part === 'head') return [];
    if (part === 'top') return topModules(this.backbone, layer);
    if (part === 'all') return [this.backbone];
    return scope(() => {
      // Of a pair one side is enough.
      const samples = samplesTo(seenBy(network, train.data).collate([0]), deviceOf(this.backbone));
      return modulesAfter(
        this.backbone,
        noGrad(() => network.prepare(samples)),
        part.after,
        layer,
      );
    });
  }

  /** The samples at these positions, changed as the task allows, with their targets. */
  private drawn(positions: Int32Array, random: Generator): { samples: Samples; targets: T; at: Int32Array } {
    const { task, train } = this.request;
    const samples = samplesTo(train.data.collate(positions), deviceOf(this.backbone));
    const unchanged = { samples, targets: train.targets, at: positions };
    if (this.augment === null) return unchanged;
    if (task.change !== undefined) {
      const changed = task.change(samples, train.targets, positions, this.augment, random);
      return changed === null ? unchanged : { ...changed, at: allOf(positions.length) };
    }
    if (hasPlaces(task)) return unchanged;
    return { ...unchanged, samples: this.augment(samples, random) };
  }

  private async reset(random: Generator): Promise<void> {
    this.backbone.loadStateDict(this.start);
    this.head.reset(random);
    if (this.isCalibrated) return;
    this.isCalibrated = true;
    const { data } = this.request.train;
    const features = scope(() => noGrad(() => this.features(data, drawPart(data.count, 2 * EVALUATION_BATCH))));
    this.head.calibrate(features);
    features.dispose();
  }

  /** What the head reads, in eval mode. */
  private features(data: Labeled<T>['data'], positions: Int32Array): Tensor {
    this.backbone.eval();
    return this.read(samplesTo(data.collate(positions), deviceOf(this.backbone)));
  }

  private read(samples: Samples): Tensor {
    const { task, network, layer } = this.request;
    return readingOf(task)(network, samples, layer);
  }

  private setModes(): void {
    this.backbone.eval();
    for (const module of this.trained) module.train();
  }

  private optimizer({ learningRate, headFactor = 1, weightDecay }: Training): Optimizer {
    this.backbone.setRequiresGrad(false);
    for (const module of this.trained) module.setRequiresGrad(true);
    const groupsOf = (modules: readonly Module[], rate: number) =>
      parameterGroups(modules, { weightDecay }).map(({ names: _, ...group }) => ({ ...group, learningRate: rate }));
    const groups = [
      ...groupsOf([this.head], learningRate * headFactor),
      ...groupsOf(this.trained.slice(1), learningRate),
    ];
    return this.settings.optimizer === 'adamw'
      ? new AdamW(groups, { learningRate, weightDecay })
      : new Sgd(groups, { learningRate, weightDecay, momentum: 0.9, useNesterov: true });
  }
}

function copyOf(module: Module): Map<string, Tensor> {
  return new Map([...module.stateDict()].map(([name, value]) => [name, noGrad(() => value.clone())]));
}
