import { AutodidactError, expected } from '../errors.js';
import type { MethodDefinition } from '../methods/method.js';
import { findMethod, methods } from '../methods/registry.js';
import type { Modality } from '../modalities/modality.js';

/** Ways to do without a pretext task that compete. The semi-supervised peers have budgets of their own, and do not. */
export const RIVALS = ['random', 'data-dependent', 'supervised', 'bag-of-words'] as const;

export type Rival = (typeof RIVALS)[number];

/** What takes part: a pretext task, or a way to do without one. */
export interface Competitor {
  /** Unique: the key of the method, with `-2`, `-3`, ... where it was entered again, or the name of a baseline. */
  name: string;
  kind: 'method' | Rival;
  title: string;
  /** null for a baseline. */
  definition: MethodDefinition | null;
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
 * The competitors of these names, methods first, in an order that does not depend on how they were written.
 *
 * @param names of methods; `all` stands for every method of the kind of data
 * @param modality the kind of data; a bag of words competes where its samples have words
 * @throws AutodidactError `USAGE` for an unknown name, a bag of words of what has no words, or nothing to run; `DATA` when no method learns from such data
 */
export function competitorsOf(
  names: readonly string[],
  baselines: readonly string[],
  modality: Pick<Modality, 'name' | 'plural' | 'words'>,
): Competitor[] {
  const definitions = names.flatMap((name) =>
    name === 'all' ? methods.filter(({ modalities }) => modalities.includes(modality.name)) : [findMethod(name)],
  );
  if (definitions.length === 0)
    throw names.length === 0
      ? expected('at least one method, or all', 'methods', names)
      : new AutodidactError('DATA', `No method learns from ${modality.plural}`, {
          remedy: '`autodidact methods` lists what each learns from.',
        });
  // All of them are what is asked for when nobody says otherwise.
  const isAsked = baselines.includes('bag-of-words') && baselines.length < RIVALS.length;
  if (isAsked && modality.words === undefined)
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
      copy,
    };
  });
  const rivals = RIVALS.filter(
    (name) => baselines.includes(name) && (name !== 'bag-of-words' || modality.words !== undefined),
  ).map((name): Competitor => ({ name, kind: name, title: TITLES[name], definition: null, copy: 0 }));
  return [...entered, ...rivals];
}
