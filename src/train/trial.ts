import { type Dataset, drawPart, samplesTo } from '../data/index.js';
import {
  type Device,
  dtypeBytes,
  Generator,
  memory,
  noGrad,
  ops,
  resetPeakMemory,
  scope,
  synchronize,
  type Tensor,
  threads,
} from '../engine/index.js';
import { nearestCentroids } from '../methods/clusters/k-means.js';
import { type Batch, type Encoder, Method, type MethodDefinition, type Progress } from '../methods/method.js';
import { buildMethod } from './build.js';
import type { TrainingState } from './checkpoint.js';
import type { TrainingOptions } from './config.js';
import { beginEpoch } from './epoch.js';
import { EpochMeter } from './epoch-meter.js';
import { makeOptimizers } from './optimizers.js';
import type { Plan } from './plan.js';
import { autocastType } from './precision.js';
import { previewOf } from './previews.js';
import { trainStep } from './step.js';

/** Samples per trial step; the time of a step grows in proportion beyond. */
const TRIAL_BATCH = 32;
/** Samples of the data that a trial sees; most work at the start of an epoch grows in proportion. */
const TRIAL_SAMPLES = 256;
/** Steps are repeated until they filled this many seconds: a moment in which other programs are busy passes. */
const TIMED_SECONDS = 0.5;
const [FEWEST_TIMED, MOST_TIMED] = [3, 15];
/** Bytes of a checkpoint that are hashed and written per second, on a slow disk. */
const SAVED_PER_SECOND = 1e8;

/** What some steps of the real configuration took; those of a method with several stages count by the shares of the stages. */
export interface TrialResult {
  /** Seconds per sample in training, with this number of threads. */
  secondsPerSample: number;
  /** Seconds at the start of an epoch, for all samples of the data. */
  secondsPerEpochStart: number;
  threads: number;
  /** Samples' worth of input that the encoder sees in training per sample: 4 for four rotations, 2 for two views. */
  passesPerSample: number;
  /** Bytes that the networks and one step at the full batch need, beyond what the process has already. */
  bytes: number;
  /** The part of `bytes` that each sample of the batch adds; weights and optimizers need the same at any batch. */
  bytesPerSample: number;
  /** Seconds that the rounds between epochs take, each. */
  rounds: RoundSeconds;
}

export interface RoundSeconds {
  scores: number;
  preview: number;
  checkpoint: number;
}

/** How the trial measures the encoder, as the run will. */
export interface TrialScores {
  measure(encoder: Encoder): Promise<unknown>;
  /** The share of the run's samples that `measure` looks at. */
  share: number;
}

/**
 * Trains some steps of a plan on a few samples, and forgets them. The method that trains is built for the whole data, so that its memories
 * of all samples count; where it looks at all samples at the start of an epoch, that is timed with one built for the few. On a CPU it is
 * tried with one thread and with all: small networks, and machines whose cores are busy, are faster with one.
 *
 * @param count samples of the whole data
 * @param scores left out where the encoder is not measured in training
 * @throws AutodidactError when the method cannot be built for these samples
 */
