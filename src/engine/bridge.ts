import { availableParallelism, totalmem } from 'node:os';
import { AutodidactError, type ErrorCode, expected } from '../errors.js';
import { loadBridge } from './libtorch.js';

/** Identifier of a tensor in the bridge; 0 means none, -1 freed. */
export type TensorId = number;

/** Most dimensions of a tensor; the bridge refuses more. */
export const MOST_DIMENSIONS = 64;

/** Where a tensor lives: `cpu`, `cuda`, `cuda:1`, `mps`. */
export type Device = 'cpu' | 'cuda' | `cuda:${number}` | 'mps';

/** What operators need of a `Generator`. */
export interface GeneratorHandle {
  /** @internal */
  readonly handle: number;
}

/** What an operator returns over the bridge: identifiers, numbers, booleans, and lists of them. */
export type NativeValue = number | boolean | undefined | NativeValue[];

/** An operator argument as it is passed to the bridge. */
export type NativeArgument =
  | number
  | boolean
  | string
  | null
  | undefined
  | { float: number }
  | readonly NativeArgument[];

export interface SchemaArgument {
  name: string;
  /** The schema's own type: `Tensor`, `Scalar?`, `SymInt[]`, `ScalarType?`, ... */
  type: string;
  isKeywordOnly: boolean;
  hasDefault: boolean;
  isFixedLength: boolean;
}

export interface OperatorSchema {
  overload: string;
  arguments: SchemaArgument[];
  returns: SchemaArgument[];
}

/** The entry points of native/. Device names are `cpu`, `cuda`, `cuda:1`, `mps`; dtypes are c10 codes. */
export interface Bridge {
  resolve(name: string, overload: string): number;
  call(operator: number, ...values: NativeArgument[]): NativeValue;
  schemas(name: string): OperatorSchema[];
  fromBytes(data: ArrayBufferView, dtype: number, shape: readonly number[]): TensorId;
  /** The elements in row-major order, converted to a dtype first when one is given. */
  toBytes(id: TensorId, dtype?: number): ArrayBuffer;
  free(ids: readonly TensorId[] | TensorId): void;
  sizes(id: TensorId): number[];
  strides(id: TensorId): number[];
  dtype(id: TensorId): number;
  device(id: TensorId): string;
  item(id: TensorId): number;
  isContiguous(id: TensorId, memoryFormat: number): boolean;
  isAlive(id: TensorId): boolean;
  requiresGrad(id: TensorId): boolean;
  setRequiresGrad(id: TensorId, value: boolean): void;
  getGrad(id: TensorId): TensorId;
  setGrad(id: TensorId, gradient: TensorId): void;
  backward(roots: readonly TensorId[], gradients: readonly TensorId[], retainGraph: boolean): void;
  gradients(
    outputs: readonly TensorId[],
    inputs: readonly TensorId[],
    gradients: readonly TensorId[],
    retainGraph: boolean,
    createGraph: boolean,
  ): TensorId[];
  setGradMode(enabled: boolean): boolean;
  setAutocast(device: string, enabled: boolean, dtype: number): boolean;
  newGenerator(device: string, seed: number): number;
  freeGenerator(generator: number): void;
  seedGenerator(generator: number | string, seed: number): void;
  getGeneratorState(generator: number | string): TensorId;
  setGeneratorState(generator: number | string, state: TensorId): void;
  /** Live tensors and the bytes of their storages. */
  memory(): [count: number, bytes: number];
  /** Bytes that the process may use; large requests beyond it are refused. */
  setMemoryLimit(bytes: number): void;
  /** Throws when the memory is not available. The system would grant it and end the process when it is filled. */
  requireMemory(bytes: number): void;
  /** Sets the number of threads; 0 only reads it. */
  threads(count: number): number;
  devices(): string[];
  synchronize(device: string): void;
  version(): string;
  /** See `trainWords` in word-training.ts; 0 and [] for what is left out. */
  trainWords(
    text: readonly [ids: TensorId, sentences: TensorId, lengths: TensorId],
    input: TensorId,
    noiseOutput: TensorId,
    nodeOutput: TensorId,
    keep: TensorId,
    noise: TensorId,
    paths: readonly TensorId[],
    window: number,
    negatives: number,
    rates: readonly [number, number],
    seed: number,
    threads: number,
    kinds: readonly [isSkipGram: boolean, isTrueGradient: boolean],
  ): number[];
  setErrorClass(errorClass: new (code: never, message: string) => Error): void;
}

