import { AutodidactError } from '../errors.js';
import { native, type TensorId } from './bridge.js';

/** The part of a tensor that a scope needs. */
interface Owned {
  id: TensorId;
  isKept: boolean;
}

/** The tensors of each open scope; the innermost scope is last. */
const scopes: Owned[][] = [];

/** Frees tensors created outside every scope when their object is collected. */
const collected = new FinalizationRegistry<TensorId>((id) => native().free(id));

/** Registers a new tensor with the innermost scope or, outside every scope, with the garbage collector. */
export function track(tensor: Owned): void {
  const innermost = scopes[scopes.length - 1];
  if (innermost !== undefined) innermost.push(tensor);
  else leaveToCollector(tensor);
}

/** Registers a tensor with the garbage collector, regardless of open scopes. */
export function leaveToCollector(tensor: Owned): void {
  collected.register(tensor, tensor.id, tensor);
}

/** Unregisters a tensor from the garbage collector; returns whether it was registered. */
export function untrack(tensor: Owned): boolean {
  return collected.unregister(tensor);
}

/**
 * Runs `body` and frees every tensor created inside, except those that it returns (alone, or in arrays, maps, sets and plain
 * objects) and those marked by `keep`. The garbage collector does not see native memory and would free it too late.
 *
 * @throws AutodidactError `ENGINE` when `body` is asynchronous: a scope cannot span an `await`.
 */
export function scope<Result>(body: () => Result): Result {
  const mine: Owned[] = [];
  scopes.push(mine);
  let result: Result | undefined;
  let isDone = false;
  try {
    result = synchronous('scope', body);
    isDone = true;
  } finally {
    scopes.pop();
    close(mine, isDone ? reachable(result) : new Set());
  }
  return result;
}

/** A scope that is left and entered again, for work that pauses; nothing is freed before it is closed. */
export class PausedScope {
  private readonly mine: Owned[] = [];

  /** What `body` makes belongs to this scope. @throws AutodidactError `ENGINE` when `body` is asynchronous */
  enter<Result>(body: () => Result): Result {
    scopes.push(this.mine);
    try {
      return synchronous('enter', body);
    } finally {
      scopes.pop();
    }
  }

  /** Frees all that was made inside, but what was marked by `keep`. */
  close(): void {
    close(this.mine.splice(0), new Set());
  }
}

/**
 * Runs a synchronous `body`; state that is set around it would not survive its first `await`.
 *
 * @throws AutodidactError `ENGINE` when it returns a promise
 */
export function synchronous<Result>(name: string, body: () => Result): Result {
  const result = body();
  if (typeof result !== 'object' || result === null || !('then' in result)) return result;
  // The promise may reject because its tensors are freed; the error below is the one to report.
  Promise.resolve(result).catch(() => {});
  throw new AutodidactError('ENGINE', `Expected a synchronous function for \`${name}\`, received an asynchronous one`);
}

function close(mine: readonly Owned[], returned: ReadonlySet<unknown>): void {
  const ids: TensorId[] = [];
  for (const tensor of mine) {
    if (tensor.isKept) leaveToCollector(tensor);
    else if (returned.has(tensor)) track(tensor);
    else if (tensor.id > 0) {
      ids.push(tensor.id);
      tensor.id = -1;
    }
  }
  if (ids.length > 0) native().free(ids);
}

/** The value and everything in its arrays, maps, sets and plain objects, however deep. */
function reachable(value: unknown): Set<unknown> {
  const found = new Set<unknown>([value]);
  // The outer loop also visits what is added while it runs.
  for (const item of found) for (const part of partsOf(item)) if (typeof part === 'object') found.add(part);
  return found;
}

function partsOf(value: unknown): Iterable<unknown> {
  if (typeof value !== 'object' || value === null || ('id' in value && 'isKept' in value)) return [];
  if (Array.isArray(value) || value instanceof Set) return value;
  if (value instanceof Map) return value.values();
  return Object.getPrototypeOf(value) === Object.prototype ? Object.values(value) : [];
}

/** Exempts a tensor from every scope, for parameters, buffers and stored results; returns it. */
export function keep<Kept extends Owned>(tensor: Kept): Kept {
  tensor.isKept = true;
  return tensor;
}
