import type { DType } from '../../engine/index.js';
import {
  isInPlace,
  isTraced,
  type Trace,
  type TracedArgument,
  type TracedCall,
  type TracedTensor,
} from '../../engine/trace.js';
import { AutodidactError } from '../../errors.js';

/** A dimension of the inputs whose size is free: the first one, and the second of texts. */
export type FreeDimension = 'batch' | 'length';

/** A size that is a multiple of free sizes: of the batch, of the length, or of their product. */
export class FreeSize {
  constructor(
    readonly times: number,
    readonly dimensions: readonly FreeDimension[],
  ) {}

  /** Whether both stand for the same number. */
  equals(other: Size): boolean {
    return (
      other instanceof FreeSize && this.times === other.times && this.dimensions.join() === other.dimensions.join()
    );
  }
}

/** A size that is the same for every input, or grows with free ones. */
export type Size = number | FreeSize;

/** A tensor of both traces. */
export interface Value {
  readonly shape: readonly Size[];
  readonly dtype: DType;
  /** Name of the weight that it is. */
  readonly name?: string;
  /** Elements of a constant, of the shape `stored`. */
  readonly bytes?: () => Uint8Array;
  /** Sizes of `bytes`: 1 along what grows with the batch, and along what grows with the length that of the first trace. */
  readonly stored?: readonly number[];
}

export type Argument = number | boolean | string | null | undefined | FreeSize | Value | readonly Argument[];

export interface Call {
  readonly operator: string;
  readonly args: Readonly<Record<string, Argument>>;
  readonly results: readonly Value[];
}

export interface MergedTrace {
  readonly inputs: readonly Value[];
  /** Those that the outputs depend on. */
  readonly calls: readonly Call[];
  readonly outputs: readonly Value[];
}

/** Whether an argument is a tensor. */
export function isValue(argument: Argument): argument is Value {
  return typeof argument === 'object' && argument !== null && 'shape' in argument;
}

/**
 * Joins two traces of one function on inputs whose free sizes differ, each in its own ratio: what differs between the traces is the batch or
 * the length.
 *
 * @param first has the longer inputs, when the length is free: constants that grow with it are kept at this size, and cut
 * @throws AutodidactError `ENGINE` when anything else differs: random numbers, or operators that depend on the batch
 */
export function mergeTraces(first: Trace, second: Trace): MergedTrace {
  const pairs = first.inputs[0]!.shape.map((size, i): Pair => [size, second.inputs[0]!.shape[i]!]);
  const [batch, length] = pairs as [Pair, Pair?];
  const hasFreeLength = length !== undefined && length[0] !== length[1];
  const merger = new Merger(batch, hasFreeLength ? length : null);
  if (first.calls.length !== second.calls.length) throw differs('the number of operators');
  const inputs = first.inputs.map((input, i) => merger.value(input, second.inputs[i]!, 'the input'));
  const needed = neededBy(first);
  const calls = first.calls.flatMap((call, i) => (needed.has(call) ? [merger.call(call, second.calls[i]!)] : []));
  return {
    inputs,
    calls,
    outputs: first.outputs.map((output, i) => merger.value(output, second.outputs[i]!, 'output')),
  };
}

/** The calls that the outputs depend on, and all that change a tensor in place, which others may share. */
function neededBy({ calls, outputs }: Trace): Set<TracedCall> {
  const wanted = new Set<TracedArgument>(outputs);
  const needed = new Set<TracedCall>();
  const want = (argument: TracedArgument): void => {
    if (Array.isArray(argument)) for (const item of argument) want(item);
    else wanted.add(argument);
  };
  for (const call of [...calls].reverse()) {
    if (!isInPlace(call.operator) && !call.results.some((result) => wanted.has(result))) continue;
    needed.add(call);
    for (const argument of Object.values(call.args)) want(argument);
  }
  return needed;
}

type Pair = readonly [first: number, second: number];

const differs = (what: string): AutodidactError =>
  new AutodidactError('ENGINE', `Could not trace the network: ${what} is not the same for batches of two sizes`);

class Merger {
  private readonly values = new Map<TracedTensor, Value>();
  private readonly kinds: [FreeDimension[], Pair][];

  constructor(batch: Pair, length: Pair | null) {
    this.kinds = [[['batch'], batch]];
    if (length === null) return;
    const both: Pair = [batch[0] * length[0], batch[1] * length[1]];
    this.kinds.push([['length'], length], [['batch', 'length'], both]);
  }

