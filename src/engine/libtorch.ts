import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bridgePlace, describeTried, findLibtorch, type LibtorchSource } from '../../native/find-libtorch.mjs';
import { AutodidactError } from '../errors.js';

/** The libtorch that the bridge was built against. */
export interface LibtorchInfo {
  /** The folder that holds its headers and libraries. */
  folder: string;
  /** Version string of its package, e.g. `2.13.0+cpu`. */
  version: string;
  source: LibtorchSource;
  /** Whether it includes CUDA; a usable device may still be missing. */
  cuda: boolean;
}

/** build.json, which set-up writes. */
interface Build {
  libtorch: LibtorchInfo;
  /** The compiled bridge: the name of a file beside build.json. */
  addon: string;
}

/**
 * Loads the compiled bridge, and libtorch with it.
 *
 * @throws AutodidactError `ENGINE` when the bridge is not built or cannot be loaded; the message lists the places that were
 *   searched and the command to run
 */
export function loadBridge(): unknown {
  const { addon, libtorch } = readBuild();
  const holder = { exports: {} };
  const file = join(bridgePlace(packageRoot()).folder, addon);
  if (!existsSync(file)) throw notReady(`The compiled bridge ${file} is missing`);
  if (!isIntact(file)) throw notReady(`The compiled bridge ${file} is damaged`);
  try {
    process.dlopen(holder, file);
  } catch (cause) {
    if (!existsSync(libtorch.folder)) throw notReady(`${describe(libtorch)} is gone`, cause);
    throw notReady(`${describe(libtorch)} cannot be loaded: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
  return holder.exports;
}

/** Whether a file has the SHA-256 that set-up wrote beside it: loading a damaged library may end the process. */
function isIntact(addon: string): boolean {
  const sum = `${addon}.sha256`;
  if (!existsSync(sum)) return true;
  try {
    return readFileSync(sum, 'utf8') === createHash('sha256').update(readFileSync(addon)).digest('hex');
  } catch {
    return false;
  }
}

/**
 * The libtorch that the bridge was built against; does not load it.
 *
 * @throws AutodidactError `ENGINE` when set-up has not been run
 */
export function libtorchInfo(): LibtorchInfo {
  return readBuild().libtorch;
}

/** The folder of this package's package.json, found from `src/` and `dist/` alike. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isPackageRoot(folder)) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`No package.json of autodidact above ${fileURLToPath(import.meta.url)}`);
    folder = parent;
  }
  return folder;
}

function isPackageRoot(folder: string): boolean {
  const file = join(folder, 'package.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'autodidact';
}

function readBuild(): Build {
  const file = join(bridgePlace(packageRoot()).folder, 'build.json');
  if (!existsSync(file)) throw notReady(`The bridge to libtorch is not built (${file} is missing)`);
  try {
    const build = JSON.parse(readFileSync(file, 'utf8')) as Build;
    if (typeof build.addon === 'string' && typeof build.libtorch.folder === 'string') return build;
  } catch {
    // Reported below.
  }
  throw notReady(`${file} is damaged`);
}

function describe({ version, source, folder }: LibtorchInfo): string {
  return `libtorch ${version} (${source}, ${folder}), which the bridge was built against,`;
}

/** An error with the cause, the places where libtorch was searched, and the command that fixes it. */
function notReady(what: string, cause?: unknown): AutodidactError {
  const places = describeTried(findLibtorch().tried).join('; ');
  const { setupCommand, isClone } = bridgePlace(packageRoot());
  return new AutodidactError('ENGINE', `${what}. Looked for libtorch: ${places}`, {
    remedy: `Run \`${setupCommand}\` in ${isClone ? packageRoot() : 'your project'}.`,
    cause,
  });
}
