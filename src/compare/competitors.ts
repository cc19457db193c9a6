import { AutodidactError, expected } from '../errors.js';
import type { MethodDefinition } from '../methods/method.js';
import { findMethod, methods } from '../methods/registry.js';
import type { Modality } from '../modalities/modality.js';

/** Ways to do without a pretext task that compete. The semi-supervised peers have budgets of their own, and do not. */
export const RIVALS = ['random', 'data-dependent', 'supervised', 'bag-of-words'] as const;

export type Rival = (typeof RIVALS)[number];

/** What takes part: a pretext task, an encoder that was trained elsewhere, or a way to do without. */
export interface Competitor {
  /**
   * Unique: the key of the method, with `-2`, `-3`, ... where it was entered again, `encoder-` and a part of the path of an encoder, or the name of
   * a baseline.
   */
  name: string;
  kind: 'method' | 'encoder' | Rival;
  title: string;
  /** Of a method. */
  definition: MethodDefinition | null;
  /** Of an encoder, as it was given. */
  path: string | null;
  /** 0, or how many times the same method stands before it: each has seeds of its own. */
  copy: number;
}

const TITLES: Record<Rival, string> = {
  random: 'Random initialization',
  'data-dependent': 'Data-dependent initialization',
  supervised: 'Supervised training',
  'bag-of-words': 'Bag of words',
};

/**
 * The competitors of these names, methods first, in an order that does not depend on how they were written; then encoders as they were given.
 *
 * @param names of methods; `all` stands for every method of the kind of data
 * @param baselines by name; all that such data have where nobody says otherwise
 * @param modality the kind of data
 * @param encoders where they are
 * @throws AutodidactError `USAGE` for an unknown name, a bag of words of what has no words, or nothing to run; `DATA` when no method learns
 *   from such data
 */
export function competitorsOf(
  names: readonly string[],
  baselines: readonly string[] | undefined,
  modality: Pick<Modality, 'name' | 'plural' | 'words'>,
  encoders: readonly string[] = [],
): Competitor[] {
  const definitions = names.flatMap((name) =>
    name === 'all' ? methods.filter(({ modalities }) => modalities.includes(modality.name)) : [findMethod(name)],
  );
  if (definitions.length === 0 && encoders.length === 0)
    throw names.length === 0
      ? expected('at least one method, or all', 'methods', names)
      : new AutodidactError('DATA', `No method learns from ${modality.plural}`, {
          remedy: '`autodidact methods` lists what each learns from.',
        });
  const hasWords = modality.words !== undefined;
  if (baselines?.includes('bag-of-words') && !hasWords)
    throw new AutodidactError('USAGE', `There is no bag-of-words of ${modality.plural}: they have no words`, {
      remedy: 'Leave it out of --baselines.',
    });
  const order = new Map(methods.map(({ name }, i) => [name, i]));
  const sorted = [...definitions].sort((a, b) => order.get(a.name)! - order.get(b.name)!);
  const entered = sorted.map((definition, i): Competitor => {
    const copy = sorted.slice(0, i).filter(({ name }) => name === definition.name).length;
    const suffix = copy === 0 ? '' : `-${copy + 1}`;
    const { name, title } = definition;
    return {
      name: name + suffix,
      kind: 'method',
      title: copy === 0 ? title : `${title} ${copy + 1}`,
      definition,
      path: null,
      copy,
    };
  });
  const usual = RIVALS.filter((name) => name !== 'bag-of-words' || hasWords);
  const rivals = usual
    .filter((name) => baselines?.includes(name) ?? true)
    .map((name): Competitor => ({ name, kind: name, title: TITLES[name], definition: null, path: null, copy: 0 }));
  return [...entered, ...encodersAt(encoders), ...rivals];
}

/** What many encoders are called. */
const COMMON = /^(export|encoder\.safetensors|model\.safetensors|\.+|)$/;

function encodersAt(paths: readonly string[]): Competitor[] {
  const taken = new Set<string>();
  return paths.map((path) => {
    const part = path
      .split(/[\\/]/)
      .filter((name) => !COMMON.test(name))
      .at(-1);
    const base = `encoder-${(part ?? 'here').replace(/\.safetensors$/, '').replaceAll(/[^\w-]+/g, '-')}`;
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}-${i}`;
    taken.add(name);
    return { name, kind: 'encoder', title: path, definition: null, path, copy: 0 };
  });
}
