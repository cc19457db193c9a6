/** Kills processes at random moments, lets others go on, and holds what comes out against what an undisturbed one gives. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Prng } from '../../../src/data/prng.js';
import type { Victim } from './victim.js';
import { makeVictims } from './victims.js';

export interface KillOptions {
  seed: number;
  /** Rounds; in each, every victim is killed one to three times. */
  rounds: number;
  /** Most kills of one piece of work. Default 3. */
  mostKills?: number;
  /** No round begins after this time, in milliseconds as `Date.now()` gives it. */
  deadline?: number;
  /** Takes the victims whose names it matches. */
  only?: string;
  /** An empty folder to work in. */
  folder: string;
  onFault?: (fault: KillFault) => void;
  onProgress?: (kills: number) => void;
}

export interface KillFault {
  victim: string;
  round: number;
  /** Moments of the kills, in milliseconds after each start. */
  momentsMs: number[];
  what: string;
}

export interface KillFigures {
  /** Pieces of work that were killed at least once and then finished. */
  works: number;
  /** Processes that were at work when they were killed. */
  kills: number;
  byVictim: Record<string, { works: number; kills: number }>;
  faults: KillFault[];
}

const USUAL_KILLS = 3;

export async function killProcesses(options: KillOptions): Promise<KillFigures> {
  const { seed, rounds, deadline = Number.POSITIVE_INFINITY, only = '', folder, onFault, onProgress } = options;
  const { mostKills = USUAL_KILLS } = options;
  const figures: KillFigures = { works: 0, kills: 0, byVictim: {}, faults: [] };
  const { victims: all, stop } = await makeVictims(join(folder, 'shared'));
  const victims = all.filter(({ name }) => new RegExp(only).test(name));
  const usual = new Map<Victim, Undisturbed>();
  try {
    for (let round = 0; round < rounds; round++)
      for (const [number, victim] of victims.entries()) {
        if (Date.now() >= deadline) return figures;
        const known = usual.get(victim) ?? (await undisturbed(victim, join(folder, `${victim.name}-usual`)));
        usual.set(victim, known);
        const workspace = join(folder, `${victim.name}-${round}`);
        const { kills, fault, momentsMs } = await disturbed(
          victim,
          workspace,
          known,
          new Prng(seed, round, number),
          mostKills,
        );
        figures.byVictim[victim.name] ??= { works: 0, kills: 0 };
        for (const part of [figures, figures.byVictim[victim.name]!]) {
          part.works++;
          part.kills += kills;
        }
        onProgress?.(figures.kills);
        if (fault === null) {
          rmSync(workspace, { recursive: true, force: true });
          continue;
        }
        const described = { victim: victim.name, round, momentsMs, what: fault };
        figures.faults.push(described);
        onFault?.(described);
      }
    return figures;
  } finally {
    stop();
  }
}

interface Undisturbed {
  durationMs: number;
  result: unknown;
}

async function undisturbed(victim: Victim, workspace: string): Promise<Undisturbed> {
  mkdirSync(workspace, { recursive: true });
  await victim.prepare(workspace);
  const began = Date.now();
  const { code, stderr } = await victim.start(workspace).ended;
  if (code !== 0) throw new Error(`${victim.name}, undisturbed, ended with ${code}: ${stderr}`);
  return { durationMs: Date.now() - began, result: JSON.parse(JSON.stringify(victim.result(workspace))) };
}

async function disturbed(
  victim: Victim,
  workspace: string,
  { durationMs, result }: Undisturbed,
  random: Prng,
  mostKills: number,
): Promise<{ kills: number; momentsMs: number[]; fault: string | null }> {
  rmSync(workspace, { recursive: true, force: true });
  mkdirSync(workspace, { recursive: true });
  await victim.prepare(workspace);
  const momentsMs = Array.from({ length: 1 + random.below(mostKills) }, () =>
    Math.round(durationMs * random.uniform()),
  );
  let kills = 0;
  for (const moment of momentsMs) {
    const { process, ended } = victim.start(workspace);
    const timer = setTimeout(() => process.kill('SIGKILL'), moment);
    const { code, signal, stderr } = await ended;
    clearTimeout(timer);
    if (signal === 'SIGKILL') kills++;
    else if (code !== 0) return { kills, momentsMs, fault: `it ended with ${code ?? signal}: ${stderr}` };
  }
  const { code, stderr } = await victim.start(workspace).ended;
  if (code !== 0) return { kills, momentsMs, fault: `in the end it ended with ${code}: ${stderr}` };
  return { kills, momentsMs, fault: judge(victim, workspace, result) };
}

function judge(victim: Victim, workspace: string, wanted: unknown): string | null {
  const given = JSON.parse(JSON.stringify(victim.result(workspace))) as unknown;
  if (!isDeepStrictEqual(given, wanted)) return `another result: ${differences(given, wanted)}`;
  const left = victim.leftovers(workspace);
  return left.length > 0 ? `left behind: ${left.join(', ')}` : null;
}

/** The parts of two results that differ. */
function differences(given: unknown, wanted: unknown): string {
  const parts = (value: unknown) => Object.entries((value ?? {}) as Record<string, unknown>);
  const other = new Map(parts(wanted));
  const names = parts(given).flatMap(([name, value]) => (isDeepStrictEqual(value, other.get(name)) ? [] : [name]));
  return names.join(', ') || 'of another form';
}
