import { existsSync } from 'node:fs';
import { fashionMnist } from './fashion-mnist.js';
import type { NamedSource } from './named-source.js';
import { photos } from './photos.js';
import { rgbd } from './rgbd.js';
import { synthetic } from './synthetic.js';

/** Every data set that has a name. A new one is added here. */
export const namedSources: Record<string, NamedSource> = {
  'fashion-mnist': fashionMnist,
  photos,
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
