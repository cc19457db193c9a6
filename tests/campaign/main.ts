/**
 * The campaign, started by `npm run campaign`: kills processes, lets several want the same, damages every file that is read back.
 * Prints what is wrong as it comes, keeps the figures, and ends with 1 when anything was.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keepCampaign } from './campaign-report.js';
import { crowdProcesses } from './crowds/campaign.js';
import { damageFiles } from './damage/campaign.js';
import { Cases } from './damage/case.js';
import { killProcesses } from './kills/campaign.js';
import { makeWorkFolder } from './work-place.js';

const KINDS = ['kills', 'crowds', 'damage'] as const;
type Kind = (typeof KINDS)[number];

/** Parts of the whole time, when all kinds are run. */
const SHARES: Readonly<Record<Kind, number>> = { kills: 0.25, crowds: 0.25, damage: 0.5 };
const USUAL_MINUTES = '30';
const ENDLESS = 1_000_000_000;

const { values: given } = parseArgs({
  options: {
    minutes: { type: 'string', default: USUAL_MINUTES },
    seed: { type: 'string' },
    only: { type: 'string' },
    subjects: { type: 'string', default: '' },
    cases: { type: 'string', default: String(ENDLESS) },
    case: { type: 'string' },
  },
});

function numberOf(name: 'minutes' | 'seed' | 'cases' | 'case', text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new Error(`Expected a number for --${name}, received ${text}`);
}

const seed = given.seed === undefined ? Math.floor(Date.now() / 1000) : numberOf('seed', given.seed);
const only = given.subjects;

/** Runs one case of damage and keeps its files, to look into it. */
async function runCase(number: number): Promise<void> {
  const folder = makeWorkFolder();
  const result = await new Cases(seed, folder, new RegExp(only)).run(number, true);
  console.log(JSON.stringify(result, null, 2));
  console.log(`The files are in ${join(folder, String(number))}`);
}

/** Says from time to time how far the work is. */
function counter(noun: string): (done: number) => void {
  let last = Date.now();
  return (done) => {
    if (Date.now() - last < 30_000) return;
    last = Date.now();
    console.log(`${done.toLocaleString('en')} ${noun}`);
  };
}

async function run(kind: Kind, minutes: number, folder: string) {
  const deadline = Date.now() + 60_000 * minutes;
  const common = { seed, deadline, only, folder: join(folder, kind) };
  console.log(`${kind}: up to ${minutes} min`);
  switch (kind) {
    case 'kills': {
      const onFault = ({
        victim,
        round,
        momentsMs,
        what,
      }: {
        victim: string;
        round: number;
        momentsMs: number[];
        what: string;
      }) => console.log(`WRONG ${victim}, round ${round}, killed after ${momentsMs.join(', ')} ms: ${what}`);
      return { kills: await killProcesses({ ...common, rounds: ENDLESS, onFault, onProgress: counter('kills') }) };
    }
    case 'crowds': {
      const onFault = ({ crowd, round, what }: { crowd: string; round: number; what: string }) =>
        console.log(`WRONG ${crowd}, round ${round}: ${what}`);
      return { crowds: await crowdProcesses({ ...common, rounds: ENDLESS, onFault, onProgress: counter('crowds') }) };
    }
    case 'damage':
      return {
        damage: await damageFiles({
          ...common,
          cases: numberOf('cases', given.cases),
          onFault: ({ number, subject, damage, outcome, detail }) =>
            console.log(`WRONG case ${number}, ${subject} (${damage}): ${outcome}: ${detail}`),
          onProgress: counter('damaged inputs'),
        }),
      };
  }
}

async function main(): Promise<void> {
  if (given.case !== undefined) return runCase(numberOf('case', given.case));
  const kinds = KINDS.filter((kind) => given.only === undefined || given.only === kind);
  if (kinds.length === 0) throw new Error(`Expected one of ${KINDS.join(', ')} for --only, received ${given.only}`);
  const minutes = numberOf('minutes', given.minutes);
  console.log(`seed ${seed}`);
  const whole = kinds.reduce((sum, kind) => sum + SHARES[kind], 0);
  const folder = makeWorkFolder();
  let wrong = 0;
  try {
    for (const kind of kinds) {
      const figures = await run(kind, (minutes * SHARES[kind]) / whole, folder);
      keepCampaign(seed, figures);
      wrong += Object.values(figures).reduce((sum, { faults }) => sum + faults.length, 0);
    }
  } finally {
    // What was wrong with a kill or a crowd can be looked at.
    if (wrong === 0) rmSync(folder, { recursive: true, force: true });
    else console.log(`What the work left is in ${folder}`);
  }
  if (wrong > 0) process.exitCode = 1;
}

await main();
