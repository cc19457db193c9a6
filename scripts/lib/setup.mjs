import { join } from 'node:path';
import { checkMachine, contextOf, ensureEngine, ROOT } from './engine.mjs';
import { withLock } from './lock.mjs';
import { ensurePackages } from './packages.mjs';
import { checkNode } from './tools.mjs';
import { ensureTypeScript } from './typescript.mjs';

export { ROOT };

const LOCK = join(ROOT, 'dist', '.setup.lock');

/**
 * Makes everything ready that a fresh clone lacks: npm packages, libtorch, the compiled bridge, the compiled TypeScript.
 * Each step says in one plain line what it does, and takes no time when it was done before.
 *
 * @param {(line: string) => void} [report]
 */
export async function setup(report = console.log) {
  checkNode(ROOT);
  const context = contextOf(report);
  await withLock(LOCK, report, async () => {
    const machine = checkMachine(context);
    await ensurePackages(context);
    await ensureEngine(machine, context);
    await ensureTypeScript(context);
  });
}

/**
 * Makes ready what the package ships: the compiled TypeScript. Needs neither libtorch nor a C++ compiler.
 *
 * @param {(line: string) => void} report
 */
export async function build(report) {
  checkNode(ROOT);
  const context = contextOf(report);
  await withLock(LOCK, report, async () => {
    await ensurePackages(context);
    await ensureTypeScript(context);
  });
}
