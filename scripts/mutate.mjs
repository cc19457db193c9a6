/**
 * Changes one line of the library at a time and runs the tests that guard it: a change that leaves them green is a survivor.
 *
 *   npm run mutate                 all of tests/mutations/*.mjs
 *   npm run mutate -- losses moco  those whose list or name has one of these words
 *   npm run mutate -- --list       their names
 *   npm run mutate -- --jobs 2     two at a time
 *
 * Works on copies of the tree. Ends with 1 when a change survives without a written reason, or does not apply any more.
 */
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { main, Problem } from './lib/problem.mjs';
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

/** A copy of the tree, with a process that breaks it and runs its tests. */
class Runner {
  #copy = mkdtempSync(join(tmpdir(), 'autodidact-mutate-'));
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process;

  constructor() {
    for (const name of COPIED) cpSync(join(ROOT, name), join(this.#copy, name), { recursive: true });
    for (const name of LINKED) symlinkSync(join(ROOT, name), join(this.#copy, name));
  }

  /** @param {Mutation} mutation @returns {Promise<'killed' | 'survived' | 'stale'>} */
  async attempt({ file, find, replace, tests }) {
    const path = join(this.#copy, 'src', file);
    const original = readFileSync(path, 'utf8');
    this.#process ??= await started(this.#copy);
    this.#process.send({ file, find, replace, tests });
    const answer = await heard(this.#process);
    if (answer !== undefined) return answer;
    // A change that makes a test wait for ever, or ends the process, is found.
    this.#process.kill('SIGKILL');
    this.#process = undefined;
    writeFileSync(path, original);
    return 'killed';
  }

  /** Whether these files pass as they are. @param {string[]} tests */
  passes(tests) {
    const vitest = join('node_modules', '.bin', 'vitest');
    /** @type {import('node:child_process').StdioOptions} */
    const stdio = ['ignore', 'ignore', 'inherit'];
    return spawnSync(process.execPath, [vitest, 'run', ...tests], { cwd: this.#copy, stdio }).status === 0;
  }

  close() {
    this.#process?.kill('SIGKILL');
    rmSync(this.#copy, { recursive: true, force: true });
  }
}

const LONGEST_MS = 5 * 60_000;

/** @param {string} copy */
async function started(copy) {
  const child = fork(join(ROOT, 'scripts', 'lib', 'mutation-runner.mjs'), [copy], { stdio: 'ignore' });
  await heard(child);
  return child;
}

/** The next answer of a process; undefined when it ends before, or takes too long. @param {import('node:child_process').ChildProcess} child */
async function heard(child) {
  const ended = new AbortController();
  const end = () => ended.abort();
  child.once('exit', end);
  try {
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(LONGEST_MS)]);
    const [answer] = await once(child, 'message', { signal });
    return answer;
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return undefined;
    throw error;
  } finally {
    child.off('exit', end);
  }
}

await main(async () => {
  const { values, positionals: words } = parsed();
  const all = await readMutations();
  const chosen = all.filter(
    ({ list, name, file }) => words.length === 0 || words.some((word) => `${list} ${name} ${file}`.includes(word)),
  );
  if (values.list) {
    for (const { list, name } of chosen) console.log(`${list}: ${name}`);
    return 0;
  }
  await setup(console.error);
  let wrong = 0;
  let killed = 0;
  let done = 0;
  const waiting = [...chosen];
  const runners = Array.from({ length: values.jobs }, () => new Runner());
  try {
    // A test file that fails without any change would kill everything.
    const guards = [...new Set(chosen.flatMap(({ tests }) => tests))];
    if (runners[0]?.passes(guards) !== true) {
      console.log('The tests fail without any change: mend them first.');
      return 1;
    }
    const work = async (/** @type {Runner} */ runner) => {
      for (let mutation = waiting.shift(); mutation !== undefined; mutation = waiting.shift()) {
        const outcome = await runner.attempt(mutation);
        const isExpected = outcome === (mutation.survives === undefined ? 'killed' : 'survived');
        if (!isExpected) wrong++;
        if (outcome === 'killed') killed++;
        const reason = mutation.survives === undefined ? '' : ` (expected: ${mutation.survives})`;
        console.log(`${++done}/${chosen.length} ${outcome.padEnd(8)} ${mutation.list}: ${mutation.name}${reason}`);
      }
    };
    await Promise.all(runners.map(work));
  } finally {
    for (const runner of runners) runner.close();
  }
  console.log(`${killed} of ${chosen.length} changes were found, ${wrong} were not as expected`);
  return wrong === 0 && chosen.length > 0 ? 0 : 1;
});

function parsed() {
  const options = /** @type {const} */ ({ list: { type: 'boolean' }, jobs: { type: 'string', default: '1' } });
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Problem(`--jobs: a whole number from 1, not "${values.jobs}"`);
  return { values: { ...values, jobs }, positionals };
}
