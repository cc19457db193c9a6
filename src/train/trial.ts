import { type Dataset, drawPart, samplesTo } from '../data/index.js';
import {
  type Device,
  Generator,
  memory,
  noGrad,
  resetPeakMemory,
  scope,
  synchronize,
  type Tensor,
  threads,
} from '../engine/index.js';
import type { Batch, Encoder, MethodDefinition } from '../methods/method.js';
import { buildMethod } from './build.js';
import type { TrainingState } from './checkpoint.js';
import { beginEpoch } from './epoch.js';
import { EpochMeter } from './epoch-meter.js';
import { makeOptimizers } from './optimizers.js';
import type { Plan } from './plan.js';
import { autocastType } from './precision.js';
import { trainStep } from './step.js';

/** Samples per trial step; the time of a step grows in proportion beyond. */
const TRIAL_BATCH = 32;
/** Samples of the data that a trial sees; work at the start of an epoch grows in proportion. */
const TRIAL_SAMPLES = 256;
const TIMED_STEPS = 2;

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
}

/**
 * Trains some steps of a plan on a few samples, and forgets them. On a CPU it is tried with one thread and with all: small networks,
 * and machines whose cores are busy, are faster with one.
 *
 * @param count samples of the whole data
 * @throws AutodidactError when the method cannot be built for these samples
 */
export function runTrial(
  definition: MethodDefinition,
  plan: Plan,
  dataset: Dataset,
  count: number,
  device: Device,
): TrialResult {
  const few = dataset.subset(drawPart(dataset.count, TRIAL_SAMPLES));
  const smallest = definition.smallestBatch ?? 1;
  const batchSize = Math.max(smallest, Math.min(TRIAL_BATCH, plan.training.batchSize, few.count));
  const smallSize = Math.max(smallest, Math.floor(batchSize / 4));
  resetPeakMemory();
  const before = memory();
  const training = { ...plan.training, batchSize, accumulate: 1, device };
  const data = { spec: few.spec, count: few.count };
  const built = { seed: training.seed, device, assets: dataset.assets };
  const method = buildMethod(definition, plan.options, training, data, built);
  const started = threads();
  try {
    const random = new Generator(training.seed, device);
    const position = { step: 0, epoch: 0, batch: 0, stage: 0 };
    const optimizers: TrainingState['optimizers'] = new Map();
    const state = { method, optimizers, random, position, order: null, meter: new EpochMeter() };
    const progress = { ...position, totalSteps: 1, totalEpochs: 1 };
    const enter = (stage: number) => {
      for (const optimizer of state.optimizers.values()) optimizer.dispose();
      state.optimizers = makeOptimizers(method, stage, training);
      progress.stage = stage;
      noGrad(() => method.onStageStart(progress));
    };
    const stages = [...method.stages.entries()].filter(([, { share }]) => share > 0);
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
    let [epochStart, passes] = [0, 0];
    for (const [stage, { share }] of stages) {
      enter(stage);
      epochStart += share * timed(device, () => beginEpoch(state, progress, training, few, device));
      passes += share * (input.during(() => step(smallSize)) / smallSize || 1);
      step(smallSize); // the first one made the state of the optimizers
    }
    const small = { samples: smallSize, bytes: used() };
    const choices =
      device === 'cpu' && started > 1 && process.env.AUTODIDACT_THREADS === undefined ? [started, 1] : [started];
    const timings = choices.map((wanted) => ({ threads: wanted, seconds: 0 }));
    for (const [stage, { share }] of stages) {
      enter(stage);
      for (const timing of timings) {
        threads(timing.threads);
        step(batchSize);
        const seconds = Array.from({ length: TIMED_STEPS }, () => timed(device, () => step(batchSize)));
        timing.seconds += share * Math.min(...seconds);
      }
    }
    const best = timings.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    for (const optimizer of state.optimizers.values()) optimizer.dispose();
    return {
      secondsPerSample: best.seconds / batchSize,
      secondsPerEpochStart: (epochStart * count) / few.count,
      threads: best.threads,
      passesPerSample: passes,
      ...memoryNeeded(small, { samples: batchSize, bytes: used() }, plan.training),
    };
  } finally {
    threads(started);
    method.dispose();
  }
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

function timed(device: Device, work: () => void): number {
  const began = performance.now();
  work();
  if (device !== 'cpu') synchronize(device);
  return (performance.now() - began) / 1000;
}
