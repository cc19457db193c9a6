import { fashionMnist } from './fashion-mnist.js';
import type { ImageSource } from './source.js';
import { synthetic } from './synthetic.js';

/** A data set that is opened by its name, `name` or `name:variant`, instead of a path. */
export interface NamedSource {
  /** One line for the list of data sets. */
  about: string;
  /** `variant` is what follows the colon, '' without one. Throws USAGE for a variant that it does not know. */
  open(variant: string, options: { cacheFolder?: string }): Promise<ImageSource>;
}

/** Every data set that has a name. A new one is added here. */
export const namedSources: Record<string, NamedSource> = {
  'fashion-mnist': fashionMnist,
  synthetic,
};
