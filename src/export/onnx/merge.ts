import type { DType } from '../../engine/index.js';
import { isTraced, type Trace, type TracedArgument, type TracedCall, type TracedTensor } from '../../engine/trace.js';
import { AutodidactError } from '../../errors.js';

/** A size that is a multiple of the batch's. */
export class PerSample {
  constructor(readonly times: number) {}
}

/** A size that is the same for every batch, or grows with it. */
export type Size = number | PerSample;

/** A tensor of both traces. */
export interface Value {
  readonly shape: readonly Size[];
  readonly dtype: DType;
  /** Name of the weight that it is. */
  readonly name?: string;
  /** Elements of a constant; of one whose sizes grow with the batch, those of one step along these dimensions. */
  readonly bytes?: () => Uint8Array;
}

export type Argument = number | boolean | string | null | undefined | PerSample | Value | readonly Argument[];

export interface Call {
  readonly operator: string;
  readonly args: Readonly<Record<string, Argument>>;
  readonly results: readonly Value[];
}

export interface MergedTrace {
  readonly input: Value;
  readonly calls: readonly Call[];
  readonly output: Value;
}

/** Whether an argument is a tensor. */
export function isValue(argument: Argument): argument is Value {
  return typeof argument === 'object' && argument !== null && 'shape' in argument;
}

/**
 * Joins two traces of one function on batches of two sizes: what differs is the batch.
 * @throws AutodidactError `ENGINE` when anything else differs: random numbers, or operators that depend on the batch
 */
export function mergeTraces(first: Trace, second: Trace): MergedTrace {
  const sizes: Pair = [first.input.shape[0]!, second.input.shape[0]!];
  if (first.calls.length !== second.calls.length) throw differs('the number of operators');
  const values = new Map<TracedTensor, Value>();
  const merger = new Merger(sizes, values);
  const input = merger.value(first.input, second.input, 'the input');
  const calls = first.calls.map((call, i) => merger.call(call, second.calls[i]!));
  return { input, calls, output: merger.value(first.output, second.output, 'the output') };
}

type Pair = readonly [first: number, second: number];

const differs = (what: string): AutodidactError =>
  new AutodidactError('ENGINE', `Could not trace the network: ${what} is not the same for batches of two sizes`);

class Merger {
  constructor(
    private readonly sizes: Pair,
    private readonly values: Map<TracedTensor, Value>,
  ) {}

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
    const { dtype, name } = a;
    const isConstant = a.bytes !== undefined;
    const bytes = isConstant && name === undefined ? this.constant(a, b, shape, operator) : a.bytes;
    const value: Value = { shape, dtype, ...(name === undefined ? {} : { name }), ...(bytes ? { bytes } : {}) };
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
    const [first, second] = this.sizes;
    if (a * second === b * first && Number.isInteger(a / first)) return new PerSample(a / first);
    throw differs(`a size in ${operator}`);
  }

  /** The elements that both constants share; along dimensions that grow with the batch all steps must be alike. */
  private constant(a: TracedTensor, b: TracedTensor, shape: readonly Size[], operator: string): () => Uint8Array {
    const [own, other] = [a, b].map((value) => oneStep(value, shape, operator));
    if (Buffer.compare(own!, other!) !== 0) throw differs(`a constant in ${operator}`);
    return () => own!;
  }
}

/** The elements of one step along the dimensions that grow with the batch. */
function oneStep({ shape, bytes }: TracedTensor, sizes: readonly Size[], operator: string): Uint8Array {
  let elements = bytes!();
  const width = elements.length / shape.reduce((product, size) => product * size, 1);
  for (const [dim, size] of sizes.entries()) {
    if (typeof size === 'number') continue;
    // Later dimensions still have all their steps.
    const inner = shape.slice(dim + 1).reduce((product, length) => product * length, width);
    const count = shape[dim]!;
    const outer = elements.length / (inner * count);
    const kept = new Uint8Array(outer * inner);
    for (let o = 0; o < outer; o++) {
      const steps = elements.subarray(o * inner * count, (o + 1) * inner * count);
      const first = steps.subarray(0, inner);
      for (let step = 1; step < count; step++)
        if (Buffer.compare(first, steps.subarray(step * inner, (step + 1) * inner)) !== 0)
          throw differs(`a constant in ${operator}`);
      kept.set(first, o * inner);
    }
    elements = kept;
  }
  return elements;
}
