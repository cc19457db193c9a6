import { isDeepStrictEqual } from 'node:util';
import type { Dataset, SampleSpec } from '../data/index.js';
import type { Device } from '../engine/index.js';
import type { MethodDefinition } from '../methods/method.js';
import { needsOf } from '../methods/registry.js';
import { askedFor } from '../modalities/asked.js';
import type { OpenOptions } from '../modalities/modality.js';
import { modalityOf, openData } from '../modalities/registry.js';
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

/** Images on a CPU are brought to at most this side unless a size or the paper's recipe is asked for. */
const CPU_SIDE = 64;

/** How data are opened on this device, before any method asks for something. */
export function openedOn(device: Device, recipe: RecipeChoice, open: OpenOptions): OpenOptions {
  const isLimited = device === 'cpu' && recipe !== 'paper' && open.size === undefined;
  return isLimited ? { ...open, mostSize: open.mostSize ?? CPU_SIDE } : open;
}

export interface MethodOpening {
  definition: MethodDefinition;
  /** Of the method, as a person wrote them. */
  options: Readonly<Record<string, unknown>>;
  device: Device;
  recipe: RecipeChoice;
  /** What a person asks of the data. */
  open: OpenOptions;
}

/** Opens data as the method is pretrained on them on this device. */
export function openForMethod(
  data: string,
  { definition, options, device, recipe, open }: MethodOpening,
): Promise<{ opened: Dataset; asked: OpenOptions }> {
  const usual = openedOn(device, recipe, open);
  return openSettled({
    recipe,
    asked: (isSmall) => askedFor(needsOf(definition, options, isSmall), usual),
    open: (asked) => openData(data, asked),
    specOf: ({ spec }) => spec,
  });
}
