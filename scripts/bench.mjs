/** Sets up, then runs one benchmark: `npm run bench <name> [-- options]`; without a name it lists them. */
import { join } from 'node:path';
import { listPrograms, pickPrograms, printPrograms } from './lib/pick.mjs';
import { main } from './lib/problem.mjs';
import { runHere } from './lib/process.mjs';
import { ROOT, setup } from './lib/setup.mjs';

await main(async () => {
  const [name, ...options] = process.argv.slice(2);
  const programs = listPrograms(join(ROOT, 'benchmarks'), '.ts');
  if (name === undefined || name === '--list') return printPrograms('benchmark', programs);
  const [chosen] = await pickPrograms('benchmark', programs, [name]);
  await setup(console.error);
  const command = [process.execPath, '--import', 'tsx', join('benchmarks', `${chosen?.name}.ts`), ...options];
  return runHere(command, { cwd: ROOT });
});
