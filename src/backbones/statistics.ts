import { noGrad, scope, type Tensor } from '../engine/index.js';
import { BatchNorm, type Layer, type Module } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { Backbone } from './backbone.js';

/**
 * Re-estimates the running statistics of all batch norms as the plain mean over the given batches. A randomly initialized
 * network needs this to serve as a baseline: its statistics are still mean 0 and variance 1.
 *
 * Batch norms run in training mode and everything else in evaluation mode; nothing but the statistics changes, and modes and
 * momenta are restored. Without batch norms the batches are not read.
 *
 * @param batches inputs of the network; the caller frees them
 * @throws AutodidactError `DATA` when there is no batch; then the statistics do not change
 */
export function reestimateBatchNorm(network: Backbone | Layer, batches: Iterable<Tensor>): void {
  const norms = batchNormsOf(network);
  if (norms.length === 0) return;
  const momenta = norms.map((norm) => norm.momentum);
  let count = 0;
  try {
    withBatchStatistics(network, () => {
      for (const batch of batches) {
        if (count === 0) {
          for (const norm of norms) {
            norm.resetStatistics();
            norm.momentum = null;
          }
        }
        count++;
        scope(() => noGrad(() => void (network instanceof Backbone ? network.maps(batch) : network.forward(batch))));
      }
    });
  } finally {
    norms.forEach((norm, i) => {
      norm.momentum = momenta[i]!;
    });
  }
  if (count === 0) throw expected('at least one batch', 'batches', [], { code: 'DATA' });
}

export function batchNormsOf(network: Module): BatchNorm[] {
  return network
    .modules()
    .map(([, module]) => module)
    .filter((module) => module instanceof BatchNorm);
}

/** Runs the body with networks as they are, but leaves the running statistics of batch norms alone: for what is only looked at. */
export function withoutStatistics<Result>(network: Module, body: () => Result): Result {
  const norms = batchNormsOf(network);
  const own = norms.map(({ running_mean, running_var, num_batches_tracked }) => ({
    ...{ running_mean, running_var, num_batches_tracked },
  }));
  try {
    // Other tensors, not the same ones put back: a backward pass to come checks that those are unchanged.
    norms.forEach((norm, i) => {
      const { running_mean, running_var, num_batches_tracked } = own[i]!;
      norm.running_mean = running_mean.clone();
      norm.running_var = running_var.clone();
      norm.num_batches_tracked = num_batches_tracked.clone();
    });
    return body();
  } finally {
    norms.forEach((norm, i) => {
      for (const copy of [norm.running_mean, norm.running_var, norm.num_batches_tracked]) copy.dispose();
      Object.assign(norm, own[i]);
    });
  }
}

/** Runs the body with batch norms in training mode and everything else in evaluation mode, then restores the modes. */
export function withBatchStatistics<Result>(network: Module, body: () => Result): Result {
  const modules = network.modules().map(([, module]) => module);
  const modes = modules.map((module) => module.isTraining);
  try {
    for (const module of modules) module.isTraining = module instanceof BatchNorm;
    return body();
  } finally {
    modules.forEach((module, i) => {
      module.isTraining = modes[i]!;
    });
  }
}