let bridge: Bridge | undefined;

/** The loaded bridge. libtorch is loaded at the first call, so that `--help` and `doctor` work without it. */
export function native(): Bridge {
  return bridge ?? start();
}

/**
 * Spin iterations of an idle OpenMP thread before it sleeps. libgomp's default (hundreds of thousands) suits a machine that
 * runs one program; with a second busy program a training step took eight times longer. A thousand iterations outlast the gap
 * between two operators and cost nothing on an idle machine. libgomp reads the variable at load.
 */
const SPIN_ROUNDS = '1000';

/** More threads never help, and libgomp aborts the process when the system cannot start one. */
const MOST_THREADS = Math.max(64, 4 * availableParallelism());

/** @throws AutodidactError `USAGE` for anything but a whole number of threads that the machine can start */
export function checkThreads(count: number, name: string, received: unknown = count): number {
  if (!Number.isInteger(count) || count < 1 || count > MOST_THREADS)
    throw expected(`an integer from 1 to ${MOST_THREADS}`, name, received);
  return count;
}

function start(): Bridge {
  process.env.GOMP_SPINCOUNT ??= SPIN_ROUNDS;
  const wanted = process.env.AUTODIDACT_THREADS ?? '';
  const threads = wanted === '' ? 0 : checkThreads(Number(wanted), 'AUTODIDACT_THREADS', wanted);
  const loaded = loadBridge() as Bridge;
  loaded.setErrorClass(NativeError);
  loaded.threads(threads);
  const limit = process.constrainedMemory(); // the control group's; 0 or more than the memory when there is none
  if (limit > 0 && limit < totalmem()) loaded.setMemoryLimit(limit);
  bridge = loaded;
  return loaded;
}

/** The error class that the bridge throws; libtorch's message is shortened to one sentence. */
class NativeError extends AutodidactError {
  constructor(code: ErrorCode, message: string) {
    super(code, readable(message), {
      remedy: code === 'FREED' ? 'Return it from its scope, or mark it with `keep`.' : undefined,
    });
  }
}

function readable(message: string): string {
  // libtorch appends a list of every backend it supports.
  const [, operator, backend] = /Could not run '([^']+)' with arguments from the '([^']+)' backend/.exec(message) ?? [];
  if (operator !== undefined) return `This libtorch cannot run \`${operator}\` on ${backend}`;
  const [, device] = /device type at start of device string: (.*)/.exec(message) ?? [];
  if (/Cannot initialize CUDA without ATen_cuda|not linked with support for cuda/.test(message))
    return 'This libtorch has no CUDA';
  if (device !== undefined) return `Expected cpu, cuda, cuda:<number> or mps for \`device\`, received "${device}"`;
  if (message === FREED) return `Expected a tensor that is alive, received ${FREED}`;
  return message.charAt(0).toUpperCase() + message.slice(1);
}

/** The bridge's message for a freed tensor outside an operator call. */
const FREED = 'a tensor that was already freed';

const handles: number[] = [];
/** The names of resolved operators by handle, for traces. */
const namesOf = new Map<number, string>();

/** The name of an operator that was called, such as `aten::mean.dim`. */
export function operatorName(handle: number): string {
  return namesOf.get(handle) ?? `operator ${handle}`;
}

/** Native handle of an operator, by its index in the generated table; resolved at first use. */
export function operator(index: number, names: readonly string[]): number {
  const known = handles[index];
  if (known !== undefined) return known;
  const [name, overload] = names[index]!.split('.') as [string, string?];
  const handle = native().resolve(name, overload ?? '');
  handles[index] = handle;
  namesOf.set(handle, names[index]!);
  return handle;
}
