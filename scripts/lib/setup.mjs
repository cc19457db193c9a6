import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findLibtorch } from '../../native/find-libtorch.mjs';
import { ensureBridge } from './bridge.mjs';
import { ensureLibtorch, libtorchProblems } from './libtorch.mjs';
import { withLock } from './lock.mjs';
import { ensurePackages } from './packages.mjs';
import { Problem } from './problem.mjs';
import { checkNode, findCompiler, installCommand } from './tools.mjs';
import { ensureTypeScript } from './typescript.mjs';

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/**
 * Makes everything ready that a fresh clone lacks: npm packages, libtorch, the compiled bridge, the compiled TypeScript.
 * Each step says in one plain line what it does, and takes no time when it was done before.
 *
 * @param {(line: string) => void} [report]
 */
export async function setup(report = console.log) {
  const env = process.env;
  const context = { root: ROOT, env, report };
  checkNode(ROOT);
  await withLock(join(ROOT, 'dist', '.setup.lock'), report, async () => {
    const compiler = findCompiler(env);
    const search = findLibtorch(env);
    const problems = libtorchProblems(search);
    if (typeof compiler === 'string' || problems.lines.length > 0) {
      const lines = [...(typeof compiler === 'string' ? [compiler] : []), ...problems.lines];
      const packages = [...(typeof compiler === 'string' ? ['g++'] : []), ...problems.packages];
      throw new Problem(lines, { fix: `${installCommand(packages)}, then run \`npm run setup\` again` });
    }
    const python = search.python ? `, Python ${search.python.version}` : '';
    report(`Node ${process.versions.node}, ${compiler.command.join(' ')} ${compiler.version}${python}: ready`);
    await ensurePackages(context);
    const found = await ensureLibtorch(search, context);
    await ensureBridge(found, compiler, context);
    await ensureTypeScript(context);
  });
}
