import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  cacheFolder,
  describeTried,
  findLibtorch,
  inspectLibtorch,
  PINNED_VERSION,
  privateFolder,
} from '../../native/find-libtorch.mjs';
import { withLock } from './lock.mjs';
import { Problem } from './problem.mjs';
import { runLogged, tail } from './process.mjs';

/** @typedef {import('../../native/find-libtorch.d.mts').Libtorch} Libtorch */
/** @typedef {import('../../native/find-libtorch.d.mts').Python} Python */
/** @typedef {import('../../native/find-libtorch.d.mts').Search} Search */
/** @typedef {import('./engine.mjs').Context} Context */

const SMALLER =
  "set PIP_EXTRA_INDEX_URL to PyTorch's CPU wheel index (pytorch.org, Get Started, Compute Platform: CPU)";

const NO_NETWORK =
  /NewConnectionError|name resolution|ConnectTimeout|Connection (refused|reset)|Network is unreachable|ProxyError/;

const NO_WHEEL = /No matching distribution|Could not find a version/;

/**
 * What has to be put right before libtorch can be had: sentences, and the Debian packages that help.
 *
 * @param {Search} search
 * @returns {{ lines: string[], packages: string[] }}
 */
export function libtorchProblems({ libtorch, python, isMisdirected, tried }) {
  if (libtorch) return { lines: [], packages: [] };
  if (isMisdirected) {
    const [line = ''] = describeTried(tried);
    throw new Problem(`the environment variable LIBTORCH does not point at a usable libtorch: ${line}`, {
      fix: 'set LIBTORCH to the folder that holds include/ and lib/, or unset it',
    });
  }
  if (python === null)
    return {
      lines: ['no Python, which installs libtorch: tried python3, python'],
      packages: ['python3', 'python3-pip'],
    };
  if (!python.canInstall)
    return { lines: [`${python.executable} has no pip, which installs libtorch`], packages: ['python3-pip'] };
  return { lines: [], packages: [] };
}

/**
 * The libtorch to build against. Installs the private copy when there is none.
 *
 * @param {Search} search
 * @param {Context} context
 * @returns {Promise<Search & { libtorch: Libtorch }>}
 */
export async function ensureLibtorch(search, context) {
  const found = search.libtorch ? { ...search, libtorch: search.libtorch } : await installPrivateCopy(search, context);
  const { version, source, folder, cuda } = found.libtorch;
  context.report(`libtorch ${version}${cuda ? ' with CUDA' : ''}: ready (${source}, ${folder})`);
  return found;
}

/**
 * @param {Search} search
 * @param {Context} context
 * @returns {Promise<Search & { libtorch: Libtorch }>}
 */
async function installPrivateCopy({ python, tried }, context) {
  const { env, report } = context;
  if (!python) throw new Error('libtorchProblems() lets no search without a Python pass');
  const target = privateFolder(env);
  report('libtorch: none found');
  for (const line of describeTried(tried)) report(`  ${line}`);
  return withLock(`${target}.lock`, report, async () => {
    const again = findLibtorch(env); // another set-up may have installed it while this one waited
    if (!again.libtorch) await install(python, target, context);
    const search = again.libtorch ? again : findLibtorch(env);
    if (search.libtorch) return { ...search, libtorch: search.libtorch };
    throw new Problem(['libtorch was installed but is not found', ...describeTried(search.tried)]);
  });
}

/**
 * Installs into a folder beside the target and renames it when it is complete.
 *
 * @param {Python} python
 * @param {string} target
 * @param {Context} context
 */
