import type { ImageSource } from './source.js';

/** A data set that is opened by its name, `name`, `name:variant` or `name?options`, instead of a path. */
export interface NamedSource {
  /** One line for the list of data sets. */
  about: string;
  /** `variant` is what follows the colon, or the question mark and what follows it, else ''. Throws USAGE for an unknown one. */
  open(variant: string, options: { cacheFolder?: string }): Promise<ImageSource>;
  /** The variant with its paths made absolute, for sources that read the user's own files. */
  resolve?(variant: string): string;
}
