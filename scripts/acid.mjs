/**
 * Sets up, then runs the learning runs with their failing controls: `npm run acid <name> ...` for some, `npm run acid all` for all
 * of them (a night), `npm run acid -- --list` for the names. Each runs with several seeds (`--seeds`, default 3), with one thread
 * and with two, and with the instructions of a processor without AVX-512; a claim holds when its margin is positive in every run
 * and the mean margin is more than the spread of the seeds explains. `--continue` keeps the runs that an earlier night has left.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { judge, SETTINGS, tableOf } from './lib/acid.mjs';
import { listPrograms, pickPrograms, printPrograms } from './lib/pick.mjs';
import { main, Problem } from './lib/problem.mjs';
import { runHere } from './lib/process.mjs';
import { ROOT, setup } from './lib/setup.mjs';

const RESULTS = join(ROOT, 'benchmarks', 'results', 'acid');

await main(async () => {
  const { values, positionals } = parsed();
  const programs = listPrograms(join(ROOT, 'tests', 'acid'), '.acid.ts');
  if (values.list) return printPrograms('acid test', programs);
  const seeds = Number(values.seeds);
  if (!Number.isInteger(seeds) || seeds < 1)
    throw new Problem(`--seeds takes a number from 1, received ${values.seeds}`);
  const names = positionals.filter((name) => name !== 'all');
  const chosen = await pickPrograms('acid test', programs, names);
  await setup(console.error);
  mkdirSync(RESULTS, { recursive: true });
  /** @type {import('./lib/acid.d.mts').Result[]} */
  const results = [];
  for (const { name } of chosen) {
    const result = await measure(name, seeds, values.continue);
    if (result === undefined) return 130;
    results.push(result);
    console.log(tableOf([result]));
  }
  if (results.length > 1) console.log(`\n${tableOf(results)}`);
  return results.every((result) => judge(result).every(({ holds }) => holds)) ? 0 : 1;
});

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        list: { type: 'boolean', default: false },
        seeds: { type: 'string', default: '3' },
        continue: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Problem(/** @type {Error} */ (error).message, { exitCode: 2 });
  }
}

/**
 * All runs of one file; the result is written after each of them.
 *
 * @param {string} name @param {number} seeds @param {boolean} goesOn
 * @returns {Promise<import('./lib/acid.d.mts').Result | undefined>} undefined when it was stopped
 */
async function measure(name, seeds, goesOn) {
  const file = join(RESULTS, `${name}.json`);
  /** @type {import('./lib/acid.d.mts').Result} */
  const result = {
    ...{ name, date: new Date().toISOString().slice(0, 10) },
    machine: `${cpus().length} cores of ${cpus()[0]?.model.trim()}`,
    runs: goesOn && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).runs ?? []) : [],
  };
  for (let seed = 0; seed < seeds; seed++) {
    if (result.runs.some((run) => run.seed === seed)) continue;
    const setting = /** @type {typeof SETTINGS[number]} */ (SETTINGS[seed % SETTINGS.length]);
    console.log(`\n${name}, seed ${seed}, ${setting.words}`);
    const record = join(tmpdir(), `autodidact-acid-${process.pid}.json`);
    const started = performance.now();
    const vitest = join(ROOT, 'node_modules', '.bin', 'vitest');
    const code = await runHere([vitest, 'run', '--config', 'vitest.acid.config.ts', `tests/acid/${name}.acid.ts`], {
      cwd: ROOT,
      env: {
        ...process.env,
        ...setting.environment,
        AUTODIDACT_ACID_SEED: String(seed),
        AUTODIDACT_ACID_RECORD: record,
      },
    });
    if (code === 130 || code === 143) return undefined;
    if (code !== 0 || !existsSync(record)) throw new Problem(`the learning run of ${name} did not come to its end`);
    const { figures, claims } = JSON.parse(readFileSync(record, 'utf8'));
    rmSync(record);
    const seconds = Math.round((performance.now() - started) / 1000);
    result.runs.push({ seed, setting: setting.words, seconds, figures, claims });
    writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  }
  return result;
}
