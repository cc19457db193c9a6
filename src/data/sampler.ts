import { AutodidactError, expected } from '../errors.js';
import { membersByGroup } from './groups.js';
import { Prng } from './prng.js';

/** Yields the indices of each batch. The order depends only on the seed and the epoch. */
export interface Sampler {
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  /** The batches of one epoch in order, each an array of at most `batchSize` indices; see `EpochSampler.batches`. */
  batches(epoch: number, from?: number): Iterable<Int32Array>;
  /** The position of the next batch, for a checkpoint. */
  state(): SamplerState;
  /** Continues at a checkpointed position: the next `batches(state.epoch)` starts there. */
  restore(state: SamplerState): void;
}

/** JSON-safe. `seed`, `draws` and `batchSize` identify the sampler: `restore` refuses the state of another one. */
export interface SamplerState {
  epoch: number;
  batch: number;
  seed: number;
  draws: number;
  batchSize: number;
}

export interface SamplerOptions {
  /** Images per batch, at least 1. */
  batchSize: number;
  /** Default 0. */
  seed?: number;
  /** Drop the last batch of an epoch when it is smaller than the others. Default false. */
  dropLast?: boolean;
}

/** Base of all samplers: an epoch is one array of indices, cut into batches. */
abstract class EpochSampler implements Sampler {
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  protected readonly seed: number;
  private cursor = { epoch: 0, batch: 0 };
  private isRestored = false;

  /** `draws` is the number of indices in one epoch; for samplers without replacement, the number of samples. */
  constructor(
    protected readonly draws: number,
    { batchSize, seed = 0, dropLast = false }: SamplerOptions,
  ) {
    if (!Number.isInteger(batchSize) || batchSize < 1) throw expected('a whole number from 1', 'batchSize', batchSize);
    if (!Number.isSafeInteger(seed)) throw expected('a whole number', 'seed', seed);
    if (!Number.isInteger(draws) || draws < 1) throw expected('at least one sample', 'count', draws, { code: 'DATA' });
    if (dropLast && draws < batchSize) {
      const remedy = `Take a batch size of at most ${draws}.`;
      throw expected(`at least one full batch of ${batchSize}`, 'count', draws, { code: 'DATA', remedy });
    }
    this.batchSize = batchSize;
    this.seed = seed;
    this.batchesPerEpoch = dropLast ? Math.floor(draws / batchSize) : Math.ceil(draws / batchSize);
  }

  /** The order of a whole epoch: `draws` indices. */
  abstract epoch(epoch: number): Int32Array;

  /**
   * The batches of one epoch, int32 indices. Starts at batch `from`; by default at 0, or, once after `restore`, at the
   * restored position if it lies in this epoch.
   */
  *batches(epoch: number, from?: number): Generator<Int32Array, void, undefined> {
    const start = from ?? (this.isRestored && epoch === this.cursor.epoch ? this.cursor.batch : 0);
    this.isRestored = false;
    const order = this.epoch(epoch);
    for (let batch = start; batch < this.batchesPerEpoch; batch++) {
      const isLast = batch + 1 === this.batchesPerEpoch;
      this.cursor = isLast ? { epoch: epoch + 1, batch: 0 } : { epoch, batch: batch + 1 };
      yield order.subarray(batch * this.batchSize, Math.min((batch + 1) * this.batchSize, this.draws));
    }
  }

  state(): SamplerState {
    return { ...this.cursor, seed: this.seed, draws: this.draws, batchSize: this.batchSize };
  }

  /** Throws CHECKPOINT when the state comes from a sampler with another seed, size or batch size. */
  restore(state: SamplerState): void {
    for (const name of ['seed', 'draws', 'batchSize'] as const) {
      if (state[name] === this[name]) continue;
      throw new AutodidactError(
        'CHECKPOINT',
        `The checkpoint was made with ${name} ${state[name]}, this sampler has ${this[name]}`,
        { remedy: 'Resume with the same data, batch size and seed.' },
      );
    }
    this.cursor = { epoch: state.epoch, batch: state.batch };
    this.isRestored = true;
  }
}

/** Every index 0 .. count-1 once per epoch, in an order drawn from (seed, epoch). */
export class RandomSampler extends EpochSampler {
  epoch(epoch: number): Int32Array {
    return new Prng(this.seed, epoch).permutation(this.draws);
  }
}

/** 0, 1, 2, ...: for evaluation and embedding. */
export class SequentialSampler extends EpochSampler {
  epoch(): Int32Array {
    return Int32Array.from({ length: this.draws }, (_, i) => i);
  }
}

/**
 * Draws with replacement: index i with probability weights[i] / sum. An epoch has `draws` indices, by default as many
 * as there are weights. Throws DATA for a weight that is negative or not finite, or when all are 0.
 */
export class WeightedSampler extends EpochSampler {
  /** cumulative[i] = weights[0] + ... + weights[i] */
  private readonly cumulative: Float64Array;

  constructor(weights: ArrayLike<number>, options: SamplerOptions & { draws?: number }) {
    super(options.draws ?? weights.length, options);
    this.cumulative = new Float64Array(weights.length);
    let total = 0;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i]!;
      if (!(weight >= 0 && weight < Infinity))
        throw expected('a weight from 0', `weights[${i}]`, weight, { code: 'DATA' });
      total += weight;
      this.cumulative[i] = total;
    }
    if (total === 0) throw expected('at least one weight above 0', 'weights', 'zeros', { code: 'DATA' });
  }

  epoch(epoch: number): Int32Array {
    const prng = new Prng(this.seed, epoch);
    const total = this.cumulative.at(-1)!;
    return Int32Array.from({ length: this.draws }, () => this.find(prng.uniform() * total));
  }

  /** The first index whose cumulative weight is above `target`. */
  private find(target: number): number {
    let low = 0;
    let high = this.cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cumulative[middle]! > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/**
 * Draws the same number of indices from every non-empty group: `assignment[i]` is the group of index i, -1 for none.
 * Groups with too few members are drawn with replacement. An epoch has as many draws as there are assigned indices.
 * Source: DeepCluster (Caron et al. 2018, section 3.3), as in the authors' UnifLabelSampler.
 */
export class GroupSampler extends EpochSampler {
  private readonly groups: Int32Array[];
  constructor(assignment: ArrayLike<number>, options: SamplerOptions) {
    const groups = membersByGroup(assignment).map(([, members]) => members);
    const assigned = groups.reduce((sum, group) => sum + group.length, 0);
    super(assigned, options);
    this.groups = groups;
  }

  epoch(epoch: number): Int32Array {
    const prng = new Prng(this.seed, epoch);
    const perGroup = Math.floor(this.draws / this.groups.length) + 1;
    const drawn = new Int32Array(perGroup * this.groups.length);
    this.groups.forEach((group, g) => {
      // As in the reference: with replacement unless the group has more members than are drawn.
      const isLarge = group.length > perGroup;
      const order = isLarge ? prng.shuffle(group.slice()) : null;
      for (let i = 0; i < perGroup; i++) drawn[g * perGroup + i] = order ? order[i]! : group[prng.below(group.length)]!;
    });
    return prng.shuffle(drawn).subarray(0, this.draws);
  }
}
