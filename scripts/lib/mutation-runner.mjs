/**
 * Breaks a line of a copy of the tree, runs the tests that guard it, and mends the line again: one request at a time, from the process
 * that forked this one. Vitest stays loaded in between, and with it every file that did not change.
 *
 * Arguments: the copy. Requests: `{ file, find, replace, tests }`. Answers: `'ready'` once, then `'killed' | 'survived' | 'stale'`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVitest } from 'vitest/node';

/** @typedef {Pick<import('../mutate.mjs').Mutation, 'file' | 'find' | 'replace' | 'tests'>} Change */

const copy = /** @type {string} */ (process.argv[2]);
process.chdir(copy);
// One file after the other: the first failure ends the run.
const vitest = await createVitest('test', { watch: false, bail: 1, root: copy, reporters: [{}], maxWorkers: 1 });
await vitest.standalone();

/** @param {Change} change @returns {Promise<'killed' | 'survived' | 'stale'>} */
async function attempt({ file, find, replace, tests }) {
  const path = join(copy, 'src', file);
  const original = readFileSync(path, 'utf8');
  const specifications = await vitest.globTestSpecifications(tests);
  const isStale = original.split(find).length !== 2 || find === replace || specifications.length < tests.length;
  if (isStale) return 'stale';
  const changed = original.replace(find, () => replace);
  try {
    writeFileSync(path, changed);
    vitest.invalidateFile(path);
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
    // Vitest gives the modules of earlier runs, too, with what came of them then.
    const asked = new Set(specifications.map(({ moduleId }) => moduleId));
    const own = testModules.filter(({ moduleId }) => asked.has(moduleId));
    const isGreen = unhandledErrors.length === 0 && own.length === asked.size && own.every((module) => module.ok());
    return isGreen ? 'survived' : 'killed';
  } finally {
    writeFileSync(path, original);
    vitest.invalidateFile(path);
  }
}

process.on('message', async (/** @type {Change} */ change) => process.send?.(await attempt(change)));
process.on('disconnect', () => process.exit());
process.send?.('ready');
