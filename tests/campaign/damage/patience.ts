import { readdirSync, readFileSync } from 'node:fs';

/** Ticks per second of the times in /proc. */
const TICKS = 100;
const SAMPLE_MS = 1000;

/**
 * Calls `give up` when a process has had so much time without saying a word: time in which it computed, or in which no thread of it
 * wanted to. On a busy machine a process that waits for a processor is not hanging.
 */
export class Patience {
  private readonly timer: NodeJS.Timeout;
  private usedMs = 0;
  private idleMs = 0;
  private limitMs = Number.POSITIVE_INFINITY;

  constructor(
    private readonly pid: number,
    giveUp: () => void,
  ) {
    this.timer = setInterval(() => {
      const { cpuMs, isWilling } = look(this.pid);
      if (!isWilling) this.idleMs += SAMPLE_MS;
      if (cpuMs - this.usedMs + this.idleMs > this.limitMs) giveUp();
    }, SAMPLE_MS);
  }

  /** Begins anew: the process has said something. */
  restart(limitMs: number): void {
    this.usedMs = look(this.pid).cpuMs;
    this.idleMs = 0;
    this.limitMs = limitMs;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** What a process has computed, and whether a thread of it runs or waits for a processor. Elsewhere than on Linux wall time counts. */
function look(pid: number): { cpuMs: number; isWilling: boolean } {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((id) => fieldsOf(`/proc/${pid}/task/${id}/stat`));
    const [user, system] = fieldsOf(`/proc/${pid}/stat`).slice(11, 13).map(Number) as [number, number];
    return { cpuMs: (1000 * (user + system)) / TICKS, isWilling: threads.some(([state]) => state === 'R') };
  } catch {
    return { cpuMs: 0, isWilling: false };
  }
}

/** The fields behind the program's name, see proc(5): state, ..., utime (11), stime (12). */
function fieldsOf(path: string): string[] {
  const stat = readFileSync(path, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
