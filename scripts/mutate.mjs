/**
 * Changes one line of the library at a time and runs the tests that guard it: a change that leaves them green is a survivor.
 *
 *   npm run mutate                 all of tests/mutations/*.mjs
 *   npm run mutate -- losses moco  those whose list or name has one of these words
 *   npm run mutate -- --list       their names
 *
 * Works on a copy of the tree. Ends with 1 when a change survives without a written reason, or does not apply any more.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main } from './lib/problem.mjs';
import { ROOT, setup } from './lib/setup.mjs';

/**
 * @typedef {object} Mutation
 * @property {string} name what is broken, in words
 * @property {string} file below src/
 * @property {string} find occurs exactly once in the file
 * @property {string} replace
 * @property {string[]} tests files that must fail
 * @property {string} [survives] why no test can fail; such a change must stay green
 */

const FOLDER = join(ROOT, 'tests', 'mutations');
const COPIED = ['src', 'tests', 'scripts', 'native', 'data', 'benchmarks', 'recipes', 'docs'];
const LINKED = ['node_modules', 'dist', 'package.json', 'tsconfig.json', 'vitest.config.ts', 'README.md'];

/** @returns {Promise<(Mutation & { list: string })[]>} */
async function readMutations() {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.mjs'));
  const lists = await Promise.all(
    files.map(async (file) => {
      /** @type {{ mutations: Mutation[] }} */
      const { mutations } = await import(pathToFileURL(join(FOLDER, file)).href);
      return mutations.map((mutation) => ({ ...mutation, list: file.replace('.mjs', '') }));
    }),
  );
  return lists.flat();
}

/** @param {string} copy @param {Mutation} mutation @returns {'killed' | 'survived' | 'stale'} */
function attempt(copy, { file, find, replace, tests }) {
  const path = join(copy, 'src', file);
  const original = readFileSync(path, 'utf8');
  if (original.split(find).length !== 2 || find === replace) return 'stale';
  writeFileSync(
    path,
    original.replace(find, () => replace),
  );
  try {
    const vitest = join('node_modules', '.bin', 'vitest');
    const { status } = spawnSync(process.execPath, [vitest, 'run', '--bail', '1', ...tests], {
      cwd: copy,
      stdio: 'ignore',
      timeout: 5 * 60_000,
    });
    return status === 0 ? 'survived' : 'killed';
  } finally {
    writeFileSync(path, original);
  }
}

await main(async () => {
  const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const all = await readMutations();
  const chosen = all.filter(
    ({ list, name, file }) => words.length === 0 || words.some((word) => `${list} ${name} ${file}`.includes(word)),
  );
  if (process.argv.includes('--list')) {
    for (const { list, name } of chosen) console.log(`${list}: ${name}`);
    return 0;
  }
  await setup(console.error);
  const copy = mkdtempSync(join(tmpdir(), 'autodidact-mutate-'));
  let wrong = 0;
  let killed = 0;
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    for (const name of LINKED) symlinkSync(join(ROOT, name), join(copy, name));
    // A test file that fails without any change would kill everything.
    const guards = [...new Set(chosen.flatMap(({ tests }) => tests))];
    const control = spawnSync(process.execPath, [join('node_modules', '.bin', 'vitest'), 'run', ...guards], {
      cwd: copy,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (control.status !== 0) {
      console.log('The tests fail without any change: mend them first.');
      return 1;
    }
    for (const [i, mutation] of chosen.entries()) {
      const outcome = attempt(copy, mutation);
      const isExpected = outcome === (mutation.survives === undefined ? 'killed' : 'survived');
      if (!isExpected) wrong++;
      if (outcome === 'killed') killed++;
      const reason = mutation.survives === undefined ? '' : ` (expected: ${mutation.survives})`;
      console.log(`${i + 1}/${chosen.length} ${outcome.padEnd(8)} ${mutation.list}: ${mutation.name}${reason}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  console.log(`${killed} of ${chosen.length} changes were found, ${wrong} were not as expected`);
  return wrong === 0 && chosen.length > 0 ? 0 : 1;
});
