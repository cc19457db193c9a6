import { setImmediate } from 'node:timers/promises';
import { type ClassTargets, type Dataset, RandomSampler, type Samples, samplesTo } from '../../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { AdamW, type Optimizer, parameterGroups, Sgd } from '../../engine/optim/index.js';
import { AutodidactError } from '../../errors.js';
import type { Augment } from '../../modalities/modality.js';
import { modalityOf } from '../../modalities/registry.js';
import { disposeEncoder, type MakeFresh } from '../baselines.js';
import { deviceOf } from '../features.js';
import { checkStopped } from '../inputs.js';
import { allOf, type Labeled, type Task } from '../task.js';
import type { Score } from '../validation.js';
import { PeerNetwork } from './network.js';
import type { Recipe } from './peers.js';

/** What one network is trained from. */
export interface TrainerRequest<P> {
  task: Task<ClassTargets, P>;
  /** Makes the network that is trained from scratch. */
  makeFresh: MakeFresh;
  seed: number;
  /** All training samples; only the labels of those that the trainer is given are used. */
  train: Labeled<ClassTargets>;
  /** Scores, and chooses nothing. */
  test: Labeled<ClassTargets>;
  /** Factor of what a peer adds to the labels' loss. Default 1; 0 leaves training on the labels alone. */
  weight?: number;
  signal?: AbortSignal;
}

const EVALUATION_BATCH = 256;
/** Random changes over which a teacher's answers are averaged. */
const VIEWS = 5;

/** One network that is trained by a recipe. */
export class PeerTrainer<P> {
  readonly network: PeerNetwork;
  private readonly weak: Augment | null;
  /** Of the labeled samples, which are the same whatever happens to the others. */
  private readonly random: Generator;
  private readonly othersRandom: Generator;
  private readonly batch: number;
  private readonly unlabeledBatch: number;

  /** @param labeled positions of the samples whose labels are used */
  constructor(
    private readonly request: TrainerRequest<P>,
    private readonly recipe: Recipe,
    private readonly labeled: Int32Array,
    private readonly targets: ClassTargets,
    batchSize: number,
  ) {
    const { makeFresh, seed, train } = request;
    [this.random, this.othersRandom] = [new Generator(seed + 1), new Generator(seed + 2)];
    const start = new Generator(seed);
    this.network = new PeerNetwork(makeFresh(seed), targets.classes.length, recipe.hasTurns, start);
    const { spec } = train.data;
    this.weak = modalityOf(spec).preserve(spec, 'crop');
    this.batch = Math.min(batchSize, labeled.length);
    this.unlabeledBatch = Math.min(recipe.ratio * this.batch, train.data.count);
  }

  /** Samples that the backbone sees in so many steps, counted at every pass. */
  passesIn(steps: number): number {
    const { labeled, unlabeled } = this.recipe.passes;
    return steps * (this.batch * labeled + this.unlabeledBatch * unlabeled);
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
    const { network, othersRandom } = this;
    const device = deviceOf(network.backbone);
    const prepare = (samples: Samples): Tensor => noGrad(() => network.encoder.prepare(samples)).detach();
    const changed = (samples: Samples, random: Generator): Samples => this.weak?.(samples, random) ?? samples;
    const read = (at: Int32Array): Samples => samplesTo(data.collate(at), device);
    const own = read(positions);
    const { labeled, added } = this.recipe.loss({
      ...{ network, prepare, progress, random: othersRandom },
      weak: (samples) => changed(samples, othersRandom),
      labeled: prepare(changed(own, this.random)),
      labels: tensor(
        BigInt64Array.from(positions, (i) => BigInt(this.targets.labels[i]!)),
        { device },
      ),
      unlabeled: others === null ? own : read(others),
    });
    return added === null ? labeled : labeled.add(added.mul(this.request.weight ?? 1));
  }

  /** The answers to the test samples. */
  async answers(): Promise<P[]> {
    const { task, test } = this.request;
    const answers: P[] = [];
    await this.each(test.data, allOf(test.data.count), (logits, positions) => {
      for (const found of task.decode(logits, test.targets, positions)) answers.push(found);
    });
    return answers;
  }

  /** Accuracy and mean cross-entropy on training samples with these labels. */
  async score(held: Int32Array): Promise<Score> {
    const { data, targets } = this.request.train;
    let [right, loss] = [0, 0];
    await this.each(data, held, (logits, positions) => {
      const truth = Array.from(positions, (position) => targets.labels[position]!);
      const found = logits.argmax(1).toNumbers();
      right += truth.filter((label, i) => label === found[i]).length;
      loss +=
        ops.crossEntropy(logits, tensor(BigInt64Array.from(truth, BigInt)).to(logits.device)).item() * truth.length;
    });
    return { score: right / held.length, loss: loss / held.length };
  }

  /** The likeliest class of every training sample, of the mean of the logits over random changes. */
  async guesses(): Promise<Int32Array> {
    const { data } = this.request.train;
    const guesses = new Int32Array(data.count);
    const change = this.weak;
    const views = change === null ? 1 : VIEWS;
    await this.each(
      data,
      allOf(data.count),
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

  /** Logits of the samples at these positions, in eval mode, mean over several views of each. */
  private async each(
    data: Dataset,
    all: Int32Array,
    use: (logits: Tensor, positions: Int32Array) => void,
    viewsOf: (samples: Samples) => Samples[] = (samples) => [samples],
  ): Promise<void> {
    const { network } = this;
    network.eval();
    for (let from = 0; from < all.length; from += EVALUATION_BATCH) {
      checkStopped(this.request.signal);
      const positions = all.slice(from, from + EVALUATION_BATCH);
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
