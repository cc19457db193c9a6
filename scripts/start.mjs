/** Sets up, then runs the demonstration: `npm start [-- options]`. */
import { join } from 'node:path';
import { main } from './lib/problem.mjs';
import { runHere } from './lib/process.mjs';
import { ROOT, setup } from './lib/setup.mjs';

await main(async () => {
  await setup(console.error); // stdout is the demonstration's own
  const command = [process.execPath, join(ROOT, 'dist', 'cli', 'main.js'), 'demo', ...process.argv.slice(2)];
  return runHere(command, { cwd: process.cwd() });
});
