import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AutodidactError, expected, ioError } from '../errors.js';
import { makeFolders, partialName, readIfThere, removePartial, writeAtomically } from '../files.js';
import { parseJson } from '../json.js';

/** What a folder of ours is known by: a name in its config.json. */
export const MARK = 'autodidact';

export const writeJson = (path: string, value: object): void =>
  writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`);

/**
 * Holds the place of an export against what is there.
 *
 * @param ending of a file, such as `.onnx`; null for a folder, which must be empty, new or an earlier export
 * @throws AutodidactError `USAGE` or `IO`
 */
export function checkTarget(path: string, ending: string | null): void {
  const isFolder = isFolderAt(path);
  if (ending !== null) {
    if (!path.endsWith(ending) || isFolder) throw expected(`a file that ends in ${ending}`, 'out', path);
    return;
  }
  if (!existsSync(path)) return;
  if (!isFolder)
    throw new AutodidactError('IO', `${path} is a file, and the export is a folder`, {
      remedy: 'Choose another --out.',
    });
  if (readdirSync(path).length > 0 && !isExport(path))
    throw new AutodidactError('IO', `${path} has files that are not of an export`, {
      remedy: 'Choose another --out, or empty the folder.',
    });
}

function isFolderAt(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch (error) {
    throw ioError('write', path, error);
  }
}

function isExport(folder: string): boolean {
  try {
    const config = parseJson(readIfThere(join(folder, 'config.json'))?.toString() ?? '');
    return typeof config === 'object' && config !== null && MARK in config;
  } catch {
    return false;
  }
}

/** Lets `write` fill a folder under another name, which then takes the place of the one at `path`. */
export function writeFolder(path: string, write: (folder: string) => void): void {
  const target = resolve(path);
  const temporary = partialName(target);
  const before = partialName(`${target}.before`);
  try {
    makeFolders(temporary);
    write(temporary);
    if (existsSync(target)) renameSync(target, before);
    renameSync(temporary, target);
    rmSync(before, { recursive: true, force: true });
  } catch (error) {
    if (!existsSync(target) && existsSync(before)) renameSync(before, target);
    removePartial(temporary);
    throw error instanceof AutodidactError ? error : ioError('write', path, error);
  }
}
