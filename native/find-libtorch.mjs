/**
 * Finds libtorch and the bridge to it. Set-up runs it before anything is installed, so it is plain JavaScript with Node's
 * built-ins only; `autodidact doctor` and the engine's diagnosis use it too.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./find-libtorch.d.mts').Attempt} Attempt */
/** @typedef {import('./find-libtorch.d.mts').Libtorch} Libtorch */
/** @typedef {import('./find-libtorch.d.mts').Python} Python */

export const PINNED_VERSION = '2.13.0';
export const MINIMUM_VERSION = /** @type {const} */ ([2, 6]);
export const SYSTEM_PREFIXES = ['/usr', '/usr/local', '/opt/homebrew'];

const SUFFIX = process.platform === 'darwin' ? '.dylib' : '.so';
const MULTIARCH = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
const LIBRARIES = ['torch', 'torch_cpu', 'c10'];
// Newer releases define the numbers in the first header, which the second includes.
const VERSION_HEADERS = ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h'];

/** @type {typeof import('./find-libtorch.d.mts').findLibtorch} */
export function findLibtorch(env = process.env, prefixes = SYSTEM_PREFIXES) {
  /** @type {Attempt[]} */
  const tried = [];
  /** @type {Python | null} */
  let python = null;
  /** @param {string} place @param {Libtorch | string} result @returns {result is Libtorch} */
  const note = (place, result) => {
    tried.push({ place, outcome: typeof result === 'string' ? result : `found ${result.version}` });
    return typeof result !== 'string';
  };

  if (env.LIBTORCH) {
    const folder = resolve(env.LIBTORCH);
    const result = inspectLibtorch('LIBTORCH', folder);
    const isUsable = note(`LIBTORCH=${env.LIBTORCH}`, result);
    return { libtorch: isUsable ? result : null, tried, python, isMisdirected: !isUsable };
  }
  tried.push({ place: 'LIBTORCH', outcome: 'not set' });

  python = askPython(env);
  if (python === null) tried.push({ place: "the active Python's torch", outcome: 'no python3 or python on the PATH' });
  else if (python.torch === null) tried.push({ place: `torch of ${python.executable}`, outcome: 'not installed' });
  else {
    const result = inspectLibtorch('python', python.torch);
    if (note(`torch of ${python.executable}`, result)) return { libtorch: result, tried, python, isMisdirected: false };
  }

  const own = inspectLibtorch('private copy', join(privateFolder(env), 'torch'));
  if (note(`private copy ${privateFolder(env)}`, own)) return { libtorch: own, tried, python, isMisdirected: false };

  for (const prefix of prefixes) {
    const lib = ['lib64', `lib/${MULTIARCH}`, 'lib']
      .map((name) => join(prefix, name))
      .find((folder) => existsSync(join(folder, `libtorch_cpu${SUFFIX}`)));
    const result = lib
      ? inspectLibtorch('system package', prefix, join(prefix, 'include'), lib)
      : `no libtorch_cpu${SUFFIX}`;
    if (note(`system package in ${prefix}`, result)) return { libtorch: result, tried, python, isMisdirected: false };
  }
  return { libtorch: null, tried, python, isMisdirected: false };
}

/** @type {typeof import('./find-libtorch.d.mts').inspectLibtorch} */
export function inspectLibtorch(source, folder, include = join(folder, 'include'), lib = join(folder, 'lib')) {
  if (!existsSync(folder)) return 'no such folder';
  if (!existsSync(join(include, 'ATen', 'ATen.h'))) return `no C++ headers (${join(include, 'ATen', 'ATen.h')})`;
  const missing = LIBRARIES.map((name) => join(lib, `lib${name}${SUFFIX}`)).find((file) => !existsSync(file));
  if (missing) return `no library ${missing}`;
  const number = headerVersion(include);
  if (number === null) return `no version in its headers (${join(include, VERSION_HEADERS[1] ?? '')})`;
  const version = packageVersion(folder) ?? number.join('.');
  const [major, minor] = MINIMUM_VERSION;
  if (number[0] < major || (number[0] === major && number[1] < minor))
    return `version ${version} is older than ${major}.${minor}`;
  return { source, folder, include, lib, version, cuda: existsSync(join(lib, `libtorch_cuda${SUFFIX}`)) };
}

/** @type {typeof import('./find-libtorch.d.mts').describeTried} */
export function describeTried(tried) {
  return tried.map(({ place, outcome }) => `${place}: ${outcome}`);
}

/** @type {typeof import('./find-libtorch.d.mts').cacheFolder} */
export function cacheFolder(env = process.env) {
  if (env.AUTODIDACT_CACHE) return resolve(env.AUTODIDACT_CACHE);
  // The XDG specification ignores relative paths.
  if (env.XDG_CACHE_HOME?.startsWith('/')) return join(env.XDG_CACHE_HOME, 'autodidact');
  return join(env.HOME || homedir(), '.cache', 'autodidact');
}

/** @type {typeof import('./find-libtorch.d.mts').privateFolder} */
export function privateFolder(env = process.env) {
  return join(cacheFolder(env), `libtorch-${PINNED_VERSION}`);
}

/** @type {typeof import('./find-libtorch.d.mts').bridgePlace} */
export function bridgePlace(root, env = process.env) {
  // The package does not ship this file, so it tells whether `npm run setup` exists.
  if (existsSync(join(root, 'scripts', 'setup.mjs')))
    return { folder: join(root, 'dist', 'native'), setupCommand: 'npm run setup', isClone: true };
  const hash = createHash('sha256');
  for (const name of readdirSync(join(root, 'native')).sort())
    if (/\.(cc|h)$/.test(name)) hash.update(`${name}\n`).update(readFileSync(join(root, 'native', name)));
  const name = `bridge-${process.platform}-${process.arch}-${hash.digest('hex').slice(0, 12)}`;
  return { folder: join(cacheFolder(env), name), setupCommand: 'npx autodidact setup', isClone: false };
}

/** @type {typeof import('./find-libtorch.d.mts').askPython} */
export function askPython(env) {
  const script = fileURLToPath(new URL('find_torch.py', import.meta.url));
  for (const command of ['python3', 'python']) {
    const { status, stdout } = spawnSync(command, [script], { env, encoding: 'utf8', timeout: 30_000 });
    if (status !== 0) continue;
    try {
      return JSON.parse(stdout);
    } catch {
      // Another program of that name.
    }
  }
  return null;
}

/** @param {string} include @returns {[number, number, number] | null} */
function headerVersion(include) {
  for (const header of VERSION_HEADERS) {
    const text = readOptional(join(include, header));
    const [major, minor, patch] = ['MAJOR', 'MINOR', 'PATCH'].map((part) =>
      Number(text.match(new RegExp(`#define TORCH_VERSION_${part}\\s+(\\d+)`))?.[1]),
    );
    if (major && minor !== undefined && patch !== undefined && minor >= 0 && patch >= 0) return [major, minor, patch];
  }
  return null;
}

/** The full version of a wheel (`version.py`) or of an unpacked archive (`build-version`). @param {string} folder */
function packageVersion(folder) {
  const inWheel = readOptional(join(folder, 'version.py')).match(/^__version__ = ['"]([^'"]+)['"]/m)?.[1];
  return inWheel ?? (readOptional(join(folder, 'build-version')).trim() || undefined);
}

/** @param {string} file */
function readOptional(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
