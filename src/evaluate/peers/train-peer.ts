import { setImmediate } from 'node:timers/promises';
import { ClassTargets, type Dataset, RandomSampler, type Samples, samplesTo } from '../../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { AdamW, type Optimizer, parameterGroups, Sgd } from '../../engine/optim/index.js';
import { AutodidactError } from '../../errors.js';
import type { Augment } from '../../modalities/modality.js';
import { modalityOf } from '../../modalities/registry.js';
import { disposeEncoder, type MakeFresh } from '../baselines.js';
import { deviceOf } from '../features.js';
import { checkStopped } from '../inputs.js';
import type { Labeled, Task } from '../task.js';
import type { PeerName } from './names.js';
import { PeerNetwork } from './network.js';
import { plain, RECIPES, type Recipe } from './peers.js';

export interface PeerRequest<P> {
  task: Task<ClassTargets, P>;
  /** Makes the network that is trained from scratch. */
  makeFresh: MakeFresh;
  seed: number;
  /** All training samples; the labels of those at `chosen` alone are used. */
  train: Labeled<ClassTargets>;
  chosen: Int32Array;
  /** Scores, and chooses nothing. */
  test: Labeled<ClassTargets>;
  /** Images that the backbone may see in training, counted at every pass. */
  images: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

export interface PeerResult<P> {
  answers: P[];
  steps: number;
  /** Passes over the labeled samples in these steps. */
  epochs: number;
  details: Record<string, number>;
}

/** Labeled samples in a batch, at most. */
const LABELED_BATCH = 32;
/** Batch of a student of pseudo-labels. */
const STUDENT_BATCH = 64;
const EVALUATION_BATCH = 256;
/** Random changes over which a teacher's answers are averaged. */
const VIEWS = 5;

/**
 * Trains a peer from scratch on the labeled samples and all others, in as many image passes as it is given.
 *
 * @throws AutodidactError `DIVERGED` when the loss is not finite, `DATA` for samples that it cannot change, `INTERRUPTED`
 */
export async function trainPeer<P>(name: PeerName, request: PeerRequest<P>): Promise<PeerResult<P>> {
  if (name === 'pseudo-label') return pseudoLabel(request);
  const trainer = new PeerTrainer(request, RECIPES[name], request.chosen, request.train.targets, LABELED_BATCH);
  try {
    const steps = trainer.stepsIn(request.images);
    await trainer.run(steps, request.onProgress);
    return { answers: await trainer.answers(), steps, epochs: trainer.epochsIn(steps), details: {} };
  } finally {
    trainer.dispose();
  }
}

/**
 * A teacher that is trained on the labeled samples, and a fresh student on its answers to all; half of the image passes each. All answers
 * are taken, whatever their probability; known labels stay. Source: Zhai et al. 2019 (S4L), whose "pseudo-label" this is.
 */
async function pseudoLabel<P>(request: PeerRequest<P>): Promise<PeerResult<P>> {
  const { train, chosen, images, onProgress } = request;
  const teacher = new PeerTrainer(request, plain, chosen, train.targets, LABELED_BATCH);
  let labels: ClassTargets;
  let taught: number;
  try {
    taught = teacher.stepsIn(images / 2);
    await teacher.run(taught, (done) => onProgress?.(done, 2 * taught));
    labels = pseudoLabels(train.targets, chosen, await teacher.guesses());
  } finally {
    teacher.dispose();
  }
  const all = Int32Array.from(train.data.ids.keys());
  const student = new PeerTrainer(request, plain, all, labels, STUDENT_BATCH);
  try {
    const steps = student.stepsIn(images / 2);
    await student.run(steps, (done, total) => onProgress?.(taught + done, taught + total));
    return { answers: await student.answers(), steps, epochs: student.epochsIn(steps), details: { teacher: taught } };
  } finally {
    student.dispose();
  }
}

/** Guesses as labels, and the true labels of the samples at `chosen`. */
export function pseudoLabels(targets: ClassTargets, chosen: Int32Array, guesses: Int32Array): ClassTargets {
  const labels = Int32Array.from(guesses);
  for (const position of chosen) labels[position] = targets.labels[position]!;
  return new ClassTargets(targets.classes, labels);
}

/** One network that is trained by a recipe. */
export class PeerTrainer<P> {
  readonly network: PeerNetwork;
  private readonly weak: Augment | null;
  private readonly random: Generator;
  private readonly batch: number;
  private readonly unlabeledBatch: number;

  /** @param labeled positions of the samples whose labels are used */
  constructor(
    private readonly request: PeerRequest<P>,
    private readonly recipe: Recipe,
    private readonly labeled: Int32Array,
    private readonly targets: ClassTargets,
    batchSize: number,
  ) {
    const { makeFresh, seed, train } = request;
    this.random = new Generator(seed);
    this.network = new PeerNetwork(makeFresh(seed), targets.classes.length, recipe.hasTurns, this.random);
    const { spec } = train.data;
    this.weak = modalityOf(spec).preserve(spec, 'crop');
    this.batch = Math.min(batchSize, labeled.length);
    this.unlabeledBatch = Math.min(recipe.ratio * this.batch, train.data.count);
  }

  stepsIn(images: number): number {
    const { labeled, unlabeled } = this.recipe.passes;
    return Math.max(1, Math.floor(images / (this.batch * labeled + this.unlabeledBatch * unlabeled)));
  }

  epochsIn(steps: number): number {
    return (steps * this.batch) / this.labeled.length;
  }

