import { Worker } from 'node:worker_threads';
import { say } from './output.js';

/**
 * Listens for Ctrl-C and a polite kill while work that can be stopped and saved is going on. The first signal asks the work to
 * stop, the second ends the process. Ctrl-C does both at once even while the main thread is deep in a long computation, where
 * Node's own listeners have to wait.
 */
export class Interrupt {
  private readonly controller = new AbortController();
  private received: Signal | undefined;
  /** [0]: signals so far, counted by both threads; [1]: what the watch sleeps on. */
  private readonly shared = new Int32Array(new SharedArrayBuffer(8));
  private readonly watch: Worker;
  /** SIGTERM, and Ctrl-C until the watch is ready. */
  private readonly listener = (signal: Signal): void => {
    if (Atomics.add(this.shared, 0, 1) > 0) process.exit(exitCodes[signal]);
    say(this.announcement);
    this.stopWork(signal);
  };

  /** @param announcement what the first signal makes known; the second ends the process at once */
  constructor(private readonly announcement: string) {
    for (const signal of signals) process.on(signal, this.listener);
    this.watch = new Worker(WATCH, { eval: true, execArgv: [], workerData: { shared: this.shared, announcement } });
    this.watch.on('message', () => this.stopWork('SIGINT'));
    // Without the watch, signals wait until the main thread is free.
    this.watch.on('error', () => {});
    // After `on`, which would keep the process alive again.
    this.watch.unref();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** 130 after Ctrl-C, 143 after SIGTERM: 128 and the signal's number, as shells count. */
  get exitCode(): number {
    return exitCodes[this.received ?? 'SIGINT'];
  }

  stop(): void {
    for (const signal of signals) process.off(signal, this.listener);
    void this.watch.terminate();
  }

  private stopWork(signal: Signal): void {
    this.received ??= signal;
    this.controller.abort();
    // From now on the system itself ends the process at a further SIGTERM.
    process.off('SIGTERM', this.listener);
  }
}

type Signal = (typeof signals)[number];

const signals = ['SIGINT', 'SIGTERM'] as const;
const exitCodes: Record<Signal, number> = { SIGINT: 130, SIGTERM: 143 };

/**
 * The watch: a thread that sleeps in a script which Ctrl-C breaks off (`breakOnSigint`), whatever the main thread does. As text,
 * because a thread cannot load TypeScript when the sources run as they are.
 */
const WATCH = `
const { writeSync } = require('node:fs');
const { runInThisContext } = require('node:vm');
const { parentPort, workerData } = require('node:worker_threads');
const { shared, announcement } = workerData;
globalThis.shared = shared;
for (;;) {
  try {
    runInThisContext('Atomics.wait(shared, 1, 0)', { breakOnSigint: true });
  } catch {}
  if (Atomics.add(shared, 0, 1) > 0) {
    // Nobody listens between two scripts: the signal does what it does by default. The second is for a system that sees it otherwise.
    process.kill(process.pid, 'SIGINT');
    Atomics.wait(shared, 1, 0, 200);
    process.kill(process.pid, 'SIGKILL');
  }
  try {
    writeSync(2, announcement + '\\n');
  } catch {}
  parentPort.postMessage('stop');
}
`;
