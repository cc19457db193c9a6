import { availableParallelism } from 'node:os';

/** Keeps libuv's threads busy while results are written, and few results in memory. */
const IN_FLIGHT = Math.max(8, 2 * availableParallelism());

/**
 * Runs `work` on every item with at most `inFlight` at a time and yields the results in the items' order. The first
 * failure, or leaving the loop early, starts no further work and waits for what is under way.
 */
export async function* mapInOrder<T, R>(
  items: Iterable<T>,
  work: (item: T) => Promise<R>,
  inFlight = IN_FLIGHT,
): AsyncGenerator<R, void, undefined> {
  const pending: Promise<R>[] = [];
  try {
    for (const item of items) {
      const result = work(item);
      // Awaited in order below; this only prevents an unhandled rejection.
      result.catch(() => {});
      pending.push(result);
      if (pending.length >= inFlight) yield await pending.shift()!;
    }
    while (pending.length > 0) yield await pending.shift()!;
  } finally {
    await Promise.allSettled(pending);
  }
}

/**
 * Lets work run side by side as long as the bytes that it needs add up to at most `capacity`, first come, first served.
 * What needs more than the capacity runs alone.
 */
export class MemoryGate {
  private used = 0;
  private readonly waiting: { bytes: number; enter: () => void }[] = [];

  constructor(private readonly capacity: number) {}

  /** Runs `work` when `bytes` are free; Infinity runs it with nothing beside it. */
  async run<R>(bytes: number, work: () => Promise<R>): Promise<R> {
    const share = Math.min(Math.max(bytes, 1), this.capacity);
    await new Promise<void>((enter) => {
      this.waiting.push({ bytes: share, enter });
      this.admit();
    });
    try {
      return await work();
    } finally {
      this.used -= share;
      this.admit();
    }
  }

  private admit(): void {
    while (this.waiting.length > 0 && this.used + this.waiting[0]!.bytes <= this.capacity) {
      const { bytes, enter } = this.waiting.shift()!;
      this.used += bytes;
      enter();
    }
  }
}
