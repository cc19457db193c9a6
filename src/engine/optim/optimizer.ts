import { AutodidactError, expected } from '../../errors.js';
import { noGrad } from '../autograd.js';
import { emptyLike, zeros, zerosLike } from '../ops.generated.js';
import { keep, scope } from '../scope.js';
import type { Tensor } from '../tensor.js';

/** Parameters that are updated with the same settings; omitted settings come from the optimizer's options. */
export interface ParameterGroup {
  params: readonly Tensor[];
  /** The parameters' names in the optimizer's state dict; by default `<group>.<position>`. */
  names?: readonly string[];
  learningRate?: number;
  weightDecay?: number;
  /** Whether LARS and LAMB scale the steps by the trust ratio (default true); the other rules ignore it. */
  isAdapted?: boolean;
  /** Whether `scaleLearningRate` changes the group's learning rate (default true). */
  isScheduled?: boolean;
}

export interface OptimizerOptions {
  /** Learning rate of every group without its own. */
  learningRate: number;
  /** L2 penalty (decoupled decay in AdamW) of every group without its own; 0 by default. */
  weightDecay?: number;
}

/** A parameter group with its defaults filled in. */
export interface Group {
  readonly params: readonly Tensor[];
  readonly names: readonly string[];
  /** Current learning rate; it may be set between steps. */
  learningRate: number;
  /** Learning rate at construction, which `scaleLearningRate` multiplies by a schedule's factor. */
  readonly peakLearningRate: number;
  weightDecay: number;
  isAdapted: boolean;
  readonly isScheduled: boolean;
}

/** Input of one update: parameters of one dtype on one device and with the same slots, all with a gradient. */
export interface Batch {
  readonly params: Tensor[];
  readonly gradients: Tensor[];
  /** Whether this is the first update of these parameters; their state is then zero. */
  readonly isFirst: boolean;
  /** The state tensors of one slot, in the order of `params`. */
  state(slot: string): Tensor[];
}

/**
 * `shaped` state has the parameter's shape and memory layout; `count` is a float32 scalar on the parameter's device; any other state has
 * the shape that is given here and the parameter's dtype.
 */
export type SlotKind = 'shaped' | 'count' | readonly number[];
export type Slots = Readonly<Record<string, SlotKind>>;

interface Entry {
  readonly param: Tensor;
  readonly name: string;
  /** Identifier of the parameter when `layout` and `kind` were read. */
  id: number;
  layout: string;
  kind: string;
  state: Map<string, Tensor> | undefined;
}

/**
 * The base of every update rule. A step skips parameters without a gradient, regardless of their weight decay. The network
 * may be moved or converted by `Module.to` at any time; the optimizer's state follows.
 *
 * @throws AutodidactError `USAGE` on a negative rate, an empty list, a repeated parameter or name, or a parameter that is not
 *   dense in memory
 */
export abstract class Optimizer {
  readonly groups: readonly Group[];
  /** State kept for each parameter, by slot name; the names are part of the state-dict keys. */
  protected abstract readonly slots: Slots;
  readonly #entries: Entry[][];