  async run(steps: number, onProgress?: (done: number, total: number) => void): Promise<void> {
    const { seed, train, signal } = this.request;
    const own = endless(this.labeled.length, this.batch, seed);
    const others = this.unlabeledBatch === 0 ? null : endless(train.data.count, this.unlabeledBatch, seed + 1);
    const optimizer = this.optimizer();
    const averages = this.recipe.averaging === null ? null : copies(this.network);
    this.network.train();
    try {
      for (let step = 0; step < steps; step++) {
        checkStopped(signal);
        optimizer.scaleLearningRate(this.recipe.course(step / steps));
        const positions = own.next().value.map((place) => this.labeled[place]!);
        const loss = this.step(positions, others?.next().value ?? null, optimizer, step / steps);
        if (!Number.isFinite(loss))
          throw new AutodidactError('DIVERGED', `The loss of step ${step + 1} is ${loss}`, {
            remedy: 'Leave this baseline out; its learning rate is fixed.',
          });
        if (averages !== null) follow(averages, this.network, this.recipe.averaging!, step);
        onProgress?.(step + 1, steps);
        await setImmediate();
      }
      if (averages !== null) follow(averages, this.network, null, 0);
    } finally {
      optimizer.dispose();
      for (const average of averages ?? []) average.dispose();
    }
  }

  /** The loss of a step. */
  private step(positions: Int32Array, others: Int32Array | null, optimizer: Optimizer, progress: number): number {
    return scope(() => {
      const loss = this.loss(positions, others, progress);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss.item();
    });
  }

  /** The loss of the labeled samples at these positions and of others. */
  loss(positions: Int32Array, others: Int32Array | null, progress: number): Tensor {
    const { data } = this.request.train;
    const { network, random } = this;
    const device = deviceOf(network.backbone);
    const prepare = (samples: Samples): Tensor => noGrad(() => network.encoder.prepare(samples)).detach();
    const weak = (samples: Samples): Samples => this.weak?.(samples, random) ?? samples;
    const read = (at: Int32Array): Samples => samplesTo(data.collate(at), device);
    const labeled = read(positions);
    return this.recipe.loss({
      ...{ network, prepare, weak, progress, random },
      labeled: prepare(weak(labeled)),
      labels: tensor(
        BigInt64Array.from(positions, (i) => BigInt(this.targets.labels[i]!)),
        { device },
      ),
      unlabeled: others === null ? labeled : read(others),
    });
  }

  /** The answers to the test samples. */
  async answers(): Promise<P[]> {
    const { task, test } = this.request;
    const answers: P[] = [];
    await this.each(test.data, (logits, positions) => {
      for (const found of task.decode(logits, test.targets, positions)) answers.push(found);
    });
    return answers;
  }

  /** The likeliest class of every training sample, of the mean of the logits over random changes. */
  async guesses(): Promise<Int32Array> {
    const { data } = this.request.train;
    const guesses = new Int32Array(data.count);
    const change = this.weak;
    const views = change === null ? 1 : VIEWS;
    await this.each(
      data,
      (logits, positions) => {
        logits
          .argmax(1)
          .toNumbers()
          .forEach((label, i) => {
            guesses[positions[i]!] = label;
          });
      },
      (samples) => Array.from({ length: views }, () => change?.(samples, this.random) ?? samples),
    );
    return guesses;
  }

  /** Logits of all samples, in eval mode, mean over several views of each. */
  private async each(
    data: Dataset,
    use: (logits: Tensor, positions: Int32Array) => void,
    viewsOf: (samples: Samples) => Samples[] = (samples) => [samples],
  ): Promise<void> {
    const { network } = this;
    network.eval();
    for (let from = 0; from < data.count; from += EVALUATION_BATCH) {
      checkStopped(this.request.signal);
      const length = Math.min(EVALUATION_BATCH, data.count - from);
      const positions = Int32Array.from({ length }, (_, i) => from + i);
      scope(() =>
        noGrad(() => {
          const views = viewsOf(samplesTo(data.collate(positions), deviceOf(network.backbone)));
          const logits = views.map((view) => network.classesOf(network.encoder.prepare(view)));
          use(logits.reduce((sum, one) => sum.add(one)).div(logits.length), positions);
        }),
      );
      await setImmediate();
    }
  }

  dispose(): void {
    this.network.dispose();
    disposeEncoder(this.network.encoder);
  }

  private optimizer(): Optimizer {
    const { optimizer, learningRate, weightDecay } = this.recipe;
    const groups = parameterGroups(this.network.modules, { weightDecay });
    return optimizer === 'adamw'
      ? new AdamW(groups, { learningRate, weightDecay })
      : new Sgd(groups, { learningRate, weightDecay, momentum: 0.9, useNesterov: true });
  }
}

/** Batches of one epoch after the other. */
function* endless(count: number, batchSize: number, seed: number): globalThis.Generator<Int32Array, never, undefined> {
  const sampler = new RandomSampler(count, { batchSize, seed, dropLast: true });
  for (let epoch = 0; ; epoch++) yield* sampler.batches(epoch);
}

const parametersOf = (network: PeerNetwork): Tensor[] => network.modules.flatMap((module) => module.parameters());

function copies(network: PeerNetwork): Tensor[] {
  return parametersOf(network).map((parameter) => noGrad(() => parameter.detach().clone()));
}

/**
 * Moves averages towards the weights; without a decay, the weights to the averages. The decay is smaller at first, so that a short training
 * is not measured by its start.
 */
function follow(averages: readonly Tensor[], network: PeerNetwork, decay: number | null, step: number): void {
  const weights = parametersOf(network);
  noGrad(() => {
    if (decay === null)
      weights.forEach((weight, i) => {
        weight.copy_(averages[i]!);
      });
    else ops.foreachLerp_([...averages], weights, 1 - Math.min(decay, (1 + step) / (10 + step)));
  });
}
