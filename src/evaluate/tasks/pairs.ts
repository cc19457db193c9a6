import type { ClassTargets } from '../../data/index.js';
import type { Task } from '../task.js';
import { type ClassAnswer, classification } from './classification.js';

/**
 * One class per pair of samples, which says how they go together: the encoder reads each side by itself, and the head [u, v, |u - v|, u v] of
 * both vectors. Otherwise as `classification`.
 */
export const pairs: Task<ClassTargets, ClassAnswer> = {
  ...classification,
  name: 'pairs',
  kind: 'pairs',
  reads: 'sides',
  wanted: {
    plural: 'labels of pairs',
    remedy: 'Give text:addresses?pairs=next, or text:./pairs.jsonl?column=first,second&label=label.',
  },
};
