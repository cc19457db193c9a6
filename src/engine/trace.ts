import { AutodidactError, expected } from '../errors.js';
import { type NativeArgument, type NativeValue, native, operatorName, type TensorId } from './bridge.js';
import { type DType, dtypeName } from './dtype.js';
import type { Tensor } from './tensor.js';

/** A tensor as a trace saw it: its form, and where its values come from. */
export interface TracedTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Name of the weight that it is; constants without a name carry their bytes. */
  readonly name?: string;
  /** Row-major elements of a constant, as they were when an operator read them; undefined for what depends on the input. */
  readonly bytes?: () => Uint8Array;
}

/** An argument of a traced call: tensors are described, numbers marked as floating point are plain numbers. */
export type TracedArgument = number | boolean | string | null | undefined | TracedTensor | readonly TracedArgument[];

/** One call of an operator that depends on a traced input. */
export interface TracedCall {
  /** With its overload: `aten::mean.dim`. */
  readonly operator: string;
  /** By the schema's names; arguments that were left out are missing. */
  readonly args: Readonly<Record<string, TracedArgument>>;
  readonly results: readonly TracedTensor[];
}

/** What a function did to its inputs, operator by operator. */
export interface Trace {
  readonly inputs: readonly TracedTensor[];
  readonly calls: readonly TracedCall[];
  readonly outputs: readonly TracedTensor[];
}

/** Whether an argument is a tensor. */
export function isTraced(value: TracedArgument): value is TracedTensor {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Records the operators that `body` calls on what depends on `inputs`. Whatever does not depend on them is a constant: its values
 * are those of this call, so that random numbers and the size of the batch are frozen in them. A tensor that is changed in
 * place stands for a new value from then on; views that share its memory do not follow, which a comparison of results shows.
 *
 * @param weights tensors that are named instead of copied
 * @throws AutodidactError `ENGINE` when a result does not depend on an input
 */
export function trace(
  inputs: readonly Tensor[],
  body: () => readonly Tensor[],
  weights: ReadonlyMap<string, Tensor>,
): Trace {
  const recorder = new Recorder(weights);
  const starts = inputs.map(({ id }) => recorder.begin(id));
  const bridge = native();
  const { call } = bridge;
  bridge.call = (operator, ...values) =>
    recorder.record(operatorName(operator), values, () => call(operator, ...values));
  let results: readonly Tensor[];
  try {
    results = body();
  } finally {
    bridge.call = call;
  }
  const outputs = results.map(({ id }) => {
    const end = recorder.live.get(id);
    if (end === undefined) throw new AutodidactError('ENGINE', 'The traced result does not depend on the input');
    return end;
  });
  return { inputs: starts, calls: recorder.calls, outputs };
}

class Recorder {
  readonly calls: TracedCall[] = [];
  /** What depends on the input, by the identifier of its tensor. */
  readonly live = new Map<TensorId, TracedTensor>();
  private readonly names: ReadonlyMap<TensorId, string>;

  constructor(weights: ReadonlyMap<string, Tensor>) {
    this.names = new Map([...weights].map(([name, value]) => [value.id, name]));
  }

  begin(id: TensorId): TracedTensor {
    const value = formOf(id);
    this.live.set(id, value);
    return value;
  }

  record(operator: string, values: readonly NativeArgument[], run: () => NativeValue): NativeValue {
    const { names, types, returns } = signatureOf(operator);
    const isLive = values.some((value, i) => isTensorType(types[i]!) && this.touches(value));
    if (!isLive) return run();
    // Before the call: it may change its arguments, and free nothing that is read here.
    const args = Object.fromEntries(
      values.flatMap((value, i) =>
        value === undefined ? [] : [[names[i]!, isTensorType(types[i]!) ? this.tensors(value) : plain(value)]],
      ),
    );
    const out = run();
    const ids = [out].flat(2) as NativeValue[];
    const made = isInPlace(operator) ? [values[0] as TensorId] : ids.filter((id) => typeof id === 'number');
    const results = returns.every(isTensorType) ? made.map((id) => formOf(id)) : [];
    for (const [i, value] of results.entries()) this.live.set(made[i]!, value);
    if (isInPlace(operator) && typeof out === 'number') this.live.set(out, results[0]!);
    this.calls.push({ operator, args, results });
    return out;
  }

  private touches(value: NativeArgument): boolean {
    return Array.isArray(value) ? value.some((id) => this.live.has(id)) : this.live.has(value as TensorId);
  }

  private tensors(value: NativeArgument): TracedArgument {
    if (Array.isArray(value)) return value.map((id) => this.tensors(id));
    if (value === null || value === undefined || value === 0) return null;
    const id = value as TensorId;
    const known = this.live.get(id);
    if (known !== undefined) return known;
    const name = this.names.get(id);
    if (name !== undefined) return { ...formOf(id), name, bytes: () => new Uint8Array(native().toBytes(id)) };
    const bytes = new Uint8Array(native().toBytes(id));
    return { ...formOf(id), bytes: () => bytes };
  }
}

const formOf = (id: TensorId): TracedTensor => ({ shape: native().sizes(id), dtype: dtypeName(native().dtype(id)) });
const isTensorType = (type: string): boolean => type.startsWith('Tensor');
/** `aten::relu_`, `aten::add_.Tensor`. */
export const isInPlace = (operator: string): boolean => operator.split('.')[0]!.endsWith('_');

function plain(value: NativeArgument): TracedArgument {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) return (value as { float: number }).float;
  return value as TracedArgument;
}

interface Signature {
  names: readonly string[];
  types: readonly string[];
  returns: readonly string[];
}

const signatures = new Map<string, Signature>();

function signatureOf(operator: string): Signature {
  const known = signatures.get(operator);
  if (known !== undefined) return known;
  const [name, overload = ''] = operator.split('.') as [string, string?];
  const schema = native()
    .schemas(name)
    .find((candidate) => candidate.overload === overload);
  if (schema === undefined) throw expected('an operator with a schema', 'operator', operator, { code: 'ENGINE' });
  const signature = {
    names: schema.arguments.map((argument) => argument.name),
    types: schema.arguments.map(({ type }) => type),
    returns: schema.returns.map(({ type }) => type),
  };
  signatures.set(operator, signature);
  return signature;
}
