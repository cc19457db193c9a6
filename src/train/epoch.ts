import type { ImageDataset } from '../data/dataset.js';
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
  dataset: Pick<ImageDataset, 'count' | 'batch'>,
  device: Device,
): void {
  const plan = scope(() =>
    state.method.onEpochStart({
      progress,
      random: state.random,
      count: dataset.count,
      batchSize: training.batchSize,
      samples: (indices) => dataset.batch(indices).to(device),
    }),
  );
  state.order = plan.order ?? null;
  const optimizers = new Map(state.optimizers);
  for (const turn of state.method.turns(progress.stage))
    if (plan.resetTurns?.includes(turn.name)) {
      optimizers.get(turn.name)?.dispose();
      optimizers.set(turn.name, makeOptimizer(turn, training));
    }
  state.optimizers = optimizers;
}
