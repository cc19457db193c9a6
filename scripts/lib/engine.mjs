import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bridgePlace, findLibtorch } from '../../native/find-libtorch.mjs';
import { ensureBridge } from './bridge.mjs';
import { ensureLibtorch, libtorchProblems } from './libtorch.mjs';
import { withLock } from './lock.mjs';
import { Problem } from './problem.mjs';
import { checkNode, findCompiler, installCommand } from './tools.mjs';

/** @typedef {(line: string) => void} Report */
/** @typedef {import('../../native/find-libtorch.d.mts').BridgePlace} BridgePlace */
/** @typedef {import('../../native/find-libtorch.d.mts').Search} Search */
/** @typedef {{ root: string, env: NodeJS.ProcessEnv, report: Report, place: BridgePlace }} Context */
/** @typedef {{ compiler: import('./tools.mjs').Compiler, search: Search }} Machine */

/** The package's folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/**
 * Sets up an installed package (`npx autodidact setup`): libtorch and the compiled bridge, both in the cache. npm has brought the
 * rest, and nothing is written into node_modules. Each step says in one plain line what it does, and takes no time when it was
 * done before.
 *
 * @param {Report} [report]
 */
export async function setupEngine(report = console.log) {
  checkNode(ROOT);
  const context = contextOf(report);
  await withLock(join(context.place.folder, '.setup.lock'), report, () => ensureEngine(checkMachine(context), context));
}

/** @param {Report} report @returns {Context} */
export function contextOf(report) {
  return { root: ROOT, env: process.env, report, place: bridgePlace(ROOT) };
}

/**
 * Looks for a compiler, and for libtorch or what installs it. Throws with all that is missing at once.
 *
 * @param {Context} context
 * @returns {Machine}
 */
export function checkMachine({ env, report, place }) {
  const compiler = findCompiler(env);
  const search = findLibtorch(env);
  const problems = libtorchProblems(search);
  if (typeof compiler === 'string' || problems.lines.length > 0) {
    const lines = [...(typeof compiler === 'string' ? [compiler] : []), ...problems.lines];
    const packages = [...(typeof compiler === 'string' ? ['g++'] : []), ...problems.packages];
    throw new Problem(lines, { fix: `${installCommand(packages)}, then run \`${place.setupCommand}\` again` });
  }
  const python = search.python ? `, Python ${search.python.version}` : '';
  report(`Node ${process.versions.node}, ${compiler.command.join(' ')} ${compiler.version}${python}: ready`);
  return { compiler, search };
}

/** @param {Machine} machine @param {Context} context */
export async function ensureEngine({ compiler, search }, context) {
  await ensureBridge(await ensureLibtorch(search, context), compiler, context);
}
