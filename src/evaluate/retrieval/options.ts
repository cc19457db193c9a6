import type { Dataset } from '../../data/index.js';
import type { Subject } from '../subject.js';

/** Name of the task, beside those of `tasks/registry.ts`. */
export const RETRIEVAL = 'retrieval';

/** The cosine of vectors as they are, and after the mean of all candidates is taken off. */
export const RETRIEVAL_RULES = ['cosine', 'centered'] as const;
export type RetrievalRule = (typeof RETRIEVAL_RULES)[number];

export interface RetrievalOptions extends Subject {
  /** Aligned pairs: the second side of each is looked for by the first among those of all. */
  test: Dataset;
  /** Pairs on which random networks estimate their batch statistics, and in which words are counted. Default `test`. */
  train?: Dataset;
  sources?: { train?: string; test?: string };
  rules?: readonly string[];
  /** Seeds of random networks. Default 0, 1, 2. */
  seeds?: readonly number[];
  /** Default `random` when there is `makeFresh`, and `bag-of-words` where samples have words. */
  baselines?: readonly string[];
  layer?: string;
  signal?: AbortSignal;
}
