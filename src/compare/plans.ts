import { z } from 'zod';
import type { Dataset } from '../data/index.js';
import type { Device } from '../engine/index.js';
import type { MethodDefinition } from '../methods/method.js';
import { trainingOptions } from '../train/config.js';
import { fitPlan } from '../train/fit.js';
import { type Given, planRun } from '../train/plan.js';
import { planRecord } from '../train/run-config.js';
import { runTrial, type TrialResult } from '../train/trial.js';
import { reviewData } from '../train/usable.js';
import type { Budget, CompareRequest } from './request.js';

/** How a method is run, and what the trial steps said of it; JSON-safe. */
export const methodPlan = z.object({
  options: z.record(z.string(), z.unknown()),
  training: trainingOptions,
  record: planRecord,
  /** What the method can use of the data, in sentences. */
  review: z.array(z.string()).default([]),
  /** Of the recipe: the length of a run in full. */
  recipeEpochs: z.number().positive(),
  recipeWarmup: z.number().min(0),
  secondsPerEpoch: z.number().min(0),
  /** Seconds of training per sample that passes the encoder. */
  secondsPerPass: z.number().min(0),
  passesPerSample: z.number().positive(),
  threads: z.int().min(1),
  /** Bytes that a step needs beyond what the process has already, by the trial. */
  bytes: z.number().min(0),
});

export type MethodPlan = z.output<typeof methodPlan>;

/** Share of the time that previews and checkpoints leave for training. */
const TRAINING_SHARE = 0.9;
const CHECKPOINT_SECONDS = 30;

/**
 * Settles the recipe of a method for these samples and measures some trial steps of it.
 *
 * @throws AutodidactError when the method cannot learn from such samples, or does not fit in memory
 */
export async function calibrate(
  definition: MethodDefinition,
  dataset: Dataset,
  { recipe, backbone, width }: Pick<CompareRequest, 'recipe' | 'backbone' | 'width'>,
  device: Device,
): Promise<MethodPlan> {
  const training = {
    device,
    ...(backbone === undefined ? {} : { backbone }),
    ...(width === undefined ? {} : { width }),
  };
  const given: Given = { options: {}, training };
  const first = planRun(definition, { spec: dataset.spec, count: dataset.count }, recipe, given);
  const review = reviewData(definition, first.options, dataset);
  let trial: TrialResult | undefined;
  // With the epochs given nothing but the batch is fitted, to the memory.
  const { epochs } = first.training;
  const fit = await fitPlan(definition, first, dataset, {
    ...{ device, budget: null, given: { ...given, training: { ...training, epochs } } },
    async trial(plan) {
      trial = await runTrial(definition, plan, dataset, dataset.count, device);
      return trial;
    },
  });
  const { secondsPerSample, secondsPerEpochStart, passesPerSample, bytes } = trial!;
  return {
    ...{ options: fit.options, training: fit.training },
    record: { ...fit.record, notes: first.record.notes },
    review,
    ...{ recipeEpochs: epochs, recipeWarmup: first.training.warmupEpochs },
    secondsPerEpoch: secondsPerSample * dataset.count + secondsPerEpochStart,
    secondsPerPass: secondsPerSample / passesPerSample,
    ...{ passesPerSample, threads: fit.threads, bytes },
  };
}

/** The steps that a budget buys a method, at least one. */
export function stepsWithin(plan: MethodPlan, { unit, amount }: Budget, count: number): number {
  const { batchSize } = plan.training;
  if (unit === 'steps') return Math.max(1, Math.round(amount));
  const perEpoch = Math.max(1, Math.floor(count / batchSize));
  if (unit === 'images') return Math.max(1, Math.floor(amount / (batchSize * plan.passesPerSample)));
  return Math.max(1, Math.floor((TRAINING_SHARE * amount * perEpoch) / plan.secondsPerEpoch));
}

/** The settings of a run of so many steps: a whole schedule of its own, however short. */
export function trainingFor(plan: MethodPlan, steps: number, count: number, seed: number): MethodPlan['training'] {
  const perEpoch = Math.max(1, Math.floor(count / plan.training.batchSize));
  const epochs = steps / perEpoch;
  return {
    ...plan.training,
    ...{ epochs, seed, monitorEvery: 0, previewEvery: 0 },
    warmupEpochs: Math.min(plan.recipeWarmup, epochs / 10),
    checkpointEvery: Math.max(1, Math.round(CHECKPOINT_SECONDS / Math.max(plan.secondsPerEpoch, 1e-3))),
  };
}

/** Seconds that so many steps take. */
export function secondsOf(plan: MethodPlan, steps: number, count: number): number {
  const perEpoch = Math.max(1, Math.floor(count / plan.training.batchSize));
  return (steps / perEpoch / TRAINING_SHARE) * plan.secondsPerEpoch;
}
