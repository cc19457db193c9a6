import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from '../files.js';

/** What identifies a process for good: its number alone goes to another process once it has ended. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in a form that only compares for equality; null where the system does not say. */
  start: string | null;
  host: string;
}

/** What the system knows of a process that has not been reaped. */
export interface ProcessFacts {
  start: string;
  /** Milliseconds since 1970, to a second or so; null where the system does not say. */
  startMs: number | null;
  /** It has ended, and its parent has not asked for its exit code yet. */
  isZombie: boolean;
}

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, start: factsOf(process.pid)?.start ?? null, host: hostname() };
}

/** Whether the process still runs; `unknown` for one on another machine. A process of another user counts like any other. */
export function livenessOf({ pid, start, host }: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  if (host !== hostname()) return 'unknown';
  if (!hasProcess(pid)) return 'dead';
  const facts = factsOf(pid);
  if (facts === undefined) return 'alive';
  return facts.isZombie || (start !== null && start !== facts.start) ? 'dead' : 'alive';
}

/** Seconds are the unit of some start times, and clocks are corrected. */
const SLACK_MS = 2000;

/** Whether the process that has this number now can have written a file that was last changed at this time. */
export function canHaveWritten(pid: number, changedMs: number): boolean {
  if (!hasProcess(pid)) return false;
  const facts = factsOf(pid);
  if (facts === undefined) return true;
  if (facts.isZombie) return false;
  // A start in the future comes from a container whose clock of uptime is not the kernel's: it proves nothing.
  const { startMs } = facts;
  return startMs === null || startMs > Date.now() + SLACK_MS || startMs <= changedMs + SLACK_MS;
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The system refuses signals to the processes of other users, which are there all the same.
    return systemCode(error) === 'EPERM';
  }
}

/** Undefined where the system says nothing about the process. */
function factsOf(pid: number): ProcessFacts | undefined {
  return process.platform === 'linux' ? factsFromProc(pid) : factsFromPs(pid);
}

/** Ticks per second of the times in /proc, on every architecture that libtorch runs on. */
const TICKS = 100;

/** Reads /proc/<pid>/stat (man 5 proc). */
function factsFromProc(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0]!;
    // Field 22: the start in ticks after the boot. Together with the boot it is unique, whatever happens to the clock.
    const ticks = Number(fields[19]);
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return {
      start: `${boot} ${ticks}`,
      startMs: Date.now() - 1000 * (uptime - ticks / TICKS),
      isZombie: state === 'Z' || state === 'X',
    };
  } catch {
    return undefined;
  }
}

/** Asks `ps`, as macOS and the BSDs have it. */
export function factsFromPs(pid: number): ProcessFacts | undefined {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
  });
  // "Ss   Sun Nov 29 20:09:12 2026"
  const [, state, start] = /^(\S+)\s+(\S.*\S)\s*$/.exec(stdout ?? '') ?? [];
  if (status !== 0 || state === undefined || start === undefined) return undefined;
  const startMs = Date.parse(`${start} UTC`);
  return { start, startMs: Number.isNaN(startMs) ? null : startMs, isZombie: state.startsWith('Z') };
}
