/**
 * Sets up, then runs the learning runs with their failing controls: `npm run acid <name> ...` for some, `npm run acid all` for all
 * of them (a night), `npm run acid -- --list` for the names. Each runs with several seeds (`--seeds`, default 3), with one thread
 * and with two, and with the instructions of a processor without AVX-512; a claim holds when its margin is positive in every run
 * and the mean margin is more than the spread of the seeds explains. `--continue` keeps the runs of an earlier night whose files have
 * not changed since. `--jobs 2` runs two at a time.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { judge, SETTINGS, sourceOf, tableOf } from './lib/acid.mjs';
import { listPrograms, pickPrograms, printPrograms } from './lib/pick.mjs';
import { main, Problem } from './lib/problem.mjs';
import { runHere } from './lib/process.mjs';
import { ROOT, setup } from './lib/setup.mjs';

const RESULTS = join(ROOT, 'benchmarks', 'results', 'acid');

await main(async () => {
  const { values, positionals } = parsed();
  const programs = listPrograms(join(ROOT, 'tests', 'acid'), '.acid.ts');
  if (values.list) return printPrograms('acid test', programs);
  const [seeds, jobs] = [counted('seeds', values.seeds), counted('jobs', values.jobs)];
  const names = positionals.filter((name) => name !== 'all');
  const chosen = await pickPrograms('acid test', programs, names);
  await setup(console.error);
  mkdirSync(RESULTS, { recursive: true });
  const results = chosen.map(({ name }) => begun(name, values.continue));
  // All files with the first seed, then all with the next: a night that is cut short has looked at every file.
  const waiting = Array.from({ length: seeds }, (_, seed) => results.map((result) => ({ result, seed })))
    .flat()
    .filter(({ result, seed }) => !result.runs.some((run) => run.seed === seed));
  /** @type {string[]} */
  const broken = [];
  let isStopped = false;
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined && !isStopped; next = waiting.shift()) {
      const end = await measure(next.result, next.seed, jobs);
      if (end === 'stopped') isStopped = true;
      if (end === 'broken') broken.push(`${next.result.name}, seed ${next.seed}`);
      if (end === 'measured') console.log(tableOf([next.result]));
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  if (isStopped) return 130;
  if (results.length > 1) console.log(`\n${tableOf(results)}`);
  for (const name of broken) console.error(`${name}: the learning run did not come to its end`);
  return broken.length === 0 && results.every(holds) ? 0 : 1;
});

/** Whether something is claimed, and all of it holds. @param {import('./lib/acid.d.mts').Result} result */
function holds(result) {
  const judged = judge(result);
  return judged.length > 0 && judged.every((claim) => claim.holds);
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        list: { type: 'boolean', default: false },
        seeds: { type: 'string', default: '3' },
        jobs: { type: 'string', default: '1' },
        continue: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Problem(/** @type {Error} */ (error).message, { exitCode: 2 });
  }
}

/** @param {string} flag @param {string} given */
function counted(flag, given) {
  const count = Number(given);
  if (!Number.isInteger(count) || count < 1) throw new Problem(`--${flag} takes a number from 1, received ${given}`);
  return count;
}

/** Where the results of a file are kept. @param {string} name */
function fileOf(name) {
  return join(RESULTS, `${name}.json`);
}

/**
 * A result without runs, or with those that count of an earlier night.
 *
 * @param {string} name @param {boolean} goesOn
 * @returns {import('./lib/acid.d.mts').Result}
 */
function begun(name, goesOn) {
  /** @type {import('./lib/acid.d.mts').Run[]} */
  const earlier = goesOn && existsSync(fileOf(name)) ? (JSON.parse(readFileSync(fileOf(name), 'utf8')).runs ?? []) : [];
  return {
    name,
    runs: earlier.filter(({ claims, source }) => claims.length > 0 && source === sourceOf(name)),
  };
}

/**
 * One run of one file; the result is written after it.
 *
 * @param {import('./lib/acid.d.mts').Result} result @param {number} seed @param {number} jobs
 * @returns {Promise<'measured' | 'broken' | 'stopped'>}
 */
async function measure(result, seed, jobs) {
  const { name } = result;
  const setting = /** @type {typeof SETTINGS[number]} */ (SETTINGS[seed % SETTINGS.length]);
  console.log(`\n${name}, seed ${seed}, ${setting.words}`);
  const record = join(tmpdir(), `autodidact-acid-${process.pid}-${name}-${seed}.json`);
  const source = sourceOf(name);
  const started = performance.now();
  const vitest = join(ROOT, 'node_modules', '.bin', 'vitest');
  const code = await runHere([vitest, 'run', '--config', 'vitest.acid.config.ts', `tests/acid/${name}.acid.ts`], {
    cwd: ROOT,
    env: {
      ...process.env,
      ...setting.environment,
      // Threads that spin while they wait take the core from the run beside them.
      ...(jobs > 1 ? { GOMP_SPINCOUNT: '0' } : {}),
      AUTODIDACT_ACID_SEED: String(seed),
      AUTODIDACT_ACID_RECORD: record,
    },
  });
  if (code === 130 || code === 143) return 'stopped';
  if (code !== 0 || !existsSync(record)) return 'broken';
  const { figures, claims } = JSON.parse(readFileSync(record, 'utf8'));
  rmSync(record);
  const seconds = Math.round((performance.now() - started) / 1000);
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} cores of ${cpus()[0]?.model.trim()}`;
  result.runs.push({ seed, setting: setting.words, date, machine, source, seconds, figures, claims });
  result.runs.sort((one, other) => one.seed - other.seed);
  writeFileSync(fileOf(name), `${JSON.stringify(result, null, 2)}\n`);
  return 'measured';
}
