import { noGrad, scope, type Tensor } from '../engine/index.js';
import { BatchNorm, type Layer, type Module } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { Backbone } from './backbone.js';

/**
 * Estimates the running statistics of all batch norms anew, as the plain mean over these batches. A network at random
 * initialization needs it before it can serve as a baseline: its statistics still say mean 0 and variance 1.
 *
 * Batch norms act as in training while the batches pass, everything else as in evaluation; no other weight changes, and the
 * modes and momenta are as before in the end. A network without batch norm does not look at the batches.
 *
 * @param batches what the network takes, one batch after the other; the caller frees them
 * @throws AutodidactError `DATA` when there is no batch; the statistics stay as they were then
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

/** Runs the body while batch norms act as in training and everything else as in evaluation; the modes are as before in the end. */
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
