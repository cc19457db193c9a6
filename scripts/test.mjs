/**
 * Sets up, lints, checks the types and runs the tests: `npm test [-- vitest's arguments]`. Ends with the line
 * "N passed, N failed", and with a non-zero exit code when anything failed or no test ran.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countTests } from './lib/counts.mjs';
import { main } from './lib/problem.mjs';
import { runHere } from './lib/process.mjs';
import { ROOT, setup } from './lib/setup.mjs';

/** @param {string} name @param {string[]} options */
const run = (name, ...options) => runHere([join(ROOT, 'node_modules', '.bin', name), ...options], { cwd: ROOT });

await main(async () => {
  await setup();
  /** @type {string[]} */
  const broken = [];
  console.log('lint: running');
  if ((await run('biome', 'check', '.')) !== 0) broken.push('lint');
  console.log('types: checking');
  for (const project of ['tsconfig.json', 'scripts/tsconfig.json'])
    if ((await run('tsc', '--noEmit', '-p', project)) !== 0) broken.push(`types (${project})`);

  console.log('tests: running');
  const folder = mkdtempSync(join(tmpdir(), 'autodidact-test-'));
  const report = join(folder, 'report.json');
  try {
    const options = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await run('vitest', 'run', ...options, ...process.argv.slice(2));
    const counts = existsSync(report) ? countTests(readFileSync(report, 'utf8')) : { passed: 0, failed: 0, skipped: 0 };
    if (counts.skipped > 0) console.log(`${counts.skipped} skipped`);
    if (code !== 0 && counts.failed === 0) broken.push(`vitest (exit code ${code})`);
    if (broken.length > 0) console.log(`failed beside the tests: ${broken.join(', ')}`);
    console.log(`${counts.passed} passed, ${counts.failed} failed`);
    return broken.length > 0 || counts.failed > 0 || counts.passed === 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