async function install(python, target, { env, report, place }) {
  const cache = cacheFolder(env);
  removeLeftovers(target);
  const partial = `${target}.partial-${process.pid}`;
  const log = `${target}.log`;
  const label = 'libtorch';
  const pip = await pipOf(python, { cache, env, report });
  // Settings that contradict --target, from the environment or a configuration file.
  const pipEnv = { ...env, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' };
  const common = ['install', '--no-compile', '--no-input', '--disable-pip-version-check', '--target', partial];
  /** @param {string[]} what */
  const attempt = (what) => {
    rmSync(partial, { recursive: true, force: true });
    return runLogged([...pip, ...common, ...what], { cwd: cache, env: pipEnv, log, label, report });
  };

  const isLinux = process.platform === 'linux';
  report(`libtorch: installing ${PINNED_VERSION} into ${target} (once, about 200 MB to download)`);
  // The CPU wheel is complete for C++: only its Python half needs other packages. macOS has a single wheel, like it.
  let result = await attempt(['--no-deps', `torch==${PINNED_VERSION}${isLinux ? '+cpu' : ''}`]);
  if (isLinux && !result.isOk && NO_WHEEL.test(result.output)) {
    report('libtorch: pip finds no wheel for CPUs only; installing the general one, which may bring CUDA (several GB)');
    report(`  to avoid that, stop this and ${SMALLER}`);
    result = await attempt([`torch==${PINNED_VERSION}`]);
  }
  const installed = result.isOk ? inspectLibtorch('private copy', join(partial, 'torch')) : null;
  if (installed === null || typeof installed === 'string') {
    rmSync(partial, { recursive: true, force: true });
    throw installProblem(installed ?? pipReason(result.output, python), result.output, log, place.setupCommand);
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(partial, target);
  report(`libtorch: installed (${result.seconds} s)`);
}

/**
 * The command that runs pip: this Python's own, or that of an environment made for it.
 *
 * @param {Python} python
 * @param {{ cache: string, env: NodeJS.ProcessEnv, report: (line: string) => void }} context
 */
async function pipOf(python, { cache, env, report }) {
  if (python.hasPip) return [python.executable, '-m', 'pip'];
  const folder = join(cache, `pip-${python.version}`);
  const pip = [join(folder, 'bin', 'python'), '-m', 'pip'];
  if (spawnSync(pip[0] ?? '', ['-m', 'pip', '--version'], { env }).status === 0) return pip;
  report(`libtorch: making a Python environment with pip in ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  const log = `${folder}.log`;
  const { isOk, output } = await runLogged([python.executable, '-m', 'venv', folder], {
    cwd: cache,
    env,
    log,
    label: 'pip',
    report,
  });
  if (isOk) return pip;
  throw new Problem(
    `${python.executable} has no pip and could not make an environment that has; the output is in ${log}`,
    {
      details: tail(output),
      fix: 'sudo apt-get install python3-pip   (Debian, Ubuntu; elsewhere: python3 -m ensurepip)',
    },
  );
}

/** @param {string} output @param {Python} python */
function pipReason(output, python) {
  if (/No space left on device/.test(output)) return 'the disk is full';
  if (NO_NETWORK.test(output)) return 'pip could not reach its package index';
  if (NO_WHEEL.test(output))
    return `pip finds no torch ${PINNED_VERSION} for Python ${python.version} on ${process.platform} ${process.arch}`;
  return 'pip failed';
}

/** @param {string} reason @param {string} output @param {string} log @param {string} setupCommand */
function installProblem(reason, output, log, setupCommand) {
  return new Problem(`libtorch could not be installed: ${reason}; pip's output is in ${log}`, {
    details: tail(output),
    fix:
      "check the network and pip's settings (python3 -m pip config list), or install PyTorch 2.6 or newer yourself " +
      `(pytorch.org, Get Started), or set LIBTORCH to a folder that holds include/ and lib/; then run \`${setupCommand}\` again`,
  });
}

/** Half-made copies whose process has ended; the caller holds the lock. @param {string} target */
function removeLeftovers(target) {
  mkdirSync(dirname(target), { recursive: true });
  for (const name of readdirSync(dirname(target)))
    if (name.startsWith(`${basename(target)}.partial`))
      rmSync(join(dirname(target), name), { recursive: true, force: true });
}
