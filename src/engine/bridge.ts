import { AutodidactError, type ErrorCode } from '../errors.js';
import { loadBridge } from './libtorch.js';

/** A tensor's number on the native side; 0 means "none", -1 "freed". */
export type TensorId = number;

/** What an operator returns over the bridge: identifiers, numbers, booleans, and lists of them. */
export type NativeValue = number | boolean | undefined | NativeValue[];

/** An operator argument in the form in which it crosses the bridge. */
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
  isWritten: boolean;
  isFixedLength: boolean;
}

export interface OperatorSchema {
  overload: string;
  arguments: SchemaArgument[];
  returns: SchemaArgument[];
}

/** The entry points of native/bridge.cc. Device names are `cpu`, `cuda`, `cuda:1`, `mps`; dtypes are c10 codes. */
export interface Bridge {
  resolve(name: string, overload: string): number;
  call(operator: number, ...values: NativeArgument[]): NativeValue;
  schemas(name: string): OperatorSchema[];
  fromBytes(data: ArrayBufferView, dtype: number, shape: readonly number[]): TensorId;
  toBytes(id: TensorId): ArrayBuffer;
  free(ids: readonly TensorId[] | TensorId): void;
  sizes(id: TensorId): number[];
  strides(id: TensorId): number[];
  dtype(id: TensorId): number;
  device(id: TensorId): string;
  item(id: TensorId): number;
  isContiguous(id: TensorId, memoryFormat: number): boolean;
  isAlive(id: TensorId): boolean;
  alias(id: TensorId): TensorId;
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
  threads(count: number): number;
  devices(): string[];
  synchronize(device: string): void;
  version(): string;
  setErrorClass(errorClass: new (code: never, message: string) => Error): void;
}

let bridge: Bridge | undefined;

/** The loaded bridge. libtorch is loaded at the first call, so that `--help` and `doctor` work without it. */
export function native(): Bridge {
  return bridge ?? start();
}

/**
 * Rounds that an OpenMP thread spins for before it sleeps. libgomp's own (hundreds of thousands) is right for a machine that
 * one program has to itself; with a second busy program it made our step eight times slower. A thousand rounds outlast the
 * gap between two operators and lose nothing on an idle machine. libgomp reads it when it is loaded.
 */
const SPIN_ROUNDS = '1000';

function start(): Bridge {
  process.env.GOMP_SPINCOUNT ??= SPIN_ROUNDS;
  bridge = loadBridge();
  bridge.setErrorClass(NativeError);
  const threads = Number(process.env.AUTODIDACT_THREADS ?? 0);
  if (threads > 0) bridge.threads(threads);
  return bridge;
}

/** What the native side throws: the engine's error with libtorch's message brought to one sentence. */
class NativeError extends AutodidactError {
  constructor(code: ErrorCode, message: string) {
    super(code, readable(message), {
      remedy: code === 'FREED' ? 'Return it from its scope, or mark it with `keep`.' : undefined,
    });
  }
}

function readable(message: string): string {
  // libtorch lists the hundred kernels that it has instead.
  const [, operator, backend] = /Could not run '([^']+)' with arguments from the '([^']+)' backend/.exec(message) ?? [];
  if (operator !== undefined) return `This libtorch cannot run \`${operator}\` on ${backend}`;
  return message === FREED ? `Expected a tensor that is alive, received ${FREED}` : message;
}

/** The native side's whole message where no operator is involved. */
const FREED = 'a tensor that was already freed';

const handles: number[] = [];

/** The native handle of the operator with this number in the generated table, resolved at its first use. */
export function operator(index: number, names: readonly string[]): number {
  const known = handles[index];
  if (known !== undefined) return known;
  const [name, overload] = names[index]!.split('.') as [string, string?];
  const handle = native().resolve(name, overload ?? '');
  handles[index] = handle;
  return handle;
}
