import { type Dataset, drawPart, samplesTo } from '../data/index.js';
import { type Device, Generator, memory, noGrad, scope, synchronize, threads } from '../engine/index.js';
import type { Batch, MethodDefinition } from '../methods/method.js';
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
  /** Bytes that the networks and one step at the full batch need, beyond what the process has already. */
  bytes: number;
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
  const batchSize = Math.max(definition.smallestBatch ?? 1, Math.min(TRIAL_BATCH, plan.training.batchSize, few.count));
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
    const step = () => {
      const indices = Array.from({ length: batchSize }, (_, i) => i % few.count);
      scope(() => {
        const samples = samplesTo(few.collate(indices), device) as Batch['samples'];
        trainStep(state, [{ samples, indices }], progress, {
          ...{ device, autocast: autocastType(training.precision, device), clipNorm: training.clipNorm },
          ...{ learningRateFactor: 0, learningRate: 0, nextLearningRate: 0, watchFeatures: false },
        });
      });
    };
    step(); // the first step fills the caches
    const withThreads = (wanted: number) => {
      threads(wanted);
      step();
      let seconds = Number.POSITIVE_INFINITY;
      for (let i = 0; i < TIMED_STEPS; i++) seconds = Math.min(seconds, timed(device, step));
      return { threads: wanted, seconds };
    };
    const choices =
      device === 'cpu' && started > 1 && process.env.AUTODIDACT_THREADS === undefined ? [started, 1] : [started];
    const best = choices.map(withThreads).reduce((a, b) => (b.seconds < a.seconds ? b : a));
    for (const optimizer of state.optimizers.values()) optimizer.dispose();
    const used = Math.max(0, memory().peakResidentBytes - before.residentBytes);
    return {
      secondsPerSample: best.seconds / batchSize,
      secondsPerEpochStart: (epochStart * count) / few.count,
      threads: best.threads,
      bytes: used * Math.max(1, plan.training.batchSize / plan.training.accumulate / batchSize),
    };
  } finally {
    threads(started);
    method.dispose();
  }
}

function timed(device: Device, work: () => void): number {
  const began = performance.now();
  work();
  if (device !== 'cpu') synchronize(device);
  return (performance.now() - began) / 1000;
}