export async function runTrial(
  definition: MethodDefinition,
  plan: Plan,
  dataset: Dataset,
  count: number,
  device: Device,
  scores?: TrialScores,
): Promise<TrialResult> {
  const few = dataset.subset(drawPart(dataset.count, TRIAL_SAMPLES));
  const smallest = definition.smallestBatch ?? 1;
  const batchSize = Math.max(smallest, Math.min(TRIAL_BATCH, plan.training.batchSize, few.count));
  const smallSize = Math.max(smallest, Math.floor(batchSize / 4));
  const before = memory();
  const training = { ...plan.training, batchSize, accumulate: 1, device };
  const built = { seed: training.seed, device, assets: dataset.assets };
  const build = (samples: number) =>
    new Rehearsal(
      buildMethod(definition, plan.options, training, { spec: few.spec, count: samples }, built),
      training,
      device,
    );
  const started = threads();
  resetPeakMemory();
  const rehearsal = build(count);
  const { method, state, progress, stages } = rehearsal;
  try {
    const step = (size: number) => {
      const indices = Array.from({ length: size }, (_, i) => i % few.count);
      scope(() => {
        const samples = samplesTo(few.collate(indices), device) as Batch['samples'];
        trainStep(state, [{ samples, indices }], progress, {
          ...{ device, autocast: autocastType(training.precision, device), clipNorm: training.clipNorm },
          ...{ learningRateFactor: 0, learningRate: 0, nextLearningRate: 0, watchFeatures: false },
        });
      });
    };
    const used = () => Math.max(0, memory().peakResidentBytes - before.residentBytes);
    const input = inputCounter(method.encoder, few, device);
    let passes = 0;
    for (const [stage, share] of stages) {
      rehearsal.enter(stage);
      passes += share * (input.during(() => step(smallSize)) / smallSize || 1);
      step(smallSize); // the first one made the state of the optimizers
    }
    const smallPeak = { samples: smallSize, bytes: used() };
    const choices =
      device === 'cpu' && started > 1 && process.env.AUTODIDACT_THREADS === undefined ? [started, 1] : [started];
    const timings = choices.map((wanted) => ({ threads: wanted, seconds: 0 }));
    for (const [stage, share] of stages) {
      rehearsal.enter(stage);
      for (const timing of timings) {
        threads(timing.threads);
        step(batchSize);
        timing.seconds += share * typicalSeconds(() => timed(device, () => step(batchSize)));
      }
    }
    const needed = memoryNeeded(smallPeak, { samples: batchSize, bytes: used() }, plan.training);
    const best = timings.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    threads(best.threads);
    const epochStart = looksAtAll(method) ? epochStartSeconds(build(few.count), training, few, device) : 0;
    const clustering = method.clusteringProducts > 0 ? method.clusteringProducts * secondsPerProduct(device) : 0;
    return {
      secondsPerSample: best.seconds / batchSize,
      secondsPerEpochStart: (epochStart * count) / few.count + clustering,
      threads: best.threads,
      passesPerSample: passes,
      ...needed,
      rounds: {
        scores: scores === undefined ? 0 : (await secondsOf(() => scores.measure(method.encoder))) / scores.share,
        preview: timed(device, () => {
          for (const { rows } of previewOf(method, few, device)) for (const { image } of rows.flat()) image?.dispose();
        }),
        checkpoint: rehearsal.savedBytes / SAVED_PER_SECOND,
      },
    };
  } finally {
    threads(started);
    rehearsal.dispose();
  }
}

/** Whether a method may look at all the data at the start of an epoch. */
const looksAtAll = (method: Method): boolean => method.onEpochStart !== Method.prototype.onEpochStart;

/** Seconds that the starts of epochs take on these data, over all stages by their shares. */
function epochStartSeconds(rehearsal: Rehearsal, training: TrainingOptions, data: Dataset, device: Device): number {
  const { state, progress, stages } = rehearsal;
  try {
    let seconds = 0;
    for (const [stage, share] of stages) {
      rehearsal.enter(stage);
      seconds += share * timed(device, () => beginEpoch(state, progress, training, data, device));
    }
    return seconds;
  } finally {
    rehearsal.dispose();
  }
}

/** A method with all that its hooks and steps need, to be forgotten. */
class Rehearsal {
  readonly state: TrainingState;
  readonly progress: Progress;
  /** Those that take part of a run: the number of each, and its share. */
  readonly stages: readonly (readonly [stage: number, share: number])[];

  constructor(
    readonly method: Method,
    private readonly training: TrainingOptions,
    device: Device,
  ) {
    const random = new Generator(training.seed, device);
    const position = { step: 0, epoch: 0, batch: 0, stage: 0 };
    this.state = { method, optimizers: new Map(), random, position, order: null, meter: new EpochMeter() };
    this.progress = { ...position, totalSteps: 1, totalEpochs: 1 };
    this.stages = method.stages.flatMap(({ share }, stage) => (share > 0 ? [[stage, share] as const] : []));
  }

