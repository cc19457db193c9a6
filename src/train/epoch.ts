import { type Dataset, samplesTo } from '../data/index.js';
import { type Device, scope } from '../engine/index.js';
import type { Progress } from '../methods/method.js';
import type { TrainingState } from './checkpoint.js';
import type { TrainingOptions } from './config.js';
import { makeOptimizer } from './optimizers.js';

/** Lets the method look at all the data before an epoch, and puts its plan into the state: the order, and optimizers made anew. */
export function beginEpoch(
  state: TrainingState,
  progress: Progress,
  training: TrainingOptions,
  dataset: Pick<Dataset, 'count' | 'collate'>,
  device: Device,
): void {
  const plan = scope(() =>
    state.method.onEpochStart({
      progress,
      random: state.random,
      count: dataset.count,
      batchSize: training.batchSize,
      samples: (indices) => samplesTo(dataset.collate(indices), device) as never,
    }),
  );
  state.order = plan.order ?? null;
  const optimizers = new Map(state.optimizers);
  for (const group of state.method.optimizerGroups(progress.stage))
    if (plan.resetGroups?.includes(group.name)) {
      optimizers.get(group.name)?.dispose();
      optimizers.set(group.name, makeOptimizer(group, training));
    }
  state.optimizers = optimizers;
}
