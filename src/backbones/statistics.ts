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