  constructor(params: readonly Tensor[] | readonly ParameterGroup[], options: OptimizerOptions) {
    const groups = isTensors(params) ? [{ params }] : params;
    this.groups = groups.map((group, position) => complete(group, position, options));
    this.#entries = this.groups.map((group) =>
      group.params.map((param, i): Entry => {
        const name = group.names[i]!;
        return { param, name, ...lookUp(param, name), state: undefined };
      }),
    );
    const entries = this.#entries.flat();
    if (entries.length === 0) throw expected('at least one parameter', 'params', 'none');
    refuseTwins(entries);
  }

  /** State kept for one parameter, where it depends on the parameter's shape. */
  protected slotsOf(_param: Tensor): Slots {
    return this.slots;
  }

  /** Applies the update rule to one batch; runs in a scope, without a graph. */
  protected abstract update(batch: Batch, group: Group): void;

  /** Updates every parameter that has a gradient; gradients do not change. */
  step(): void {
    noGrad(() =>
      scope(() => {
        this.groups.forEach((group, position) => {
          for (const batch of this.#batches(this.#entries[position]!)) this.update(batch, group);
        });
      }),
    );
  }

  #batches(entries: readonly Entry[]): Iterable<Batch> {
    const batches = new Map<string, ReturnType<typeof makeBatch>>();
    for (const entry of entries) {
      const gradient = entry.param.grad;
      if (gradient === null) continue;
      if (entry.id !== entry.param.id) this.#follow(entry);
      const isFirst = entry.state === undefined;
      entry.state ??= this.#makeState(entry.param);
      const key = `${entry.kind} ${isFirst} ${[...entry.state.keys()].join()}`;
      const batch = batches.get(key) ?? makeBatch(isFirst);
      batches.set(key, batch);
      batch.params.push(entry.param);
      batch.gradients.push(layoutOf(gradient) === entry.layout ? gradient : emptyLike(entry.param).copy_(gradient));
      batch.entries.push(entry);
    }
    return batches.values();
  }

  /** Moves the state of an entry to the current device, dtype and layout of its parameter. */
  #follow(entry: Entry): void {
    Object.assign(entry, lookUp(entry.param, entry.name));
    if (entry.state === undefined) return;
    const moved = this.#makeState(entry.param);
    for (const [slot, value] of moved) value.copy_(entry.state.get(slot)!);
    for (const value of entry.state.values()) value.dispose();
    entry.state = moved;
  }

  #makeState(param: Tensor): Map<string, Tensor> {
    const { dtype, device } = param;
    const make = (kind: SlotKind): Tensor => {
      if (kind === 'shaped') return zerosLike(param);
      return kind === 'count' ? zeros([], { dtype: 'float32', device }) : zeros(kind, { dtype, device });
    };
    return new Map(Object.entries(this.slotsOf(param)).map(([slot, kind]) => [slot, keep(make(kind))]));
  }

  /** The parameters of all groups. */
  parameters(): Tensor[] {
    return this.groups.flatMap((group) => group.params);
  }

  /** Clears every gradient; the next `backward` creates new ones. */
  zeroGrad(): void {
    for (const { param } of this.#entries.flat()) param.grad = null;
  }

  /** Sets the learning rate of every scheduled group to its peak times `factor`. */
  scaleLearningRate(factor: number): void {
    for (const group of this.groups) if (group.isScheduled) group.learningRate = group.peakLearningRate * factor;
  }

  /**
   * The optimizer's state under `<parameter>.<slot>`; the live tensors, not copies. Learning rates and other options are not
   * included: they come from the configuration and the schedule.
   */
  stateDict(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const entry of this.#entries.flat())
      for (const [slot, value] of entry.state ?? []) state.set(`${entry.name}.${slot}`, value);
    return state;
  }

  /**
   * Copies the state of an optimizer with the same parameters, so that the next steps continue it. A parameter without keys
   * has not been updated yet.
   *
   * @throws AutodidactError `CHECKPOINT` on an unknown key, an incomplete set of keys or another shape; then nothing changes
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    const left = new Set(state.keys());
    for (const { name, param } of this.#entries.flat()) {
      const slots = Object.entries(this.slotsOf(param));
      const found = slots.filter(([slot]) => left.delete(`${name}.${slot}`));
      if (found.length !== 0 && found.length !== slots.length)
        throw new AutodidactError(
          'CHECKPOINT',
          `Expected ${slots.map(([slot]) => slot).join(', ')} for the optimizer's parameter \`${name}\`, received only ${found.map(([slot]) => slot).join(', ')}`,
        );
      for (const [slot, kind] of found) checkShape(`${name}.${slot}`, state, shapeOf(kind, param));
    }
    if (left.size > 0)
      throw new AutodidactError(
        'CHECKPOINT',
        `The optimizer's state does not fit: it has ${left.size} unknown entries (${[...left].slice(0, 5).join(', ')}${left.size > 5 ? ', ...' : ''})`,
      );
    this.dispose();
    noGrad(() => {
      for (const entry of this.#entries.flat()) {
        const [first] = Object.keys(this.slotsOf(entry.param));
        if (first === undefined || !state.has(`${entry.name}.${first}`)) continue;
        entry.state = this.#makeState(entry.param);
        for (const [slot, value] of entry.state) value.copy_(state.get(`${entry.name}.${slot}`)!);
      }
    });
  }

  /** Frees the state. Parameters and gradients stay; the next step is a first step. */
  dispose(): void {
    for (const entry of this.#entries.flat()) {
      for (const value of entry.state?.values() ?? []) value.dispose();
      entry.state = undefined;
    }
  }
}

