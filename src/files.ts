import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AutodidactError, ioError } from './errors.js';

/** Makes a folder and those above it. Node's own way never returns where the system refuses all of them, as below /proc. */
export function makeFolders(path: string): void {
  try {
    makeFolder(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    makeFolders(dirname(path));
    makeFolder(path);
  }
}

/** A folder that is there, or that another process makes at the same moment, is as good. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/**
 * The bytes of a regular file; null when there is none of this name. Anything else is refused before it is opened: a pipe would wait
 * for a writer.
 *
 * @throws AutodidactError `IO` when it is no regular file or cannot be read
 */
export function readIfThere(path: string): Buffer | null {
  try {
    if (!statSync(path).isFile())
      throw new AutodidactError('IO', `Could not read ${path}: it is no regular file`, {
        remedy: 'Move it away, or bring the file back from a copy.',
      });
    return readFileSync(path);
  } catch (error) {
    if (error instanceof AutodidactError) throw error;
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return null;
    throw ioError('read', path, error);
  }
}

/**
 * What temporary names end with: `.partial-<process number>-<random digits>`. Containers that share a folder have the same numbers.
 * Earlier versions wrote no random digits.
 */
const PARTIAL = /\.partial-(\d+)(?:-[0-9a-f]+)?$/;

/** A name that no other process takes, for a file or a folder that is to take the place of `path` once it is whole. */
export function partialName(path: string): string {
  return `${path}.partial-${process.pid}-${randomBytes(8).toString('hex')}`;
}

/** Whether a name is that of a file that is being written, or that a killed process left. */
export function isPartial(name: string): boolean {
  return PARTIAL.test(name);
}

/** Removes a temporary file or folder where there is one; `force` of `rmSync` alone fails below a file. */
export function removePartial(path: string): void {
  if (existsSync(path)) rmSync(path, { recursive: true, force: true });
}

/**
 * Writes a file so that a reader sees the old or the new one, never a part: temporary file, fsync, rename.
 *
 * @param data all of it, or parts to be written one after the other
 */
export function writeAtomically(path: string, data: string | Uint8Array | Iterable<string | Uint8Array>): void {
  const temporary = partialName(path);
  try {
    const file = openSync(temporary, 'wx');
    try {
      const isWhole = typeof data === 'string' || data instanceof Uint8Array;
      for (const part of isWhole ? [data] : data) writeFileSync(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    removePartial(temporary);
    throw ioError('write', path, error);
  }
}

/**
 * Removes what killed processes left of files that they were writing in a folder (`PARTIAL`). What cannot be removed stays.
 *
 * @param isBeingWritten whether the process of this number may be writing a file that was last changed at this time
 */
export function removePartials(folder: string, isBeingWritten: (pid: number, changedMs: number) => boolean): void {
  try {
    for (const name of readdirSync(folder)) {
      const pid = PARTIAL.exec(name)?.[1];
      if (pid === undefined) continue;
      const path = join(folder, name);
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats?.isFile() && !isBeingWritten(Number(pid), stats.mtimeMs)) rmSync(path, { force: true });
    }
  } catch {
    // No such folder, or one that only others may write to.
  }
}

/** The folder in which a path would lie, made if needed. */
export function ensureParent(path: string): void {
  try {
    makeFolders(dirname(resolve(path)));
  } catch (error) {
    throw ioError('make the folder of', path, error);
  }
}

/** The operating system's name of a failure, such as `ENOENT`; undefined for other errors. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
