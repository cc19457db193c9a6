import { availableParallelism } from 'node:os';

/** Enough to keep libuv's threads busy while results are written, few enough to hold in memory. */
export const IN_FLIGHT = Math.max(8, 2 * availableParallelism());

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
      // Awaited in order below; this only keeps an early failure from counting as unhandled.
      result.catch(() => {});
      pending.push(result);
      if (pending.length >= inFlight) yield await pending.shift()!;
    }
    while (pending.length > 0) yield await pending.shift()!;
  } finally {
    await Promise.allSettled(pending);
  }
}
