/** Runs several processes on one run, one cache and one output; in every other round one of them is killed meanwhile. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Prng } from '../../../src/data/prng.js';
import type { Crowd, Member } from './crowd.js';
import { makeCrowds } from './crowds.js';

export interface CrowdOptions {
  seed: number;
  rounds: number;
  /** No crowd begins after this time, in milliseconds as `Date.now()` gives it. */
  deadline?: number;
  /** Takes the crowds whose names it matches. */
  only?: string;
  /** An empty folder to work in. */
  folder: string;
  onFault?: (fault: CrowdFault) => void;
  onProgress?: (crowds: number) => void;
}

export interface CrowdFault {
  crowd: string;
  round: number;
  what: string;
}

export interface CrowdFigures {
  crowds: number;
  processes: number;
  kills: number;
  byCrowd: Record<string, number>;
  faults: CrowdFault[];
}

const FEWEST = 3;
const MOST = 4;
/** Starts are spread over one of these times. */
const SPREADS_MS = [0, 50, 300];
/** A killed process is killed within this time after the start. */
const KILL_MS = 3000;

export async function crowdProcesses(options: CrowdOptions): Promise<CrowdFigures> {
  const { seed, rounds, deadline = Number.POSITIVE_INFINITY, only = '', folder, onFault, onProgress } = options;
  const figures: CrowdFigures = { crowds: 0, processes: 0, kills: 0, byCrowd: {}, faults: [] };
  const crowds = (await makeCrowds(join(folder, 'shared'))).filter(({ name }) => new RegExp(only).test(name));
  for (let round = 0; round < rounds; round++)
    for (const [number, crowd] of crowds.entries()) {
      if (Date.now() >= deadline) return figures;
      const workspace = join(folder, `${crowd.name}-${round}`.replaceAll(/\W+/g, '-'));
      const { processes, kills, fault } = await gather(
        crowd,
        workspace,
        new Prng(seed, round, number),
        round % 2 === 1,
      );
      figures.crowds++;
      figures.processes += processes;
      figures.kills += kills;
      figures.byCrowd[crowd.name] = (figures.byCrowd[crowd.name] ?? 0) + 1;
      onProgress?.(figures.crowds);
      if (fault === null) {
        rmSync(workspace, { recursive: true, force: true });
        continue;
      }
      const described = { crowd: crowd.name, round, what: fault };
      figures.faults.push(described);
      onFault?.(described);
    }
  return figures;
}

async function gather(
  crowd: Crowd,
  workspace: string,
  random: Prng,
  isOneKilled: boolean,
): Promise<{ processes: number; kills: number; fault: string | null }> {
  mkdirSync(workspace, { recursive: true });
  await crowd.prepare(workspace);
  const processes = FEWEST + random.below(MOST - FEWEST + 1);
  const spread = SPREADS_MS[random.below(SPREADS_MS.length)]!;
  const delays = Array.from({ length: processes }, () => spread * random.uniform());
  const [victim, moment] = [random.below(processes), KILL_MS * random.uniform()];
  const members = await Promise.all(
    delays.map(async (delay, index): Promise<Member> => {
      await new Promise((resolve) => setTimeout(resolve, delay));
      const started = crowd.start(workspace, index);
      const timer =
        isOneKilled && index === victim ? setTimeout(() => started.process.kill('SIGKILL'), moment) : undefined;
      const ended = await started.ended;
      clearTimeout(timer);
      return { ...ended, index };
    }),
  );
  const others = members.filter(({ signal }) => signal !== 'SIGKILL');
  return { processes, kills: processes - others.length, fault: await crowd.judge(workspace, others) };
}
