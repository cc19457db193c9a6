/** What may come of a damaged file; the first four are right. */
export const OUTCOMES = [
  /** The same as from intact files. */
  'equal',
  /** Other content of the right form, from a file that nothing guards. */
  'plausible',
  /** An error of ours. */
  'refused',
  /** What is damaged was left out or replaced by something older, with a reason; all else is there. */
  'left out',
  /** Other content from files that guard theirs, or content that cannot be right. */
  'wrong',
  /** An error that is not ours. */
  'foreign',
  /** Much more memory than such files need, or the end of it. */
  'memory',
  /** No answer in time. */
  'hang',
  /** The process ended. */
  'crash',
] as const;

export type Outcome = (typeof OUTCOMES)[number];

export const RIGHT: readonly Outcome[] = OUTCOMES.slice(0, 4);
