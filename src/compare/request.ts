import { z } from 'zod';
import { AutodidactError, expected } from '../errors.js';
import { parseLabelAmount } from '../evaluate/label-amounts.js';
import { PROTOCOLS, parseProtocols } from '../evaluate/protocols.js';
import { findTask, tasks } from '../evaluate/tasks/registry.js';
import { parseBudget } from '../train/fit.js';
import { RIVALS } from './competitors.js';

/** Everything that a person can ask of a comparison. The command line, `--help` and saved comparisons share this table. */
export const compareRequest = z.object({
  methods: z
    .array(z.string())
    .optional()
    .describe('Methods by name, or all that learn from such data (default: all; beside encoders none)'),
  encoders: z
    .array(z.string())
    .default([])
    .describe(
      'Encoders that compete as they are: runs, exported folders, weights of timm, torchvision or transformers (.safetensors)',
    ),
  task: z
    .enum(tasks.map(({ name }) => name) as [string, ...string[]])
    .default('classification')
    .describe('What the labels ask of the samples'),
  protocol: z
    .string()
    .optional()
    .describe(`How an encoder is scored, one of ${PROTOCOLS.join(', ')} (default: linear)`),
  labels: z
    .string()
    .default('100%')
    .describe('How many labels may be used: a share such as 1%, or a number per class such as 10/class'),
  budget: z
    .string()
    .optional()
    .describe('What each pretraining may take: a time such as 5m, 2000steps, or 500000images as the encoder sees them'),
  total: z
    .string()
    .optional()
    .describe('Time for the whole comparison, shared out evenly, in place of a budget (default: 30m)'),
  blocks: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(5)
    .describe(
      'Repetitions that all go through, each with a seed, a choice of labels and a validation split of its own',
    ),
  freshBlocks: z
    .number()
    .int()
    .min(0)
    .max(100)
    .default(3)
    .describe(
      'Repetitions on new seeds and labels, scored on the test samples, for the winner and what stands beside it',
    ),
  baselines: z
    .array(z.string())
    .optional()
    .describe(
      `What competes without pretraining, some of ${RIVALS.join(', ')}; or none (default: all that such data have)`,
    ),
  halving: z
    .number()
    .int()
    .min(2)
    .max(16)
    .nullable()
    .default(null)
    .describe('Successive halving: at a part of the budget keep one method of so many, then train the rest in full'),
  margin: z.number().positive().default(0.01).describe('Loss in score that does not matter, 0.01 for one point'),
  price: z.number().positive().nullable().default(null).describe('Price of an hour of this machine, in any currency'),
  recipe: z
    .enum(['auto', 'small', 'paper'])
    .default('auto')
    .describe("Starting values of all options: the paper's, or those for small samples"),
  backbone: z.string().optional().describe('Architecture of every encoder (default: that of each recipe)'),
  width: z.number().int().min(1).optional().describe('Base width of every encoder (default: that of each recipe)'),
  seed: z.number().int().min(0).max(1_000_000).default(0).describe('Seed of the blocks'),
  device: z.string().default('auto').describe('cpu, cuda, cuda:1, mps, or auto'),
});

export type CompareRequest = z.output<typeof compareRequest>;

/** The names of the methods that were asked for. */
export function methodsOf({ methods, encoders }: Pick<CompareRequest, 'methods' | 'encoders'>): readonly string[] {
  return methods ?? (encoders.length > 0 ? [] : ['all']);
}

/** What each pretraining may take; `images` are samples as the encoder sees them, several per sample of the data. */
export interface Budget {
  unit: 'seconds' | 'steps' | 'images';
  amount: number;
}

/** Shared out among everything when nothing is asked for. */
const USUAL_TOTAL = '30m';

/**
 * The budget of each pretraining, or the time of all together.
 * @throws AutodidactError `USAGE` for both, or a text that is none
 */
export function budgetOf({
  budget,
  total,
}: Pick<CompareRequest, 'budget' | 'total'>): { each: Budget } | { total: number } {
  if (budget !== undefined && total !== undefined)
    throw new AutodidactError('USAGE', 'A comparison takes either a budget of each pretraining or a time for all', {
      remedy: 'Leave out --budget or --total.',
    });
  if (budget === undefined) return { total: parseBudget(total ?? USUAL_TOTAL) };
  const counted = /^([\d,_]+(?:e\d+)?|\d+(?:\.\d+)?k)\s*(steps?|images?|samples?)$/i.exec(budget.trim());
  if (counted === null) {
    if (/[a-z]{2,}$/i.test(budget.trim()) && !/min$/.test(budget.trim()))
      throw expected('a time such as 5m, 2000steps or 500000images', 'budget', budget);
    return { each: { unit: 'seconds', amount: parseBudget(budget) } };
  }
  const [, number = '', word = ''] = counted;
  const amount = number.endsWith('k') ? 1000 * Number(number.slice(0, -1)) : Number(number.replaceAll(/[,_]/g, ''));
  if (!(Number.isSafeInteger(Math.round(amount)) && amount >= 1)) throw expected('a number from 1', 'budget', budget);
  return { each: { unit: word.toLowerCase().startsWith('step') ? 'steps' : 'images', amount: Math.round(amount) } };
}

/**
 * Checks what can be checked before data are opened.
 * @throws AutodidactError `USAGE`
 */
export function checkRequest(request: CompareRequest): void {
  budgetOf(request);
  parseLabelAmount(request.labels);
  const task = findTask(request.task);
  const [protocol] = parseProtocols([request.protocol ?? 'linear']);
  if (protocol === 'knn' && task.classOf === undefined)
    throw expected('linear or fine-tuning', 'protocol', protocol, {
      remedy: `k-NN needs one class per sample, which ${task.name} does not have.`,
    });
  for (const name of request.baselines ?? [])
    if (!RIVALS.some((baseline) => baseline === name))
      throw expected(`some of ${RIVALS.join(', ')}`, 'baselines', name);
}

/** A budget in words: "45 s", "2,000 steps". */
export function budgetInWords({ unit, amount }: Budget, duration: (seconds: number) => string): string {
  return unit === 'seconds' ? duration(amount) : `${amount.toLocaleString('en')} ${unit}`;
}
