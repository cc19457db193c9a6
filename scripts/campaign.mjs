/**
 * Sets up, then kills processes at random moments, runs several on one run, one cache and one output, and damages every file that is
 * read back:
 *
 *   npm run campaign                            half an hour of all three
 *   npm run campaign -- --minutes 120           longer
 *   npm run campaign -- --only damage           one kind: kills, crowds or damage
 *   npm run campaign -- --only damage --cases 100000 --minutes 600
 *   npm run campaign -- --subjects "image|npy"  those whose names have one of these words
 *   npm run campaign -- --seed 3 --case 1234    one damaged input of a seed again; its files stay
 *
 * Prints the seed and what is wrong, keeps the figures in benchmarks/results/campaign.json, and ends with 1 when anything was wrong.
 */
import { join } from 'node:path';
import { main } from './lib/problem.mjs';
import { runHere } from './lib/process.mjs';
import { ROOT, setup } from './lib/setup.mjs';

await main(async () => {
  await setup(console.error);
  const program = join('tests', 'campaign', 'main.ts');
  return runHere([process.execPath, '--import', 'tsx', program, ...process.argv.slice(2)], { cwd: ROOT });
});
