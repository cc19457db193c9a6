import { noGrad, scope, type Tensor } from '../engine/index.js';
import { BatchNorm, type Layer } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { Backbone } from './backbone.js';

/**
 * Estimates the running statistics of all batch norms anew, as the plain mean over these batches. A network at random
 * initialisation needs it before it can serve as a baseline: its statistics still say mean 0 and variance 1.
 *
 * Batch norms act as in training while the batches pass, everything else as in evaluation; no other weight changes, and the
 * modes and momenta are as before in the end. A network without batch norm does not look at the batches.
 *
 * @param batches what the network takes, one batch after the other; the caller frees them
 * @throws AutodidactError `DATA` when there is no batch; the statistics stay as they were then
 */
export function reestimateBatchNorm(network: Backbone | Layer, batches: Iterable<Tensor>): void {
  const modules = network.modules().map(([, module]) => module);
  const norms = modules.filter((module) => module instanceof BatchNorm);
  if (norms.length === 0) return;
  const modes = modules.map((module) => module.isTraining);
  const momenta = norms.map((norm) => norm.momentum);
  let count = 0;
  try {
    network.eval();
    for (const batch of batches) {
      if (count === 0) {
        for (const norm of norms) {
          norm.resetStatistics();
          norm.momentum = null;
          norm.isTraining = true;
        }
      }
      count++;
      scope(() => noGrad(() => void (network instanceof Backbone ? network.maps(batch) : network.forward(batch))));
    }
  } finally {
    modules.forEach((module, i) => {
      module.isTraining = modes[i]!;
    });
    norms.forEach((norm, i) => {
      norm.momentum = momenta[i]!;
    });
  }
  if (count === 0) throw expected('at least one batch', 'batches', [], { code: 'DATA' });
}
