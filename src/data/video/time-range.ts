import { expected } from '../../errors.js';

/** Later than the end of any video, in seconds. */
const LATEST = 1e6;

/**
 * The part of a video that is asked for, in seconds from the start of the file; undefined for all of it.
 *
 * @param seconds length of the video, null where the file does not say
 * @throws AutodidactError `USAGE` for times outside of the video
 */
export function timeRange(
  { from = 0, to }: { from?: number | undefined; to?: number | undefined },
  seconds: number | null,
): { from: number; to: number } | undefined {
  if (!(from >= 0)) throw expected('seconds from 0', 'from', from);
  if (to !== undefined && !(to > from)) throw expected(`a time after ${from} s`, 'to', to);
  if (seconds !== null && from > seconds) throw expected(`a time in the video of ${seconds} s`, 'from', from);
  return from === 0 && to === undefined ? undefined : { from, to: to ?? Math.max(seconds ?? 0, from) + LATEST };
}
