import { isDeepStrictEqual } from 'node:util';
import type { SampleSpec } from '../data/index.js';
import type { OpenOptions } from '../modalities/modality.js';
import { modalityOf } from '../modalities/registry.js';
import type { RecipeChoice } from './plan.js';

export interface Opening<T> {
  recipe: RecipeChoice;
  /** How the data are opened for the options of small samples, or for the paper's. */
  asked(isSmall: boolean): OpenOptions;
  open(asked: OpenOptions): Promise<T>;
  specOf(opened: T): SampleSpec;
}

/**
 * Opens data for the recipe that they get. The recipe `auto` takes the paper's options for large samples, which may ask for another form
 * than the options of small ones; only open data tell how large they are, and are then opened again.
 */
export async function openSettled<T>({
  recipe,
  asked,
  open,
  specOf,
}: Opening<T>): Promise<{ opened: T; asked: OpenOptions }> {
  const first = asked(recipe !== 'paper');
  const opened = await open(first);
  const spec = specOf(opened);
  if (recipe !== 'auto' || modalityOf(spec).isSmall(spec)) return { opened, asked: first };
  const settled = asked(false);
  if (isDeepStrictEqual(settled, first)) return { opened, asked: first };
  return { opened: await open(settled), asked: settled };
}
