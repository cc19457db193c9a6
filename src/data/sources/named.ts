import { existsSync } from 'node:fs';
import { fashionMnist } from './fashion-mnist.js';
import { photos } from './photos.js';
import { rendered } from './rendered.js';
import { rgbd } from './rgbd.js';
import type { ImageSource } from './source.js';
import { synthetic } from './synthetic.js';

/** A data set that is opened by its name, `name`, `name:variant` or `name?options`, instead of a path. */
export interface NamedSource {
  /** One line for the list of data sets. */
  about: string;
  /** `variant` is what follows the colon, or the question mark with it, else ''. Throws USAGE for one that it does not know. */
  open(variant: string, options: { cacheFolder?: string }): Promise<ImageSource>;
  /** The variant with its paths made absolute, for sources that read a person's files. */
  resolve?(variant: string): string;
}

/** Every data set that has a name. A new one is added here. */
export const namedSources: Record<string, NamedSource> = {
  'fashion-mnist': fashionMnist,
  photos,
  rendered,
  rgbd,
  synthetic,
};

/**
 * The data set with a name that a spec opens, and its variant; nothing for a path. A folder or file of one's own that is called like a
 * set comes first: `photos` is the folder where there is one, `photos:` always the set.
 */
export function namedBy(spec: string): { name: string; source: NamedSource; variant: string } | undefined {
  if (existsSync(spec)) return undefined;
  const [, name = '', variant = ''] = /^([^:?]*):?(.*)$/s.exec(spec) ?? [];
  const source = Object.hasOwn(namedSources, name) ? namedSources[name] : undefined;
  return source && { name, source, variant };
}
