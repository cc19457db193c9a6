import { inspect } from 'node:util';

/** Stable machine-readable reasons; `--json` output and tests rely on these, never on the wording. */
export type ErrorCode =
  | 'USAGE' // an unknown command, method or option, or an option of the wrong type
  | 'NOT_FOUND' // a file, folder, run or column that is not there
  | 'DATA' // data that cannot be read or does not fit the task
  | 'CHECKPOINT' // a checkpoint that is truncated, foreign or does not fit
  | 'ENGINE' // libtorch is missing or refused an operator
  | 'SHAPE' // tensors whose shapes or dtypes do not fit
  | 'FREED' // a tensor used after it was freed
  | 'DIVERGED' // NaN or infinity in the loss or the gradients
  | 'IO' // disk full, read-only, already in use
  | 'INTERRUPTED'; // stopped by a signal after saving

/** Every error that autodidact raises on purpose: one sentence, a stable code and, where there is one, the remedy. */
export class AutodidactError extends Error {
  override readonly name = 'AutodidactError';
  /** What to do about it, if anything can be done. */
  readonly remedy: string | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { remedy?: string | undefined; cause?: unknown } = {},
  ) {
    super(options.remedy ? `${message}. ${options.remedy}` : message, { cause: options.cause });
    this.remedy = options.remedy;
  }

  /** 2 for a usage error, 130 after an interrupt, 1 for every other failure. */
  get exitCode(): number {
    if (this.code === 'USAGE') return 2;
    return this.code === 'INTERRUPTED' ? 130 : 1;
  }
}

/** Builds the standard sentence: "Expected <what> for `<name>`, received <received>". */
export function expected(
  what: string,
  name: string,
  received: unknown,
  options: { code?: ErrorCode; remedy?: string } = {},
): AutodidactError {
  return new AutodidactError(
    options.code ?? 'USAGE',
    `Expected ${what} for \`${name}\`, received ${show(received)}`,
    options,
  );
}

/** A short, readable rendering of any value for an error message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return value.length > 80 ? `"${value.slice(0, 77)}..."` : `"${value}"`;
  if (typeof value === 'bigint') return `${value}n`;
  if (value === null || typeof value !== 'object') return String(value);
  if ('describe' in value && typeof value.describe === 'function') return String(value.describe());
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  const text = json(value) ?? inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Undefined for what JSON cannot show: objects that contain themselves, bigints. */
function json(value: object): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Turns the operating system's errno into a sentence that names the path and the remedy. */
export function ioError(action: string, path: string, cause: unknown): AutodidactError {
  const errno = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const reasons: Record<string, [ErrorCode, string, string?]> = {
    ENOENT: ['NOT_FOUND', 'no such file or folder'],
    EACCES: ['IO', 'permission denied', 'Choose a path you may write to, or change its permissions.'],
    EPERM: ['IO', 'operation not permitted', 'Choose a path you may write to.'],
    EROFS: ['IO', 'the disk is read-only', 'Choose a path on a writable disk.'],
    ENOSPC: ['IO', 'the disk is full', 'Free some space, or choose a path on another disk.'],
    EDQUOT: ['IO', 'the disk quota is used up', 'Free some space, or choose a path on another disk.'],
    EEXIST: ['IO', 'it already exists', 'Choose another path.'],
    EISDIR: ['IO', 'it is a folder', 'Give the path of a file.'],
    ENOTDIR: ['IO', 'a part of the path is a file', 'Give the path of a folder.'],
    EMFILE: ['IO', 'too many files are open'],
  };
  const [code, reason, remedy] = reasons[errno] ?? ['IO', cause instanceof Error ? cause.message : String(cause)];
  return new AutodidactError(code, `Could not ${action} ${path}: ${reason}`, { remedy, cause });
}
