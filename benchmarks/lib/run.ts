/** What the trials share: children that are measured in turn, the machine's description, and the result files. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libtorchInfo } from '../../src/engine/libtorch.js';

const here = fileURLToPath(new URL('..', import.meta.url));

/** Runs a Python peer with the PyTorch whose libtorch we load, and reads the JSON that it prints. */
export function peer<Result>(script: string, config: object, further: NodeJS.ProcessEnv = {}): Result {
  // PyTorch's Python package lies around its libtorch: <site-packages>/torch.
  const site = dirname(libtorchInfo().folder);
  // The peer keeps its own defaults: our engine's setting of libgomp is not handed on.
  const { GOMP_SPINCOUNT: _, ...inherited } = process.env;
  const environment = { ...inherited, PYTHONPATH: site, ...further };
  return parse(
    execFileSync('python3', [`${here}peers/${script}`, JSON.stringify(config)], { env: environment, encoding: 'utf8' }),
  );
}

/** Runs one of our own scripts in a process of its own, so that both sides start cold and have their own memory. */
export function ours<Result>(script: string, config: object): Result {
  const file = `${here}ours/${script}`;
  return parse(execFileSync(process.execPath, ['--import', 'tsx', file, JSON.stringify(config)], { encoding: 'utf8' }));
}

function parse<Result>(output: string): Result {
  return JSON.parse(output.trim().split('\n').at(-1)!) as Result;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
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
}

export function printRows(rows: readonly Row[]): void {
  for (const { what, measured, target, isMet } of rows) {
    const verdict = target === undefined ? '' : `   target ${target}: ${isMet ? 'met' : 'MISSED'}`;
    process.stdout.write(`${what.padEnd(64)} ${measured.padStart(16)}${verdict}\n`);
  }
}

/** Prints the rows, keeps them in results/<trial>.json, and writes the tables of the README anew from all kept results. */
export function report(trial: string, title: string, rows: readonly Row[], raw: object): void {
  printRows(rows);
  mkdirSync(`${here}results`, { recursive: true });
  const result = { title, date: new Date().toISOString().slice(0, 10), machine: machine(), rows, raw };
  writeFileSync(`${here}results/${trial}.json`, `${JSON.stringify(result, null, 2)}\n`);
  writeTables();
}

const START = '<!-- tables: written by `npm run bench` -->';

function writeTables(): void {
  const files = readdirSync(`${here}results`)
    .filter((name) => name.endsWith('.json'))
    .sort();
  const tables = files.map((name) => {
    const { title, date, machine, rows } = JSON.parse(readFileSync(`${here}results/${name}`, 'utf8')) as Result;
    const hasReasons = rows.some(({ reason }) => reason !== undefined);
    const lines = rows.map(({ what, measured, target, isMet, reason = '' }) => {
      const verdict = target === undefined ? '' : `${target} (${isMet ? 'met' : 'missed'})`;
      return `| ${what} | ${measured} | ${verdict} |${hasReasons ? ` ${reason} |` : ''}`;
    });
    const [, trial, device] = name.match(/^(.*?)(?:-(cuda))?\.json$/)!;
    const command = `npm run bench ${trial}${device ? ` -- --device ${device}` : ''}`;
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
