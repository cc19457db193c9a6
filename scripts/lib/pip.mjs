import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Problem } from './problem.mjs';
import { runLogged, tail } from './process.mjs';

/** @typedef {import('../../native/find-libtorch.d.mts').Python} Python */
/** @typedef {Awaited<ReturnType<typeof runLogged>>} Result */

/**
 * @typedef {object} Place
 * @property {Python} python
 * @property {string} target the folder to make
 * @property {string} cache
 * @property {NodeJS.ProcessEnv} env
 * @property {(line: string) => void} report
 * @property {string} label what is installed, for messages
 */

const NO_NETWORK =
  /NewConnectionError|name resolution|ConnectTimeout|Connection (refused|reset)|Network is unreachable|ProxyError/;

/** pip's words for a package or version that its index has not for this machine. */
export const NO_WHEEL = /No matching distribution|Could not find a version/;

/**
 * Installs packages into a folder beside the target and renames it when it is complete. The caller holds a lock on the target.
 *
 * @param {Place} place
 * @param {object} request
 * @param {string[]} request.packages arguments of pip
 * @param {(result: Result) => string[] | null} [request.instead] other arguments to try after a failure
 * @param {(folder: string) => string | null} request.check says what is wrong with the installed folder
 * @param {(reason: string, output: string, log: string) => Error} request.refuse makes the error
 */
export async function installWithPip(
  { python, target, cache, env, report, label },
  { packages, instead, check, refuse },
) {
  removeLeftovers(target);
  const partial = `${target}.partial-${process.pid}`;
  const log = `${target}.log`;
  const pip = await pipOf(python, { cache, env, report, label });
  // Settings that contradict --target, from the environment or a configuration file.
  const pipEnv = { ...env, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' };
  const common = ['install', '--no-compile', '--no-input', '--disable-pip-version-check', '--target', partial];
  /** @param {string[]} what */
  const attempt = (what) => {
    rmSync(partial, { recursive: true, force: true });
    return runLogged([...pip, ...common, ...what], { cwd: cache, env: pipEnv, log, label, report });
  };
  let result = await attempt(packages);
  const others = result.isOk ? null : (instead?.(result) ?? null);
  if (others !== null) result = await attempt(others);
  const fault = result.isOk ? check(partial) : pipReason(result.output, python, others ?? packages);
  if (fault !== null) {
    rmSync(partial, { recursive: true, force: true });
    throw refuse(fault, result.output, log);
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(partial, target);
  report(`${label}: installed (${result.seconds} s)`);
}

/**
 * The command that runs pip: this Python's own, or that of an environment made for it.
 *
 * @param {Python} python
 * @param {{ cache: string, env: NodeJS.ProcessEnv, report: (line: string) => void, label: string }} context
 */
async function pipOf(python, { cache, env, report, label }) {
  if (python.hasPip) return [python.executable, '-m', 'pip'];
  const folder = join(cache, `pip-${python.version}`);
  const pip = [join(folder, 'bin', 'python'), '-m', 'pip'];
  if (spawnSync(pip[0] ?? '', ['-m', 'pip', '--version'], { env }).status === 0) return pip;
  report(`${label}: making a Python environment with pip in ${folder}`);
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

/** @param {string} output @param {Python} python @param {string[]} packages */
function pipReason(output, python, packages) {
  if (/No space left on device/.test(output)) return 'the disk is full';
  if (NO_NETWORK.test(output)) return 'pip could not reach its package index';
  if (NO_WHEEL.test(output)) {
    const wanted = (packages.at(-1) ?? '').replace('==', ' ').replace('+cpu', '');
    return `pip finds no ${wanted} for Python ${python.version} on ${process.platform} ${process.arch}`;
  }
  return 'pip failed';
}

/** Half-made copies whose process has ended. @param {string} target */
function removeLeftovers(target) {
  mkdirSync(dirname(target), { recursive: true });
  for (const name of readdirSync(dirname(target)))
    if (name.startsWith(`${basename(target)}.partial`))
      rmSync(join(dirname(target), name), { recursive: true, force: true });
}
