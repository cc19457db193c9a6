import { noGrad, scope, type Tensor, tensor } from '../engine/index.js';
import { BatchNorm, type Layer, type Module } from '../engine/nn/index.js';
import { expected } from '../errors.js';
import { Backbone } from './backbone.js';

/**
 * Re-estimates the running statistics of all batch norms over the given batches, pooled as of one large batch: every value counts
 * alike, whatever the batch that it comes in. A randomly initialized network needs this to serve as a baseline: its statistics are
 * still mean 0 and variance 1.
 *
 * Batch norms run in training mode and everything else in evaluation mode; nothing but the statistics changes, and modes and
 * momenta are restored. Without batch norms the batches are not read.
 *
 * @param batches inputs of the network, each a random sample: a norm sees what the norms before it make of the same batch; the caller
 *   frees them
 * @throws AutodidactError `DATA` when there is no batch; then the statistics do not change
 */
export function reestimateBatchNorm(network: Backbone | Layer, batches: Iterable<Tensor>): void {
  const norms = batchNormsOf(network);
  if (norms.length === 0) return;
  const pools = norms.map((norm) => new Pool(norm));
  let count = 0;
  try {
    withBatchStatistics(network, () => {
      for (const batch of batches) {
        if (count++ === 0) for (const pool of pools) pool.open();
        scope(() => noGrad(() => void (network instanceof Backbone ? network.maps(batch) : network.forward(batch))));
      }
    });
    for (const pool of pools) pool.write();
  } finally {
    for (const pool of pools) pool.close();
  }
  if (count === 0) throw expected('at least one batch', 'batches', [], { code: 'DATA' });
}

/** What a batch norm has seen: the number of values per channel, and per channel their sum and the sum of their squares. */
class Pool {
  readonly #momentum: number | null;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  #count = 0;

  constructor(private readonly norm: BatchNorm) {
    this.#momentum = norm.momentum;
    this.#sums = new Float64Array(norm.features);
    this.#squares = new Float64Array(norm.features);
  }

  /** From here on the norm's own statistics are those of its newest batch, which are added here. */
  open(): void {
    const { norm } = this;
    norm.resetStatistics();
    norm.momentum = 1;
    const forward = norm.forward.bind(norm);
    norm.forward = (x) => {
      const y = forward(x);
      this.#add(x.numel / norm.features);
      return y;
    };
  }

  #add(count: number): void {
    const [means, variances] = [this.norm.running_mean.toNumbers(), this.norm.running_var.toNumbers()];
    this.#count += count;
    means.forEach((mean, i) => {
      this.#sums[i]! += count * mean;
      this.#squares[i]! += (count - 1) * variances[i]! + count * mean ** 2;
    });
  }

  write(): void {
    const count = this.#count;
    if (count === 0) return;
    const means = this.#sums.map((sum) => sum / count);
    const variances = this.#squares.map((square, i) => Math.max(0, square - count * means[i]! ** 2) / (count - 1));
    scope(() =>
      noGrad(() => {
        this.norm.running_mean.copy_(tensor(means));
        this.norm.running_var.copy_(tensor(variances));
      }),
    );
  }

  close(): void {
    this.norm.momentum = this.#momentum;
    Reflect.deleteProperty(this.norm, 'forward');
  }
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
