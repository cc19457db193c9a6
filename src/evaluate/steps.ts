import { setImmediate } from 'node:timers/promises';
import { PausedScope } from '../engine/scope.js';
import { checkStopped } from './inputs.js';

/** Long work that pauses between two steps, so that others get their turn and a stop is noticed. */
export type Steps<Result> = Generator<void, Result, void>;

/** Work without this long a pause leaves Ctrl-C and everything else waiting. */
const TURN_MS = 50;

/** The same work, whose tensors are freed when it ends, is given up or fails. Its result must hold none. */
export function* scoped<Result>(steps: Steps<Result>): Steps<Result> {
  const scope = new PausedScope();
  try {
    for (;;) {
      const { done, value } = scope.enter(() => steps.next());
      if (done) return value as Result;
      yield;
    }
  } finally {
    scope.enter(() => void steps.return(undefined as never));
    scope.close();
  }
}

/** Does the work without a pause. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as Result;
  }
}

/**
 * Does the work, and lets the event loop turn in between.
 * @throws AutodidactError `INTERRUPTED` when the signal was given
 */
export async function inTurns<Result>(steps: Steps<Result>, signal?: AbortSignal): Promise<Result> {
  let began = performance.now();
  try {
    for (;;) {
      checkStopped(signal);
      const { done, value } = steps.next();
      if (done) return value as Result;
      if (performance.now() - began < TURN_MS) continue;
      await setImmediate();
      began = performance.now();
    }
  } finally {
    steps.return(undefined as never);
  }
}
