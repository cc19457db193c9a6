/** What the trials share: children that are measured in turn, the machine's description, and the result files. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { libtorchInfo } from '../../src/engine/libtorch.js';

const here = fileURLToPath(new URL('..', import.meta.url));

/** A program to be measured. */
export interface Side {
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
}

/** A Python peer, with the PyTorch whose libtorch we load. */
export function peerSide(script: string, config: object, further: NodeJS.ProcessEnv = {}): Side {
  // PyTorch's Python package lies around its libtorch: <site-packages>/torch.
  const site = dirname(libtorchInfo().folder);
  // The peer keeps its own defaults: our engine's setting of libgomp is not handed on.
  const { GOMP_SPINCOUNT: _, ...inherited } = process.env;
  const env = { ...inherited, PYTHONPATH: site, ...further };
  return { command: 'python3', args: [`${here}peers/${script}`, JSON.stringify(config)], env };
}

/** One of our own scripts, in a process of its own, so that both sides start cold and have their own memory. */
export function ourSide(script: string, config: object): Side {
  const args = ['--import', 'tsx', `${here}ours/${script}`, JSON.stringify(config)];
  return { command: process.execPath, args, env: process.env };
}

/** Runs one of our own scripts and reads the JSON that it prints last. */
export function ours<Result>(script: string, config: object): Result {
  return runSide(ourSide(script, config));
}

export function runSide<Result>({ command, args, env }: Side): Result {
  return parse(execFileSync(command, args, { env, encoding: 'utf8' }));
}

/**
 * Lets programs step in turn, so that all meet the machine in the same state, whose speed drifts by some per cent within
 * minutes. A program waits for a line of input, or for its end, before each step and prints the step's seconds as a line. What it
 * prints after its last step is its result in JSON, where it has one.
 *
 * @returns the seconds of the timed steps and the result of each program, in their order
 */
export async function stepInTurn<Result = null>(
  sides: readonly Side[],
  { warmup, steps }: { warmup: number; steps: number },
): Promise<{ seconds: number[]; result: Result }[]> {
  const running = sides.map(({ command, args, env }) => {
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator](), ended: once(child, 'exit') };
  });
  try {
    const seconds = running.map((): number[] => []);
    for (let step = 0; step < warmup + steps; step++)
      for (const [i, { child, lines }] of running.entries()) {
        child.stdin.write('\n');
        const { value, done } = await lines.next();
        if (done) throw new Error(`${sides[i]!.args.join(' ')} ended before its step ${step + 1}`);
        if (step >= warmup) seconds[i]!.push(Number(value));
      }
    for (const { child } of running) child.stdin.end();
    return await Promise.all(
      running.map(async ({ lines }, i) => {
        const { value, done } = await lines.next();
        return { seconds: seconds[i]!, result: done ? null : JSON.parse(value) };
      }),
    );
  } catch (error) {
    for (const { child } of running) child.kill();
    throw error;
  } finally {
    await Promise.all(running.map(({ ended }) => ended));
  }
}

function parse<Result>(output: string): Result {
  return JSON.parse(output.trim().split('\n').at(-1)!) as Result;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Bounds between which the median of such values lies with at least 95 %: two of the values, by the binomial distribution; null for
 * too few of them.
 */
export function medianInterval(values: readonly number[]): readonly [number, number] | null {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  // Of `count` values, fewer than k lie below the median with the probability `below`.
  let [k, chance, below] = [0, 0.5 ** count, 0];
  while (below + chance <= 0.025) {
    below += chance;
    chance *= (count - k) / (k + 1);
    k++;
  }
  return k === 0 ? null : [sorted[k - 1]!, sorted[count - k]!];
}

export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  return `${cpus().length} cores of ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}, libtorch ${libtorchInfo().version}`;
}

export interface Row {
  what: string;
  measured: string;
  /** What we hold ourselves to, and whether the measured figure keeps it; left out where a figure is only told. */
  target?: string;
  isMet?: boolean;
  /** Why the figure misses the target, where that is known and accepted. */
  reason?: string;
}

interface Result {
  title: string;
  date: string;
  machine: string;
  rows: readonly Row[];
  /** What was typed, where it is not `npm run bench <trial>`. */
  command?: string;
}

interface Kept extends Result {
  raw: Record<string, unknown>;
}

export function printRows(rows: readonly Row[]): void {
  for (const { what, measured, target, isMet } of rows) {
    const verdict = target === undefined ? '' : `   target ${target}: ${isMet ? 'met' : 'MISSED'}`;
    process.stdout.write(`${what.padEnd(64)} ${measured.padStart(16)}${verdict}\n`);
  }
}

/** What an earlier run of a trial kept, null when there was none or it ran on another machine. */
export function keptResult(trial: string): Kept | null {
  const file = `${here}results/${trial}.json`;
  const kept: Kept | null = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
  return kept?.machine === machine() ? kept : null;
}

/** Prints the rows, keeps them in results/<trial>.json, and writes the tables of the README anew from all kept results. */
export function report(trial: string, title: string, rows: readonly Row[], raw: object, command?: string): void {
  printRows(rows);
  mkdirSync(`${here}results`, { recursive: true });
  const date = new Date().toISOString().slice(0, 10);
  const result = { title, date, machine: machine(), ...(command && { command }), rows, raw };
  writeFileSync(`${here}results/${trial}.json`, `${JSON.stringify(result, null, 2)}\n`);
  writeTables();
}

const START = '<!-- tables: written by `npm run bench` -->';

function writeTables(): void {
  const files = readdirSync(`${here}results`)
    .filter((name) => name.endsWith('.json'))
    .sort();
  const tables = files.map((name) => {
    const { title, date, machine, rows, ...kept } = JSON.parse(
      readFileSync(`${here}results/${name}`, 'utf8'),
    ) as Result;
    const hasReasons = rows.some(({ reason }) => reason !== undefined);
    const lines = rows.map(({ what, measured, target, isMet, reason = '' }) => {
      const verdict = target === undefined ? '' : `${target} (${isMet ? 'met' : 'missed'})`;
      return `| ${what} | ${measured} | ${verdict} |${hasReasons ? ` ${reason} |` : ''}`;
    });
    const [, trial, device] = name.match(/^(.*?)(?:-(cuda))?\.json$/)!;
    const command = kept.command ?? `npm run bench ${trial}${device ? ` -- --device ${device}` : ''}`;
    return [
      `### ${title}`,
      `\`${command}\`, ${date}, ${machine}`,
      [
        `| | measured | target |${hasReasons ? ' why |' : ''}`,
        `|---|---:|---|${hasReasons ? '---|' : ''}`,
        ...lines,
      ].join('\n'),
    ].join('\n\n');
  });
  const file = `${here}README.md`;
  const [head] = readFileSync(file, 'utf8').split(START);
  writeFileSync(file, `${head}${START}\n\n${tables.join('\n\n')}\n`);
}
