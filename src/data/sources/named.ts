import { existsSync } from 'node:fs';
import { fashionMnist } from './fashion-mnist.js';
import type { NamedSource } from './named-source.js';
import { photos } from './photos.js';
import { rendered } from './rendered.js';
import { rgbd } from './rgbd.js';
import { synthetic } from './synthetic.js';

/** Every named data set. Add new ones here. */
export const namedSources: Record<string, NamedSource> = {
  'fashion-mnist': fashionMnist,
  photos,
  rendered,
  rgbd,
  synthetic,
};

/**
 * The named data set that a spec stands for, and its variant; undefined for a path. A file or folder of the same name takes
 * precedence: `photos` is the folder if there is one, `photos:` is always the data set.
 */
export function namedBy(spec: string): { name: string; source: NamedSource; variant: string } | undefined {
  if (existsSync(spec)) return undefined;
  const [, name = '', variant = ''] = /^([^:?]*):?(.*)$/s.exec(spec) ?? [];
  const source = Object.hasOwn(namedSources, name) ? namedSources[name] : undefined;
  return source && { name, source, variant };
}