  enter(stage: number): void {
    this.disposeOptimizers();
    this.state.optimizers = makeOptimizers(this.method, stage, this.training);
    this.progress.stage = stage;
    noGrad(() => this.method.onStageStart(this.progress));
  }

  get savedBytes(): number {
    const { method, optimizers } = this.state;
    return [method, ...optimizers.values()]
      .flatMap((part) => [...part.stateDict().values()])
      .reduce((sum, { numel, dtype }) => sum + numel * dtypeBytes(dtype), 0);
  }

  private disposeOptimizers(): void {
    for (const optimizer of this.state.optimizers.values()) optimizer.dispose();
  }

  dispose(): void {
    this.disposeOptimizers();
    this.method.dispose();
  }
}

/** Seconds that k-means takes for one number of one point and one centroid. */
function secondsPerProduct(device: Device): number {
  const [points, clusters, size] = [4096, 512, 128];
  return scope(() => {
    const [rows, centroids] = [ops.rand([points, size], { device }), ops.rand([clusters, size], { device })];
    const once = () => void nearestCentroids(rows, centroids);
    once();
    return timed(device, once) / (points * clusters * size);
  });
}

interface Peak {
  samples: number;
  bytes: number;
}

/**
 * The memory of a plan from the peaks of steps of two sizes: what is the same at any batch, and what each sample adds. Of one size alone
 * it is in proportion to the samples.
 */
export function memoryNeeded(
  small: Peak,
  large: Peak,
  { batchSize, accumulate }: Pick<Plan['training'], 'batchSize' | 'accumulate'>,
): Pick<TrialResult, 'bytes' | 'bytesPerSample'> {
  const more = large.samples - small.samples;
  const slope = more > 0 ? Math.max(0, large.bytes - small.bytes) / more : large.bytes / large.samples;
  const samplesAtOnce = batchSize / accumulate;
  return {
    bytes: Math.max(0, large.bytes + slope * (samplesAtOnce - large.samples)),
    bytesPerSample: slope / accumulate,
  };
}

/**
 * Counts what a backbone is given, in samples of the usual size: nine tiles of a ninth of the area are one. Copies of the backbone
 * (momentum encoders) do not count; a transformer of patches, which may take its input otherwise, counts each sample once.
 */
function inputCounter(encoder: Encoder, data: Dataset, device: Device): { during(work: () => void): number } {
  const { backbone } = encoder;
  const seen = data.seenBy(encoder.spec);
  const usual =
    seen === null ? 0 : scope(() => noGrad(() => encoder.prepare(samplesTo(seen.collate([0]), device) as never).numel));
  return {
    during(work) {
      let [total, depth] = [0, 0];
      const counted =
        <Rest extends readonly unknown[], Result>(read: (x: Tensor, ...rest: Rest) => Result) =>
        (x: Tensor, ...rest: Rest): Result => {
          if (depth === 0) total += x.numel;
          depth++;
          try {
            return read.call(backbone, x, ...rest);
          } finally {
            depth--;
          }
        };
      backbone.maps = counted(backbone.maps);
      backbone.pyramid = counted(backbone.pyramid);
      work();
      Reflect.deleteProperty(backbone, 'maps');
      Reflect.deleteProperty(backbone, 'pyramid');
      return usual > 0 ? total / usual : 0;
    },
  };
}

/**
 * The median of some steps, so that single slow ones do not count.
 * @param once takes a step and returns its seconds
 */
export function typicalSeconds(once: () => number): number {
  const seconds: number[] = [];
  let total = 0;
  while (seconds.length < FEWEST_TIMED || (total < TIMED_SECONDS && seconds.length < MOST_TIMED)) {
    const latest = once();
    seconds.push(latest);
    total += latest;
  }
  return seconds.sort((a, b) => a - b)[Math.floor((seconds.length - 1) / 2)]!;
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

function timed(device: Device, work: () => void): number {
  const began = performance.now();
  work();
  if (device !== 'cpu') synchronize(device);
  return (performance.now() - began) / 1000;
}
