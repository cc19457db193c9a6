import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { RunEvent } from '../../src/train/run-events.js';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  process: ChildProcess;
  ended: Promise<Ended>;
}

/** The command line in a folder of its own, with a cache of its own. */
export class Cli {
  constructor(
    readonly folder: string,
    private readonly main = MAIN,
  ) {}

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  start(words: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
    if (!existsSync(this.main)) throw new Error(`${this.main} is missing: run \`npm run build\` first`);
    const child = spawn(process.execPath, [this.main, ...words], {
      cwd: this.folder,
      env: { ...process.env, AUTODIDACT_CACHE: this.path('cache'), AUTODIDACT_THREADS: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
    return { process: child, ended };
  }

  run(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.start(words, env).ended;
  }

  /** Runs a command that succeeds and returns the one JSON value that it printed. */
  async json<T>(...words: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run([...words, '--json']);
    if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** Runs a command that fails, and returns its exit code, its error, and whether stderr ends with exactly that error. */
  async failure(...words: string[]): Promise<{ exit: number | null; code: string; message: string }> {
    const { code: exit, stdout, stderr } = await this.run([...words, '--json']);
    if (stdout !== '') throw new Error(`${words.join(' ')} wrote to stdout: ${stdout}`);
    const { error } = JSON.parse(stderr.trim().split('\n').at(-1)!) as { error: { code: string; message: string } };
    return { exit, ...error };
  }

  /** Paths of all files below a folder that a write left unfinished. */
  leftovers(folder = '.'): string[] {
    const root = this.path(folder);
    if (!existsSync(root)) return [];
    return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /partial|\.tmp/.test(name));
  }

  events(run: string): RunEvent[] {
    const file = this.path(run, 'events.jsonl');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n');
    // The last line may be half written at this moment.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as RunEvent);
  }

  /** Losses by step, as written. */
  losses(run: string): [step: number, loss: number][] {
    return this.events(run).flatMap((event) => (event.type === 'step' ? [[event.step, event.loss] as const] : [])) as [
      number,
      number,
    ][];
  }

  /** Waits until a run has done a step; false when it ended before. */
  async reached(started: Started, run: string, step: number): Promise<boolean> {
    let isOver = false;
    void started.ended.then(() => {
      isOver = true;
    });
    while (!isOver) {
      if (this.losses(run).some(([done]) => done >= step)) return true;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return false;
  }
}

/** Writes 40 images of 16 x 16: 20 dark ones with fine stripes, 20 light ones with a gradient. */
export async function writePhotos(folder: string): Promise<void> {
  for (const [name, isDark] of [
    ['dark', true],
    ['light', false],
  ] as const) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < 20; i++) {
      const pixels = Buffer.from(
        Array.from({ length: 16 * 16 * 3 }, (_, at) => {
          const [x, y, c] = [Math.floor(at / 3) % 16, Math.floor(at / 48), at % 3];
          return isDark ? ((x * (i + 1)) % 5) * 12 + c * 6 + y : 150 + x * 2 + y * 3 + ((i * 7 + c * 11) % 25);
        }),
      );
      await sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } })
        .png()
        .toFile(join(folder, name, `${i}.png`));
    }
  }
}
