/** Runs cases of damage in a process of their own, and notices what ends it, what hangs it, and what takes much memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CaseResult } from './case.js';
import { OUTCOMES, type Outcome, RIGHT } from './outcomes.js';
import { Patience } from './patience.js';

export interface DamageOptions {
  seed: number;
  /** Number of cases, and of the first. */
  cases: number;
  first?: number;
  /** No case begins after this time, in milliseconds as `Date.now()` gives it. */
  deadline?: number;
  /** Takes the subjects whose names it matches. */
  only?: string;
  /** An empty folder to work in, on a fast disk. */
  folder: string;
  /** Called with every case that is not right. */
  onFault?: (fault: CaseResult) => void;
  onProgress?: (done: number) => void;
}

export interface SubjectFigures {
  cases: number;
  outcomes: Partial<Record<Outcome, number>>;
  slowestMs: number;
}

export interface DamageFigures {
  cases: number;
  outcomes: Record<Outcome, number>;
  subjects: Record<string, SubjectFigures>;
  faults: CaseResult[];
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Cases of one process: what grows from case to case would be seen. */
const CASES_PER_PROCESS = 4000;
/** No case takes a second. */
const PATIENCE_MS = 20_000;
/** A new process loads libtorch and trains a run. */
const START_MS = 60_000;
/** Kilobytes that may be taken, used or not; addresses that are only reserved do not count. */
const MOST_DATA_KB = 2 * 2 ** 20;
const HEAP_MB = 1024;

export async function damageFiles(options: DamageOptions): Promise<DamageFigures> {
  const { first = 0, cases, deadline = Number.POSITIVE_INFINITY, onFault, onProgress } = options;
  const figures: DamageFigures = {
    cases: 0,
    outcomes: Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>,
    subjects: {},
    faults: [],
  };
  const take = (result: CaseResult): void => {
    add(figures, result);
    if (!RIGHT.includes(result.outcome)) onFault?.(result);
    onProgress?.(figures.cases);
  };
  for (let next = first; next < first + cases && Date.now() < deadline; ) {
    const to = Math.min(first + cases, next + CASES_PER_PROCESS);
    const { done, fault } = await runPart(options, next, to, deadline, take);
    next += done;
    if (fault === null) continue;
    // Once more, alone and with more time: the machine may have been at fault.
    const again = await runPart(options, next, next + 1, Number.POSITIVE_INFINITY, take);
    if (again.fault !== null) take({ number: next, subject: 'unknown', damage: 'see the case', ms: 0, ...again.fault });
    next++;
  }
  return figures;
}

function add(figures: DamageFigures, result: CaseResult): void {
  const { subject, outcome, ms } = result;
  figures.cases++;
  figures.outcomes[outcome]++;
  figures.subjects[subject] ??= { cases: 0, outcomes: {}, slowestMs: 0 };
  const own = figures.subjects[subject];
  own.cases++;
  own.outcomes[outcome] = (own.outcomes[outcome] ?? 0) + 1;
  own.slowestMs = Math.max(own.slowestMs, ms);
  if (!RIGHT.includes(outcome)) figures.faults.push(result);
}

interface Part {
  /** Cases that were reported. */
  done: number;
  /** What became of the case after them, when it ended the process. */
  fault: Pick<CaseResult, 'outcome' | 'detail'> | null;
}

/** Runs cases in one process until they are done, the time is over, or the process ends. */
async function runPart(
  { seed, folder, only = '' }: DamageOptions,
  from: number,
  to: number,
  deadline: number,
  take: (result: CaseResult) => void,
): Promise<Part> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const child = start([String(seed), folder, only, String(from), String(to)]);
  let [stderr, done, isHanging, isOver] = ['', 0, false, false];
  child.stderr!.on('data', (chunk) => {
    stderr = `${stderr}${chunk}`.slice(-4000);
  });
  const patience = new Patience(child.pid!, () => {
    isHanging = true;
    child.kill('SIGKILL');
  });
  patience.restart(START_MS);
  createInterface({ input: child.stdout! }).on('line', (line) => {
    // What is still in the pipe after the end of the time has not been asked for.
    if (isOver) return;
    patience.restart(PATIENCE_MS);
    done++;
    take(JSON.parse(line) as CaseResult);
    isOver = Date.now() >= deadline;
    if (isOver) child.kill('SIGKILL');
  });
  const { code, signal } = await ended(child);
  patience.stop();
  if (isOver || done === to - from || code === 0) return { done, fault: null };
  return { done, fault: isHanging ? hang(done) : crash(code, signal, stderr) };
}

function start(words: readonly string[]): ChildProcess {
  const command = [process.execPath, `--max-old-space-size=${HEAP_MB}`, '--import', 'tsx', WORKER, ...words];
  const limited = process.platform === 'linux' ? `ulimit -d ${MOST_DATA_KB}; exec "$@"` : 'exec "$@"';
  return spawn('sh', ['-c', limited, 'sh', ...command], {
    cwd: ROOT,
    env: { ...process.env, AUTODIDACT_THREADS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
}

function hang(done: number): Part['fault'] {
  return { outcome: 'hang', detail: `no answer in ${(done === 0 ? START_MS : PATIENCE_MS) / 1000} s` };
}

function crash(code: number | null, signal: string | null, stderr: string): Part['fault'] {
  const isMemory = /heap out of memory|Allocation failed|bad_alloc|ENOMEM|Cannot allocate/.test(stderr);
  const detail = `the process ended with ${signal ?? `code ${code}`}: ${stderr.trim()}`;
  return { outcome: isMemory ? 'memory' : 'crash', detail };
}
