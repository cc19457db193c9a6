import { say } from './output.js';

/** Listens for Ctrl-C and a polite kill while work that can be stopped and saved is going on. */
export class Interrupt {
  private readonly controller = new AbortController();
  private received: 'SIGINT' | 'SIGTERM' | undefined;
  private readonly listener = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (this.received !== undefined) process.exit(exitCodes[signal]);
    this.received = signal;
    say(this.announcement);
    this.controller.abort();
  };

  /** @param announcement what the first signal makes known; the second ends the process at once */
  constructor(private readonly announcement: string) {
    for (const signal of signals) process.on(signal, this.listener);
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
  }
}

const signals = ['SIGINT', 'SIGTERM'] as const;
const exitCodes = { SIGINT: 130, SIGTERM: 143 };
