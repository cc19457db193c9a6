import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ioError } from './errors.js';

/** Makes a folder and those above it. Node's own way never returns where the system refuses all of them, as below /proc. */
export function makeFolders(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    const isParentMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isParentMissing || dirname(path) === path) throw error;
    makeFolders(dirname(path));
    mkdirSync(path);
  }
}

/** Writes a file so that a reader sees the old or the new one, never a part: temporary file, fsync, rename. */
export function writeAtomically(path: string, data: string | Uint8Array): void {
  const temporary = `${path}.partial-${process.pid}`;
  try {
    const file = openSync(temporary, 'w');
    try {
      writeFileSync(file, data);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    // `force` does not cover a path below a file, which would hide the error that matters.
    if (existsSync(temporary)) rmSync(temporary);
    throw ioError('write', path, error);
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
