import { join } from 'node:path';
import {
  cacheFolder,
  describeTried,
  findLibtorch,
  inspectLibtorch,
  PINNED_VERSION,
  privateFolder,
} from '../../native/find-libtorch.mjs';
import { withLock } from './lock.mjs';
import { installWithPip, NO_WHEEL } from './pip.mjs';
import { Problem } from './problem.mjs';
import { tail } from './process.mjs';

/** @typedef {import('../../native/find-libtorch.d.mts').Libtorch} Libtorch */
/** @typedef {import('../../native/find-libtorch.d.mts').Python} Python */
/** @typedef {import('../../native/find-libtorch.d.mts').Search} Search */
/** @typedef {import('./engine.mjs').Context} Context */

const SMALLER =
  "set PIP_EXTRA_INDEX_URL to PyTorch's CPU wheel index (pytorch.org, Get Started, Compute Platform: CPU)";

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
 * @param {Python} python
 * @param {string} target
 * @param {Context} context
 */
async function install(python, target, { env, report, place }) {
  const isLinux = process.platform === 'linux';
  report(`libtorch: installing ${PINNED_VERSION} into ${target} (once, about 200 MB to download)`);
  const pip = { python, target, cache: cacheFolder(env), env, report, label: 'libtorch' };
  await installWithPip(pip, {
    // The CPU wheel is complete for C++: only its Python half needs other packages. macOS has a single wheel, like it.
    packages: ['--no-deps', `torch==${PINNED_VERSION}${isLinux ? '+cpu' : ''}`],
    instead({ output }) {
      if (!isLinux || !NO_WHEEL.test(output)) return null;
      report(
        'libtorch: pip finds no wheel for CPUs only; installing the general one, which may bring CUDA (several GB)',
      );
      report(`  to avoid that, stop this and ${SMALLER}`);
      return [`torch==${PINNED_VERSION}`];
    },
    check(folder) {
      const installed = inspectLibtorch('private copy', join(folder, 'torch'));
      return typeof installed === 'string' ? installed : null;
    },
    refuse: (reason, output, log) => installProblem(reason, output, log, place.setupCommand),
  });
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
