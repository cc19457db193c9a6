import { type Device, type DType, keep, noGrad, ops, scope, type Tensor } from '../engine/index.js';
import { expected } from '../errors.js';

/** The keys and values of one block. */
export interface LayerCache {
  /** Adds those of new tokens, (N, heads, T, D) each, and gives all so far, (N, heads, keys, D). */
  extend(keys: Tensor, values: Tensor): [keys: Tensor, values: Tensor];
}

export interface CacheSize {
  layers: number;
  batch: number;
  heads: number;
  /** Most tokens. */
  capacity: number;
  /** D of a head. */
  headSize: number;
  device: Device;
  dtype?: DType;
}

/**
 * Keys and values of the tokens that a causal transformer has read, in memory that is reserved once: the next tokens then cost one pass
 * over themselves alone. Free it with `dispose`.
 */
export class KeyValueCache {
  /** Columns filled so far, padding included. */
  length = 0;
  readonly capacity: number;
  /** Booleans (N, capacity): which columns are real tokens. Null while no token was padding. */
  isReal: Tensor | null = null;
  /** Of each block, (N, heads, capacity, D) each. */
  readonly #memory: readonly { keys: Tensor; values: Tensor }[];
  readonly #batch: number;
  readonly #device: Device;

  constructor({ layers, batch, heads, capacity, headSize, device, dtype = 'float32' }: CacheSize) {
    this.capacity = capacity;
    this.#batch = batch;
    this.#device = device;
    const reserve = () => keep(ops.zeros([batch, heads, capacity, headSize], { device, dtype }));
    this.#memory = Array.from({ length: layers }, () => ({ keys: reserve(), values: reserve() }));
  }

  /** Where block `index` keeps its share; the columns count as filled after `advance`. */
  layer(index: number): LayerCache {
    const memory = this.#memory[index]!;
    const fill = (whole: Tensor, given: Tensor): Tensor => {
      const count = given.size(2);
      noGrad(() => whole.narrow(2, this.length, count).copy_(given));
      return whole.narrow(2, 0, this.length + count);
    };
    return { extend: (keys, values) => [fill(memory.keys, keys), fill(memory.values, values)] };
  }

  /**
   * Says which of the next tokens are padding, before they are read.
   *
   * @param isReal booleans (N, T); null for all
   * @returns booleans (N, keys) over all columns with the next ones, or null when no token is padding
   * @throws AutodidactError `USAGE` when they do not fit
   */
  announce(count: number, isReal: Tensor | null): Tensor | null {
    if (this.length + count > this.capacity)
      throw expected(`at most ${this.capacity - this.length} more tokens`, 'ids', count, {
        remedy: 'Make a cache of a larger capacity.',
      });
    if (isReal === null && this.isReal === null) return null;
    this.isReal ??= keep(ops.ones([this.#batch, this.capacity], { dtype: 'bool', device: this.#device }));
    if (isReal !== null) noGrad(() => this.isReal!.narrow(1, this.length, count).copy_(isReal));
    return this.isReal.narrow(1, 0, this.length + count);
  }

  advance(count: number): void {
    this.length += count;
  }

  /**
   * Forgets the first columns, as many as `isReal` does not have.
   *
   * @param isReal booleans (N, columns that stay): those that are false become padding
   */
  keepLast(isReal: Tensor): void {
    const columns = isReal.size(1);
    const first = this.length - columns;
    const move = (whole: Tensor): void =>
      scope(() => void whole.narrow(2, 0, columns).copy_(whole.narrow(2, first, columns).clone()));
    const flags = keep(ops.ones([this.#batch, this.capacity], { dtype: 'bool', device: this.#device }));
    noGrad(() => {
      scope(() => void flags.narrow(1, 0, columns).copy_(isReal));
      for (const { keys, values } of this.#memory) {
        move(keys);
        move(values);
      }
    });
    this.isReal?.dispose();
    this.isReal = flags;
    this.length = columns;
  }

  /** Puts all keys and values of a cache of n rows into the last columns of these rows, int64 (n). */
  replaceLast(rows: Tensor, other: KeyValueCache): void {
    const { length } = other;
    const put = (whole: Tensor, own: Tensor): void =>
      scope(() => void whole.narrow(2, this.length - length, length).indexCopy_(0, rows, own.narrow(2, 0, length)));
    noGrad(() => {
      for (const [index, { keys, values }] of this.#memory.entries()) {
        put(keys, other.#memory[index]!.keys);
        put(values, other.#memory[index]!.values);
      }
    });
  }

  /** Forgets all tokens; the memory stays. */
  clear(): void {
    this.length = 0;
    this.isReal?.dispose();
    this.isReal = null;
  }

  dispose(): void {
    this.clear();
    for (const { keys, values } of this.#memory) {
      keys.dispose();
      values.dispose();
    }
  }
}