/** A finite number of at least zero. */
export function checkRate(name: string, value: number): number {
  if (!Number.isFinite(value) || value < 0) throw expected('a finite number of at least 0', name, value);
  return value;
}

/** A number in [0, 1). */
export function checkDecay(name: string, value: number): number {
  if (!(value >= 0 && value < 1)) throw expected('a number from 0 to below 1', name, value);
  return value;
}

function isTensors(params: readonly Tensor[] | readonly ParameterGroup[]): params is readonly Tensor[] {
  return params.every((item) => 'id' in item);
}

function complete(group: ParameterGroup, position: number, options: OptimizerOptions): Group {
  const { params, names = params.map((_, i) => `${position}.${i}`) } = group;
  if (names.length !== params.length) throw expected(`${params.length} names`, 'names', `${names.length}`);
  const learningRate = checkRate('learningRate', group.learningRate ?? options.learningRate);
  return {
    params: [...params],
    names: [...names],
    learningRate,
    peakLearningRate: learningRate,
    weightDecay: checkRate('weightDecay', group.weightDecay ?? options.weightDecay ?? 0),
    isAdapted: group.isAdapted ?? true,
    isScheduled: group.isScheduled ?? true,
  };
}

function lookUp(param: Tensor, name: string): Pick<Entry, 'id' | 'layout' | 'kind'> {
  if (!isDense(param))
    throw expected('a parameter that is dense in memory', name, param, {
      remedy: 'Copy it with `clone` or `contiguous` before it becomes a parameter.',
    });
  return { id: param.id, layout: layoutOf(param), kind: `${param.dtype} ${param.device}` };
}

function refuseTwins(entries: readonly Entry[]): void {
  const params = new Set<Tensor>();
  const names = new Set<string>();
  for (const { param, name } of entries) {
    if (params.has(param)) throw expected('each parameter once', 'params', `${name} twice`);
    if (names.has(name))
      throw expected('each name once', 'names', `${name} twice`, {
        remedy: 'Pass several modules to `parameterGroups` in one list, which makes their names unique.',
      });
    params.add(param);
    names.add(name);
  }
}

function makeBatch(isFirst: boolean): Batch & { entries: Entry[] } {
  const entries: Entry[] = [];
  const state = (slot: string): Tensor[] => entries.map((entry) => entry.state!.get(slot)!);
  return { params: [], gradients: [], isFirst, entries, state };
}

function shapeOf(kind: SlotKind, param: Tensor): readonly number[] {
  if (kind === 'shaped') return param.shape;
  return kind === 'count' ? [] : kind;
}

function checkShape(key: string, state: ReadonlyMap<string, Tensor>, shape: readonly number[]): void {
  const given = state.get(key)!.shape;
  if (given.join() !== shape.join())
    throw new AutodidactError(
      'CHECKPOINT',
      `Expected [${shape.join(', ')}] for the optimizer's state \`${key}\`, received [${given.join(', ')}]`,
    );
}

/** Sizes and strides of the dimensions longer than 1; the others have no effect on the layout. */
function placesOf(tensor: Tensor): [size: number, stride: number][] {
  const strides = tensor.strides;
  return tensor.shape.map((size, dim): [number, number] => [size, strides[dim]!]).filter(([size]) => size !== 1);
}

/** Equal for tensors with the same order of elements, which the fused kernels require of parameter and gradient. */
function layoutOf(tensor: Tensor): string {
  return placesOf(tensor).join(';');
}

/** Whether the elements fill one block of memory without gaps or overlaps, in any order. */
function isDense(tensor: Tensor): boolean {
  let next = 1;
  for (const [size, stride] of placesOf(tensor).sort((a, b) => a[1] - b[1])) {
    if (size > 1 && stride !== next) return false;
    next *= size;
  }
  return true;
}
