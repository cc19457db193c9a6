/** Work in progress: a promise of its result that also gives its events, `for await (const event of job)`. */
export interface Job<Event, Result> extends Promise<Result>, AsyncIterable<Event> {}

/**
 * Starts `body`, which reports events as they happen. Events are kept until they are read, so that none is lost when reading
 * begins late, and so is a failure, which comes out of the promise and of the events. A failed job that nobody has awaited or read by
 * the time the process has nothing left to do ends it with the failure.
 */
export function startJob<Event, Result>(body: (emit: (event: Event) => void) => Promise<Result>): Job<Event, Result> {
  const waiting: Event[] = [];
  let wake: () => void = () => {};
  let isOver = false;
  let isWatched = false;
  const result = body((event) => {
    waiting.push(event);
    wake();
  }).finally(() => {
    isOver = true;
    wake();
  });
  result.catch((error) => {
    if (isWatched) return;
    process.once('beforeExit', () => {
      if (!isWatched) throw error;
    });
  });
  const watched = (): Promise<Result> => {
    isWatched = true;
    return result;
  };
  async function* events(): AsyncGenerator<Event> {
    watched();
    for (;;) {
      while (waiting.length > 0) yield waiting.shift()!;
      if (isOver) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    await result;
  }
  // No native promise, of which `await` would not be noticed here.
  return {
    // biome-ignore lint/suspicious/noThenProperty: a job is a promise
    then: (onDone, onFailed) => watched().then(onDone, onFailed),
    catch: (onFailed) => watched().catch(onFailed),
    finally: (onOver) => watched().finally(onOver),
    [Symbol.toStringTag]: 'Promise',
    [Symbol.asyncIterator]: events,
  };
}
