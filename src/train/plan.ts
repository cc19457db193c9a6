import type { SampleSpec } from '../data/index.js';
import { AutodidactError } from '../errors.js';
import { counted, figure } from '../format.js';
import type { MethodDefinition } from '../methods/method.js';
import { parseMethodOptions } from '../methods/registry.js';
import { modalityOf } from '../modalities/registry.js';
import { parseValues } from '../options.js';
import { fromRecipe, type TrainingOptions, trainingOptions } from './config.js';
import type { Origin, PlanRecord } from './run-config.js';

export type RecipeChoice = 'auto' | 'small' | 'paper';

/** What a run will do. */
export interface Plan {
  options: Record<string, unknown>;
  training: TrainingOptions;
  /** Where each setting comes from, and what a person should know about it; saved with the run. */
  record: PlanRecord;
}

export interface Given {
  /** Options of the method, as a person wrote them. */
  options: Readonly<Record<string, unknown>>;
  /** Settings of the training. */
  training: Readonly<Record<string, unknown>>;
}

/**
 * Settles a run: the recipe by the size of the samples, what the person gave in place of the recipe's values, and a batch that
 * the data can fill.
 *
 * @param data spec and number of the samples; without a spec the samples count as small
 * @throws AutodidactError `USAGE` for a value that does not fit, `DATA` when the method needs more samples
 */
export function planRun(
  definition: MethodDefinition,
  data: { spec?: SampleSpec; count: number },
  choice: RecipeChoice,
  given: Given,
): Plan {
  const { spec, count } = data;
  const plural = spec === undefined ? 'samples' : modalityOf(spec).plural;
  const isSmall = choice === 'auto' ? spec === undefined || modalityOf(spec).isSmall(spec) : choice === 'small';
  const recipe = isSmall ? 'small' : 'paper';
  const options = parseMethodOptions(definition, given.options, isSmall);
  const training = parseValues(trainingOptions, { ...fromRecipe(definition.recipes[recipe]), ...given.training });
  const smallest = definition.smallestBatch ?? 1;
  if (count < smallest)
    throw new AutodidactError('DATA', `${definition.title} needs at least ${smallest} ${plural}, received ${count}`);
  const from = (names: string[], own: Readonly<Record<string, unknown>>): [string, Origin][] =>
    names.map((name) => [name, own[name] === undefined ? recipe : 'given']);
  const origins = Object.fromEntries([
    ...from(Object.keys(options), given.options),
    ...from(Object.keys(training), given.training),
  ]);
  const notes = [
    `recipe: ${isSmall ? 'small samples' : 'paper'}, ${training.backbone}, ${counted(training.epochs, 'epoch')}`,
  ];
  const plan: Plan = { options, training, record: { recipe, origins, notes } };
  if (given.training.batchSize !== undefined || training.batchSize <= count) return plan;
  const batchSize = 2 ** Math.floor(Math.log2(count));
  const note = `${count} ${plural} do not fill the recipe's batch of ${training.batchSize}: taking ${batchSize}`;
  return withBatch(definition, plan, batchSize, note);
}

/** The plan with another batch, and a learning rate in proportion unless one was given or it is that of a sample. */
export function withBatch(
  { isRatePerSample = false }: Pick<MethodDefinition, 'isRatePerSample'>,
  plan: Plan,
  batchSize: number,
  note: string,
): Plan {
  const { training, record } = plan;
  const origins: Record<string, Origin> = { ...record.origins, batchSize: 'fitted' };
  if (isRatePerSample || origins.learningRate === 'given')
    return {
      ...plan,
      training: { ...training, batchSize },
      record: { ...record, origins, notes: [...record.notes, note] },
    };
  const learningRate = (training.learningRate * batchSize) / training.batchSize;
  const rates = `, and with it the learning rate ${figure(learningRate)} instead of ${figure(training.learningRate)}`;
  return {
    ...plan,
    training: { ...training, batchSize, learningRate },
    record: { ...record, origins: { ...origins, learningRate: 'fitted' }, notes: [...record.notes, note + rates] },
  };
}

/** The plan with other settings, which were fitted to the machine or the budget. */
export function withFitted(plan: Plan, settings: Partial<TrainingOptions>, note?: string): Plan {
  const fitted = Object.fromEntries(Object.keys(settings).map((name) => [name, 'fitted' as const]));
  const { record } = plan;
  return {
    ...plan,
    training: { ...plan.training, ...settings },
    record: {
      ...record,
      origins: { ...record.origins, ...fitted },
      notes: note === undefined ? record.notes : [...record.notes, note],
    },
  };
}
