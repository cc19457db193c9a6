import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process of node that runs a module, and talks with the test line by line. */
export class Child {
  readonly process: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  stderr = '';
  private readonly lines: string[] = [];
  private wake: () => void = () => {};
  private isOver = false;

  /** @param code a module in TypeScript without types; it may import sources by their absolute path */
  constructor(code: string) {
    this.process = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
      cwd: new URL('../..', import.meta.url),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    createInterface({ input: this.process.stdout! }).on('line', (line) => {
      this.lines.push(line);
      this.wake();
    });
    this.process.stderr!.on('data', (chunk) => {
      this.stderr += chunk;
      this.wake();
    });
    this.ended = new Promise((resolve, reject) => {
      this.process.on('error', reject);
      this.process.on('close', (code, signal) => {
        this.isOver = true;
        this.wake();
        resolve({ code, signal });
      });
    });
  }

  /** The next line that it printed. */
  async line(): Promise<string> {
    await this.until(() => this.lines.length > 0);
    return this.lines.shift()!;
  }

  /** Waits until the condition holds, which is looked at whenever the process has written something. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.isOver) throw new Error(`the process ended before that: ${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  send(line: string): void {
    this.process.stdin!.write(`${line}\n`);
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }
}

/** Starts several at once, and lets them go together once all have printed a first line. */
export async function startTogether(count: number, code: (index: number) => string): Promise<Child[]> {
  const children = Array.from({ length: count }, (_, i) => new Child(code(i)));
  await Promise.all(children.map((child) => child.line()));
  for (const child of children) child.send('go');
  return children;
}
