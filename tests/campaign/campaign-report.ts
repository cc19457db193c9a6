import { keptResult, type Row, report } from '../../benchmarks/lib/run.js';
import type { CrowdFigures } from './crowds/campaign.js';
import type { DamageFigures } from './damage/campaign.js';
import type { Outcome } from './damage/outcomes.js';
import type { KillFigures } from './kills/campaign.js';

/** What a campaign has found, by kind; a kind that was left out keeps its figures from the campaign before. */
export interface CampaignFigures {
  kills?: KillFigures;
  crowds?: CrowdFigures;
  damage?: DamageFigures;
}

interface Kept {
  kills?: KillFigures & { seed: number };
  crowds?: CrowdFigures & { seed: number };
  damage?: DamageFigures & { seed: number };
}

const TITLE = 'Campaign: kills, several processes, damaged files';
/** Most faults that are kept with the figures. */
const MOST_FAULTS = 20;

const count = (value: number): string => value.toLocaleString('en');
const none = (what: string, found: number): Row => ({
  what,
  measured: count(found),
  target: 'none',
  isMet: found === 0,
});

const OUTCOMES: readonly [Outcome, string][] = [
  ['equal', 'damaged inputs that gave the same as intact ones'],
  ['refused', 'damaged inputs refused with an error of ours'],
  ['left out', 'damaged inputs left out, or an older file used, with a reason'],
  ['plausible', 'damaged inputs of unguarded formats read as other content of the right form'],
];
const FAULTS: readonly [Outcome, string][] = [
  ['foreign', 'errors that are not ours'],
  ['hang', 'hangs'],
  ['memory', 'exhausted memories'],
  ['crash', 'ended processes'],
  ['wrong', 'other content without a word'],
];

function rowsOf({ kills, crowds, damage }: Kept): Row[] {
  const rows: Row[] = [];
  if (kills) {
    for (const [name, own] of Object.entries(kills.byVictim))
      rows.push({ what: `kills of ${name} at work`, measured: count(own.kills) });
    rows.push(none('killed work that did not come out equal', kills.faults.length));
  }
  if (crowds) {
    rows.push({ what: 'processes in crowds on one run, output, cache or file', measured: count(crowds.processes) });
    rows.push(none('crowds that left something wrong', crowds.faults.length));
  }
  if (damage) {
    rows.push({ what: 'damaged inputs', measured: count(damage.cases) });
    for (const [outcome, what] of OUTCOMES) rows.push({ what, measured: count(damage.outcomes[outcome]) });
    for (const [outcome, what] of FAULTS) rows.push(none(`damaged inputs: ${what}`, damage.outcomes[outcome]));
  }
  return rows;
}

/** Prints the figures and keeps them in benchmarks/results/campaign.json and the README beside it. */
export function keepCampaign(seed: number, figures: CampaignFigures): void {
  const named = Object.entries(figures).map(([kind, value]) => [
    kind,
    { seed, ...value, faults: value.faults.slice(0, MOST_FAULTS) },
  ]);
  const all = { ...(keptResult('campaign')?.raw as Kept | undefined), ...Object.fromEntries(named) } as Kept;
  report('campaign', TITLE, rowsOf(all), all, 'npm run campaign');
}
