/**
 * Runs cases in a process that may be ended by them: `worker.ts <seed> <folder> <subjects> <case> <case to stop before>`. Prints one
 * JSON line per case, and ends early after a case that took much memory, so that the next one is measured from the start.
 */
import { Cases } from './case.js';

/** Kilobytes by which the peak of the resident memory may rise within one case. */
const MOST_KB = 400_000;
/** Cases to warm up: libraries are loaded, a run is trained. */
const WARM_UP = 3;

const [seed, folder, only, from, to] = process.argv.slice(2) as [string, string, string, string, string];
const cases = new Cases(Number(seed), folder, new RegExp(only));
const peakKb = () => process.resourceUsage().maxRSS;

for (let number = Number(from), done = 0; number < Number(to); number++, done++) {
  const before = peakKb();
  const result = await cases.run(number);
  const risenKb = peakKb() - before;
  const isMuch = risenKb > MOST_KB && done >= WARM_UP;
  const shown = isMuch
    ? { ...result, outcome: 'memory', detail: `${Math.round(risenKb / 1000)} MB; ${result.outcome}: ${result.detail}` }
    : result;
  process.stdout.write(`${JSON.stringify(shown)}\n`);
  if (isMuch) process.exit(0);
}
// Threads of libvips may still wait for something that a damaged file promised.
process.exit(0);
