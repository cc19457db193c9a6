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
  private readonly shared = new Float64Array(new SharedArrayBuffer(8));
  private readonly watch: Worker;
  /** SIGTERM, and Ctrl-C until the watch is ready. */
  private readonly listener = (signal: Signal): void => {
    if (this.shared[FIRST] !== 0) {
      if (Date.now() - this.shared[FIRST]! >= ONE_KEY_PRESS_MS) process.exit(exitCodes[signal]);
      return;
    }
    this.shared[FIRST] = Date.now();
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
    // From now on the system itself ends the process at a further SIGTERM.
    process.off('SIGTERM', this.listener);
    this.controller.abort();
  }
}

type Signal = (typeof signals)[number];

const signals = ['SIGINT', 'SIGTERM'] as const;
const exitCodes: Record<Signal, number> = { SIGINT: 130, SIGTERM: 143 };

/** Where `shared` holds the time of the first signal, 0 before. */
const FIRST = 0;
/** `npm` and `npx` send a program the Ctrl-C that it has already had from the terminal. */
const ONE_KEY_PRESS_MS = 300;

/**
 * The watch: a thread that sleeps in a script which Ctrl-C breaks off (`breakOnSigint`), whatever the main thread does. An outer
 * script of the same kind stays while the inner one ends and begins anew, when Ctrl-C would otherwise do what it does by default.
 * As text, because a thread cannot load TypeScript when the sources run as they are.
 */
const WATCH = `
const { writeSync } = require('node:fs');
const { runInThisContext } = require('node:vm');
const { parentPort, workerData } = require('node:worker_threads');
const { shared, announcement } = workerData;
const cell = new Int32Array(new SharedArrayBuffer(4));
let isAnnounced = false;
globalThis.sleep = () => Atomics.wait(cell, 0, 0);
globalThis.watch = () => {
  for (;;) untilCtrlC('sleep()');
};
for (;;) untilCtrlC('watch()');

function untilCtrlC(script) {
  try {
    runInThisContext(script, { breakOnSigint: true });
  } catch {}
  if (shared[${FIRST}] === 0) shared[${FIRST}] = Date.now();
  else if (Date.now() - shared[${FIRST}] >= ${ONE_KEY_PRESS_MS}) {
    // In the outer script the signal comes back here; outside of both it ends the process. The second is for a system that sees
    // it otherwise.
    process.kill(process.pid, 'SIGINT');
    Atomics.wait(cell, 0, 0, 200);
    process.kill(process.pid, 'SIGKILL');
  }
  // A repeated signal may have broken off these lines in the inner script, and brings the outer one here.
  if (!isAnnounced) {
    try {
      writeSync(2, announcement + '\\n');
    } catch {}
    isAnnounced = true;
  }
  parentPort.postMessage('stop');
}
`;