  call(a: TracedCall, b: TracedCall): Call {
    const { operator } = a;
    if (operator !== b.operator) throw differs(`${operator} or ${b.operator}`);
    const args = Object.keys(a.args).map((name) => [name, this.argument(a.args[name], b.args[name], operator)]);
    const results = a.results.map((value, i) => this.value(value, b.results[i]!, operator));
    return { operator, args: Object.fromEntries(args) as Call['args'], results };
  }

  value(a: TracedTensor, b: TracedTensor, operator: string): Value {
    const known = this.values.get(a);
    if (known !== undefined) return known;
    const shape = a.shape.map((size, i) => this.size(size, b.shape[i]!, operator));
    const { dtype, name, bytes } = a;
    const value: Value = {
      ...{ shape, dtype },
      ...(name === undefined ? {} : { name }),
      ...(bytes === undefined ? {} : name === undefined ? constant(a, b, shape, operator) : { bytes, stored: a.shape }),
    };
    this.values.set(a, value);
    return value;
  }

  private argument(a: TracedArgument, b: TracedArgument, operator: string): Argument {
    if (Array.isArray(a)) {
      const other = b as readonly TracedArgument[];
      if (a.length !== other.length) throw differs(`an argument of ${operator}`);
      return a.map((item, i) => this.argument(item, other[i], operator));
    }
    if (isTraced(a)) return this.value(a, b as TracedTensor, operator);
    if (a === b) return a as Argument;
    if (typeof a === 'number' && typeof b === 'number') return this.size(a, b, operator);
    throw differs(`an argument of ${operator}`);
  }

  private size(a: number, b: number, operator: string): Size {
    if (a === b) return a;
    for (const [dimensions, [first, second]] of this.kinds)
      if (a * second === b * first && Number.isInteger(a / first)) return new FreeSize(a / first, dimensions);
    throw differs(`a size in ${operator}`);
  }
}

const growsWith = (size: Size, dimension: FreeDimension): boolean =>
  size instanceof FreeSize && size.dimensions.includes(dimension);

/**
 * A constant of both traces. Along dimensions that grow with the batch all steps must be alike, and one is kept; along those that grow with the
 * length the second must be the beginning of the first.
 */
function constant(
  a: TracedTensor,
  b: TracedTensor,
  shape: readonly Size[],
  operator: string,
): Required<Pick<Value, 'bytes' | 'stored'>> {
  const [own, other] = [a, b].map((value) => {
    let part: Elements = { shape: value.shape, bytes: value.bytes!() };
    for (const [dim, size] of shape.entries()) if (growsWith(size, 'batch')) part = oneStep(part, dim, operator);
    return part;
  });
  let beginning = own!;
  for (const [dim, size] of shape.entries())
    if (growsWith(size, 'length') && !growsWith(size, 'batch')) beginning = cut(beginning, dim, b.shape[dim]!);
  if (Buffer.compare(beginning.bytes, other!.bytes) !== 0) throw differs(`a constant in ${operator}`);
  return { bytes: () => own!.bytes, stored: own!.shape };
}

interface Elements {
  shape: readonly number[];
  bytes: Uint8Array;
}

/** The first of the steps along a dimension. @throws AutodidactError `ENGINE` when they are not alike */
function oneStep(elements: Elements, dim: number, operator: string): Elements {
  const first = cut(elements, dim, 1);
  const inner = innerBytes(elements, dim);
  const count = elements.shape[dim]!;
  for (let at = 0; at < elements.bytes.length; at += inner) {
    const outer = Math.floor(at / (inner * count));
    const step = elements.bytes.subarray(at, at + inner);
    if (Buffer.compare(step, first.bytes.subarray(outer * inner, (outer + 1) * inner)) !== 0)
      throw differs(`a constant in ${operator}`);
  }
  return first;
}

/** The first `size` steps along a dimension. */
function cut({ shape, bytes }: Elements, dim: number, size: number): Elements {
  const inner = innerBytes({ shape, bytes }, dim);
  const count = shape[dim]!;
  const outer = count === 0 ? 0 : bytes.length / (inner * count);
  const kept = new Uint8Array(outer * inner * size);
  for (let o = 0; o < outer; o++)
    kept.set(bytes.subarray(o * inner * count, (o * count + size) * inner), o * inner * size);
  return { shape: shape.map((own, i) => (i === dim ? size : own)), bytes: kept };
}

/** Bytes of one step along a dimension. */
function innerBytes({ shape, bytes }: Elements, dim: number): number {
  const product = (sizes: readonly number[]) => sizes.reduce((result, size) => result * size, 1);
  return (bytes.length / product(shape)) * product(shape.slice(dim + 1));
}
