/** What a person types for data that are mined from videos: `<prefix><videos>?<options>`. */
import type { z } from 'zod';
import type { Split } from '../data/index.js';
import { videosHaveSplit } from '../data/open-clips.js';
import { parseQuery } from '../data/sources/query.js';
import { resolveVideoSpec } from '../data/video/spec.js';
import { expected } from '../errors.js';

export interface MinedSpec<O extends z.ZodObject> {
  /** The spec of the videos, with all options that are not of the mining. */
  videos: string;
  /** Options of the mining. */
  query: z.output<O>;
  /** The same as they were written. */
  own: string;
}

/** What is said of all data specs with one prefix. */
export interface MinedSpecs<O extends z.ZodObject> {
  /** Whether a data spec is one of them. */
  names(spec: string): boolean;
  /** Takes one apart: options of its own, and the spec of the videos with all others. @throws AutodidactError `USAGE` */
  parse(spec: string): MinedSpec<O>;
  /** The same with the path of its videos made absolute. */
  resolve(spec: string): string;
  /** Whether its videos have this side of a division of their own. */
  hasSplit(spec: string, split: Split): Promise<boolean>;
}

/** @param options of the mining; what is not named here belongs to the videos */
export function minedSpecs<O extends z.ZodObject>(prefix: string, options: O): MinedSpecs<O> {
  const parse = (spec: string) => parseMinedSpec(prefix, options, spec);
  return {
    names: (spec) => spec.startsWith(prefix),
    parse,
    resolve: (spec) => resolveMinedSpec(prefix, parse(spec)),
    hasSplit: async (spec, split) => videosHaveSplit(parse(spec).videos, split),
  };
}

function parseMinedSpec<O extends z.ZodObject>(prefix: string, options: O, spec: string): MinedSpec<O> {
  const rest = spec.slice(prefix.length);
  const at = rest.lastIndexOf('?');
  const [path, text] = at < 0 ? [rest, ''] : [rest.slice(0, at), rest.slice(at + 1)];
  if (path === '')
    throw expected(`videos behind ${prefix}`, 'data', spec, { remedy: `Write ${prefix}./videos, for example.` });
  const parts = text.split('&').filter((part) => part !== '');
  const isOwn = (part: string): boolean => part.split('=', 1)[0]! in options.shape;
  const own = parts.filter(isOwn).join('&');
  const others = parts.filter((part) => !isOwn(part));
  const isNamed = path.startsWith('clips:') || path.startsWith('synthetic:');
  if (others.length > 0 && !isNamed)
    throw expected(`one of ${Object.keys(options.shape).join(', ')}`, spec, others[0]!.split('=', 1)[0]!);
  const videos = others.length === 0 ? path : `${path}?${others.join('&')}`;
  return { videos, query: parseQuery(options, own, spec), own };
}

function resolveMinedSpec(prefix: string, { videos, own }: Pick<MinedSpec<z.ZodObject>, 'videos' | 'own'>): string {
  const resolved = resolveVideoSpec(videos);
  return `${prefix}${resolved}${own === '' ? '' : `${resolved.includes('?') ? '&' : '?'}${own}`}`;
}
