import { AutodidactError } from '../errors.js';
import type { MethodDefinition } from '../methods/method.js';
import { parseMethodOptions } from '../methods/registry.js';
import { parseValues } from '../options.js';
import { fromRecipe, SMALL_IMAGE, type TrainingOptions, trainingOptions } from '../train/config.js';
import { counted, figure } from './output.js';

export type RecipeChoice = 'auto' | 'small' | 'paper';

/** What a run will do, and what a person should know about how it was settled. */
export interface Plan {
  options: Record<string, unknown>;
  training: TrainingOptions;
  notes: string[];
}

/**
 * Settles a run: the recipe by the size of the images, what the person gave in place of the recipe's values, and a batch that
 * the data can fill.
 *
 * @throws AutodidactError `USAGE` for a value that does not fit, `DATA` when the method needs more images
 */
export function planRun(
  definition: MethodDefinition,
  data: { count: number; imageSize: number },
  choice: RecipeChoice,
  given: { options: Record<string, unknown>; training: Record<string, unknown> },
): Plan {
  const isSmall = choice === 'auto' ? data.imageSize <= SMALL_IMAGE : choice === 'small';
  const recipe = fromRecipe(isSmall ? definition.recipes.small : definition.recipes.paper);
  const options = parseMethodOptions(definition, given.options, isSmall);
  const training = parseValues(trainingOptions, { ...recipe, ...given.training });
  const smallest = definition.smallestBatch ?? 1;
  if (data.count < smallest)
    throw new AutodidactError('DATA', `${definition.title} needs at least ${smallest} images, received ${data.count}`);
  const notes = [
    `recipe: ${isSmall ? 'small images' : 'paper'}, ${training.backbone}, ${counted(training.epochs, 'epoch')}`,
  ];
  if (given.training.batchSize !== undefined || training.batchSize <= data.count) return { options, training, notes };
  const batchSize = 2 ** Math.floor(Math.log2(data.count));
  const fitted = { ...training, batchSize };
  let note = `${data.count} images do not fill the recipe's batch of ${training.batchSize}: taking ${batchSize}`;
  if (given.training.learningRate === undefined) {
    fitted.learningRate = (training.learningRate * batchSize) / training.batchSize;
    note += `, and with it the learning rate ${figure(fitted.learningRate)} instead of ${figure(training.learningRate)}`;
  }
  return { options, training: fitted, notes: [...notes, note] };
}
