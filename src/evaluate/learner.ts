import { setImmediate } from 'node:timers/promises';
import { compose, horizontalFlip, padAndCrop, type Transform } from '../augment/index.js';
import { Backbone } from '../backbones/backbone.js';
import { RandomSampler } from '../data/sampler.js';
import { Generator, noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { init, Layer, Linear, type Module } from '../engine/nn/index.js';
import { AdamW, type Optimizer, parameterGroups, Sgd } from '../engine/optim/index.js';
import { cosine } from '../engine/optim/schedule.js';
import { deviceOf } from './features.js';
import type { FinetuneOptions, FinetuneTask, LabeledImages } from './finetune.js';
import { accuracyOf } from './knn.js';
import { isBetter, type Score } from './validation.js';

const EVALUATION_BATCH = 256;

/** A linear classifier of centered and scaled features: (N, D) to (N, C). */
class Head extends Layer {
  readonly mean: Tensor;
  readonly scale: Tensor;
  readonly linear: Linear;

  constructor(size: number, classes: number) {
    super();
    this.mean = this.buffer('mean', ops.zeros([size]));
    this.scale = this.buffer('scale', ops.ones([]));
    this.linear = new Linear(size, classes);
  }

  /** Small normal weights, as for a fresh classifier on a pretrained network (MoCo: deviation 0.01); the constants stay. */
  reset(random: Generator): void {
    scope(() => {
      const draws = ops.randn(this.linear.weight.shape, { generator: random });
      noGrad(() => this.linear.weight.copy_(draws.mul(0.01)));
    });
    init.constant_(this.linear.bias!, 0);
  }

  /** Takes the constants from features (N, D). */
  calibrate(features: Tensor): void {
    scope(() =>
      noGrad(() => {
        this.mean.copy_(features.mean(0));
        const variance = features.var(0, { correction: 0 }).mean().item();
        this.scale.fill_(variance > 0 ? 1 / Math.sqrt(variance) : 1);
      }),
    );
  }

  override forward(features: Tensor): Tensor {
    return this.linear.forward(features.sub(this.mean).mul(this.scale));
  }
}

/** Where a training stood when the validation images liked it best. */
export interface Look extends Score {
  steps: number;
}

/** A backbone with a classifier that can be trained from the same start again and again. */
export class Learner {
  private readonly backbone: Backbone;
  private readonly head: Head;
  /** The weights that every training begins with; our own copies only when training from scratch. */
  private readonly start: ReadonlyMap<string, Tensor>;
  private readonly trained: readonly Module[];
  private readonly augment: Transform;
  private isCalibrated: boolean;

  constructor(
    private readonly task: FinetuneTask,
    private readonly settings: Required<FinetuneOptions>,
  ) {
    const { network, from, part, layer, classes, train } = task;
    this.backbone = network.backbone;
    const size = layer === undefined ? this.backbone.featureSize : this.backbone.layerSize(layer);
    this.head = scope(() => new Head(size, classes).to({ device: deviceOf(this.backbone) }));
    this.start = from === null ? copyOf(this.backbone) : from.backbone.stateDict();
    this.isCalibrated = from === null;
    const inner = { head: [], top: topModules(this.backbone, layer), all: [this.backbone] }[part];
    this.trained = [this.head, ...inner];
    const side = Math.min(train.size.height, train.size.width);
    const moves = settings.augment === 'none' ? [] : [padAndCrop({ padding: Math.round(side / 8), mode: 'reflect' })];
    this.augment = compose(...moves, ...(settings.augment === 'crop-flip' ? [horizontalFlip(0.5)] : []));
  }

  /**
   * One training on the images at these positions, from the start. With held positions, the best look at them; null when
   * the loss is not finite any more.
   */
  async train(
    kept: Int32Array,
    held: Int32Array | null,
    run: { learningRate: number; steps: number; report: (step: number) => void },
  ): Promise<Look | null> {
    const { seed } = this.task;
    const random = new Generator(seed);
    await this.reset(random);
    const batchSize = Math.min(this.settings.batchSize, kept.length);
    const sampler = new RandomSampler(kept.length, { batchSize, seed, dropLast: true });
    const optimizer = this.optimizer(run.learningRate);
    const schedule = cosine({ total: this.settings.steps });
    const interval = Math.ceil(this.settings.steps / this.settings.checks);
    let best: Look | null = null;
    let step = 0;
    try {
      for (let epoch = 0; step < run.steps; epoch++)
        for (const places of sampler.batches(epoch)) {
          optimizer.scaleLearningRate(schedule(step));
          const positions = places.map((place) => kept[place]!);
          if (!Number.isFinite(this.step(positions, optimizer, random))) return null;
          run.report(++step);
          await setImmediate();
          const isLast = step === run.steps;
          if (held !== null && (step % interval === 0 || isLast)) {
            const { accuracy, loss } = await this.classify(this.task.train, held);
            if (best === null || isBetter({ accuracy, loss }, best)) best = { accuracy, loss, steps: step };
            if (step - best.steps >= this.settings.patience * interval) return best;
          }
          if (isLast) break;
        }
    } finally {
      optimizer.dispose();
    }
    return best ?? { accuracy: 0, loss: 0, steps: step };
  }

  private step(positions: Int32Array, optimizer: Optimizer, random: Generator): number {
    return scope(() => {
      this.setModes();
      const { network, train, layer } = this.task;
      const device = deviceOf(this.backbone);
      const images = noGrad(() => network.prepare(this.augment(train.batch(positions).to(device), random)));
      const logits = this.head.forward(this.backbone.features(images, layer)); // (B, C)
      const loss = ops.crossEntropy(logits, targets(train.labels, positions, logits));
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    });
  }

  /** Predictions, accuracy and mean loss on the images at these positions, by default on all. */
  async classify(
    images: LabeledImages,
    positions: Int32Array | null,
  ): Promise<{ predictions: Int32Array; accuracy: number; loss: number }> {
    const at = positions ?? Int32Array.from({ length: images.count }, (_, i) => i);
    const predictions = new Int32Array(at.length);
    let loss = 0;
    for (let from = 0; from < at.length; from += EVALUATION_BATCH) {
      const part = at.subarray(from, from + EVALUATION_BATCH);
      scope(() =>
        noGrad(() => {
          const logits = this.head.forward(this.features(images, part));
          loss += (ops.crossEntropy(logits, targets(images.labels, part, logits)).item() * part.length) / at.length;
          predictions.set(logits.argmax(1).toNumbers(), from);
        }),
      );
      await setImmediate();
    }
    return {
      predictions,
      accuracy: accuracyOf(
        predictions,
        at.map((i) => images.labels[i]!),
      ),
      loss,
    };
  }

  dispose(): void {
    this.head.dispose();
    if (this.task.from === null) for (const value of this.start.values()) value.dispose();
    this.backbone.zeroGrad();
    this.backbone.setRequiresGrad(true).eval();
  }

  private async reset(random: Generator): Promise<void> {
    this.backbone.loadStateDict(this.start);
    this.head.reset(random);
    if (this.isCalibrated) return;
    this.isCalibrated = true;
    const { train } = this.task;
    const count = Math.min(train.count, 2 * EVALUATION_BATCH);
    const positions = Int32Array.from({ length: count }, (_, i) => Math.floor((i * train.count) / count));
    const features = scope(() => noGrad(() => this.features(train, positions)));
    this.head.calibrate(features);
    features.dispose();
  }

  /** Features (N, D) in eval mode. */
  private features(images: LabeledImages, positions: Int32Array): Tensor {
    const { network, layer } = this.task;
    this.backbone.eval();
    return this.backbone.features(network.prepare(images.batch(positions).to(deviceOf(this.backbone))), layer);
  }

  private setModes(): void {
    this.backbone.eval();
    for (const module of this.trained) module.train();
  }

  private optimizer(learningRate: number): Optimizer {
    this.backbone.setRequiresGrad(false);
    for (const module of this.trained) module.setRequiresGrad(true);
    const { weightDecay } = this.settings;
    const groups = parameterGroups(this.trained, { weightDecay });
    return this.settings.optimizer === 'adamw'
      ? new AdamW(groups, { learningRate, weightDecay })
      : new Sgd(groups, { learningRate, weightDecay, momentum: 0.9, useNesterov: true });
  }
}

function copyOf(module: Module): Map<string, Tensor> {
  return new Map([...module.stateDict()].map(([name, value]) => [name, noGrad(() => value.clone())]));
}

/** int64 (N) beside the logits. */
function targets(labels: Int32Array, positions: Int32Array, logits: Tensor): Tensor {
  const chosen = BigInt64Array.from(positions, (i) => BigInt(labels[i]!));
  return tensor(chosen, { device: logits.device });
}

/**
 * The last stage of a backbone up to a layer: the child named like the layer (`layer4` of a ResNet), or the block of that
 * number with whatever follows the last block (a transformer's final norm). Of networks side by side, that of each.
 */
export function topModules(backbone: Backbone, layer?: string): Module[] {
  const name = layer ?? backbone.layers.at(-1)!;
  const own = backbone.layerModules(name);
  if (own !== null) return [...own];
  const children = backbone.children().filter(([, child]) => child.parameters().length > 0);
  const halves = children.map(([, child]) => child).filter((child) => child instanceof Backbone);
  if (halves.length > 0) return halves.flatMap((half) => topModules(half, layer));
  const exact = children.find(([child]) => child === name);
  if (exact !== undefined) return [exact[1]];
  const numbered = children.filter(([child]) => /\.\d+$/.test(child));
  const position = backbone.layers.indexOf(name);
  const block = numbered.length === backbone.layers.length ? numbered[position] : children.at(-1);
  if (block === undefined) return [];
  const isLast = position === backbone.layers.length - 1;
  return isLast ? children.slice(children.indexOf(block)).map(([, child]) => child) : [block[1]];
}
