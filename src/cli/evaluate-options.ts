import { z } from 'zod';
import type { Dataset } from '../data/index.js';
import type { EvaluationEvent } from '../evaluate/evaluate.js';
import { PROPAGATION } from '../evaluate/propagation/options.js';
import { PROTOCOLS } from '../evaluate/protocols.js';
import type { EvaluationResult } from '../evaluate/result.js';
import { RETRIEVAL, RETRIEVAL_RULES } from '../evaluate/retrieval/options.js';
import { BASELINES } from '../evaluate/setting.js';
import { tasks } from '../evaluate/tasks/registry.js';
import type { Job } from '../job.js';
import { PROPAGATION_RULES } from '../networks/propagation/rule.js';
import type { LoadedEncoder } from '../train/load-encoder.js';
import { encoderOptions } from './encoder-argument.js';

const USUAL_BASELINES: string[] = ['random', 'supervised'];
export const ALL_LABELS: string[] = ['100%'];
const RULES = Object.keys(PROPAGATION_RULES);

/** Options of `evaluate` with checked values. */
export const options = z.object({
  task: z
    .enum([...tasks.map(({ name }) => name), PROPAGATION, RETRIEVAL] as string[] as [string, ...string[]])
    .default('classification')
    .describe('What is asked of the samples'),
  protocol: z
    .array(z.string())
    .optional()
    .describe(
      `How the encoder is used, some of ${PROTOCOLS.join(', ')} (default: knn,linear; linear for masks and several labels, finetune-head for ` +
        `boxes); for ${PROPAGATION} some of ` +
        `${RULES.join(', ')} (default: ${RULES[0]}); for ${RETRIEVAL} some of ${RETRIEVAL_RULES.join(', ')} (default: both)`,
    ),
  freezeUntil: z
    .array(z.string())
    .default([])
    .describe('Layers up to which finetune leaves the backbone as it is, one measurement for each; none trains all'),
  labels: z
    .array(z.string())
    .default(ALL_LABELS)
    .describe('How many labels may be used: shares such as 1%, numbers per class such as 10/class'),
  seeds: z.number().int().min(1).max(100).default(3).describe('Repetitions, each with its own choice of labels'),
  baselines: z
    .array(z.string())
    .optional()
    .describe(
      `What stands beside the encoder, some of ${BASELINES.join(', ')}; or none (default: ${USUAL_BASELINES.join(',')} and, of texts, bag-of-words; random for ${PROPAGATION}, random,bag-of-words for ${RETRIEVAL})`,
    ),
  layer: z
    .string()
    .optional()
    .describe(
      `Layer of the backbone to read, or several joined by + (default: the last; for ${PROPAGATION} the last with a fine map)`,
    ),
  size: z
    .number()
    .int()
    .min(1)
    .max(4096)
    .optional()
    .describe(`For ${PROPAGATION}: side of the frames in pixels (default: chosen by the data)`),
  limit: z.number().int().min(1).optional().describe('Take only so many samples for training, and so many for testing'),
  budget: z
    .number()
    .int()
    .min(1)
    .default(500)
    .describe(
      'Optimizer steps of each training of the search; it goes on while validation improves, up to 16 times that',
    ),
  ...encoderOptions.shape,
});

/** Options that are words of the command line. */
export interface Given {
  data?: string;
  test?: string;
  labelFile?: string;
  json?: boolean;
}

export type Settings = z.output<typeof options>;

/** A task with its options checked: opens the data, then measures. */
export type Begin = (
  loaded: LoadedEncoder,
  signal: AbortSignal,
) => Promise<{ job: Job<EvaluationEvent, EvaluationResult>; shown: Dataset | null }>;
