import type { Dataset } from '../data/index.js';
import type { MethodDefinition } from '../methods/method.js';
import { parseMethodOptions } from '../methods/registry.js';
import type { Needs, OpenOptions } from '../modalities/modality.js';
import { type Given, planRun, type RecipeChoice } from './plan.js';

/**
 * Opens data in the form that a method asks for where a person does not: as many frames, so many a second. Which options the method has
 * may hang on the size of the samples, so that the data are opened a second time where that changes what it asks for.
 *
 * @param usual what is asked for in any case
 */
export async function openWished(
  definition: MethodDefinition,
  choice: RecipeChoice,
  given: Given,
  usual: OpenOptions,
  open: (options: OpenOptions) => Promise<Dataset>,
): Promise<{ dataset: Dataset; asked: OpenOptions }> {
  const first = parseMethodOptions(definition, given.options, choice !== 'paper');
  const asked = { ...formAsked(definition.needs?.(first)), ...usual };
  const dataset = await open(asked);
  const { options } = planRun(definition, { spec: dataset.spec, count: Number.MAX_SAFE_INTEGER }, choice, given);
  const settled = { ...formAsked(definition.needs?.(options)), ...usual };
  if (settled.frames === asked.frames && settled.fps === asked.fps) return { dataset, asked };
  return { dataset: await open(settled), asked: settled };
}

function formAsked({ frames, fps }: Needs = {}): OpenOptions {
  return { ...(frames === undefined ? {} : { frames }), ...(fps === undefined ? {} : { fps }) };
}
