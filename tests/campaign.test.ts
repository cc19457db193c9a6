/** The short form of `npm run campaign`: some kills, crowds and damages, the same ones each time. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { crowdProcesses } from './campaign/crowds/campaign.js';
import { damageFiles } from './campaign/damage/campaign.js';
import { subjects } from './campaign/damage/subjects/index.js';
import { killProcesses } from './campaign/kills/campaign.js';
import { makeWorkFolder } from './campaign/work-place.js';

const folder = makeWorkFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const SEED = 1;
const MINUTES_MS = 60_000;

it(
  'reads every kind of damaged file, and gives the same, an error of ours, or content of the right form',
  async () => {
    const {
      cases,
      outcomes,
      subjects: seen,
      faults,
    } = await damageFiles({
      ...{ seed: SEED, cases: 1200, folder: join(folder, 'damage') },
    });
    expect(faults).toEqual([]);
    expect(cases).toBe(1200);
    expect(Object.keys(seen).sort()).toEqual(subjects.map(({ name }) => name).sort());
    for (const outcome of ['equal', 'plausible', 'refused', 'left out'] as const)
      expect(outcomes[outcome], outcome).toBeGreaterThan(50);
  },
  10 * MINUTES_MS,
);

it(
  'goes on after kills of pretraining, packing, evaluation, fetching and set-up, to what nobody disturbed',
  async () => {
    const { works, faults } = await killProcesses({
      ...{ seed: SEED, rounds: 1, mostKills: 1, folder: join(folder, 'kills') },
    });
    expect(faults).toEqual([]);
    expect(works).toBe(5);
  },
  10 * MINUTES_MS,
);

it(
  'lets several processes have one output, one cache and one evaluation file',
  async () => {
    const { crowds, faults } = await crowdProcesses({
      ...{ seed: SEED, rounds: 1, only: 'one (output|cache|evaluation)', folder: join(folder, 'crowds') },
    });
    expect(faults).toEqual([]);
    expect(crowds).toBe(3);
  },
  10 * MINUTES_MS,
);
