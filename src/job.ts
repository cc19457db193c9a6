/** Work in progress: a promise of its result that also gives its events, `for await (const event of job)`. */
export interface Job<Event, Result> extends Promise<Result>, AsyncIterable<Event> {}

/**
 * Starts `body`, which reports events as they happen. Events are kept until they are read, so that none is lost when reading
 * begins late. Whoever reads the events gets a failure there as well as from the promise.
 */
export function startJob<Event, Result>(body: (emit: (event: Event) => void) => Promise<Result>): Job<Event, Result> {
  const waiting: Event[] = [];
  let wake: () => void = () => {};
  let isOver = false;
  const result = body((event) => {
    waiting.push(event);
    wake();
  }).finally(() => {
    isOver = true;
    wake();
  });
  async function* events(): AsyncGenerator<Event> {
    result.catch(() => {}); // reported below
    for (;;) {
      while (waiting.length > 0) yield waiting.shift()!;
      if (isOver) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    await result;
  }
  return Object.assign(result, { [Symbol.asyncIterator]: events });
}
