/**
 * Sets up, then runs the learning runs with their failing controls, minutes each: `npm run acid` for all of them,
 * `npm run acid <name> ...` for some, `npm run acid -- --list` for the names.
 */
import { join } from 'node:path';
import { listPrograms, pickPrograms, printPrograms } from './lib/pick.mjs';
import { main } from './lib/problem.mjs';
import { runHere } from './lib/process.mjs';
import { ROOT, setup } from './lib/setup.mjs';

await main(async () => {
  const names = process.argv.slice(2);
  const programs = listPrograms(join(ROOT, 'tests', 'acid'), '.acid.ts');
  if (names.includes('--list')) return printPrograms('acid test', programs);
  const chosen = await pickPrograms('acid test', programs, names);
  await setup(console.error);
  const vitest = join(ROOT, 'node_modules', '.bin', 'vitest');
  const files = chosen.map(({ name }) => `tests/acid/${name}.acid.ts`);
  return runHere([vitest, 'run', '--config', 'vitest.acid.config.ts', ...files], { cwd: ROOT });
});
