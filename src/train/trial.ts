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

/** What some steps of the real configuration took. */
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
    const optimizers = makeOptimizers(method, 0, training);
    const position = { step: 0, epoch: 0, batch: 0, stage: 0 };
    const state = { method, optimizers, random, position, order: null, meter: new EpochMeter() };
    const progress = { ...position, totalSteps: 1, totalEpochs: 1 };
    noGrad(() => method.onStageStart(progress));
    const epochStart = timed(device, () => beginEpoch(state, progress, training, few, device));
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
    const input = countInput(method.encoder, few, device);
    step(smallSize);
    const passesPerSample = input.stop() / smallSize || 1;
    step(smallSize); // the first one made the state of the optimizers
    const small = { samples: smallSize, bytes: used() };
    const withThreads = (wanted: number) => {
      threads(wanted);
      step(batchSize);
      let seconds = Number.POSITIVE_INFINITY;
      for (let i = 0; i < TIMED_STEPS; i++)
        seconds = Math.min(
          seconds,
          timed(device, () => step(batchSize)),
        );
      return { threads: wanted, seconds };
    };
    const choices =
      device === 'cpu' && started > 1 && process.env.AUTODIDACT_THREADS === undefined ? [started, 1] : [started];
    const best = choices.map(withThreads).reduce((a, b) => (b.seconds < a.seconds ? b : a));
    for (const optimizer of state.optimizers.values()) optimizer.dispose();
    return {
      secondsPerSample: best.seconds / batchSize,
      secondsPerEpochStart: (epochStart * count) / few.count,
      threads: best.threads,
      passesPerSample,
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
function countInput(encoder: Encoder, data: Dataset, device: Device): { stop(): number } {
  const { backbone } = encoder;
  const seen = data.seenBy(encoder.spec);
  const usual =
    seen === null ? 0 : scope(() => noGrad(() => encoder.prepare(samplesTo(seen.collate([0]), device) as never).numel));
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
  return {
    stop() {
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
