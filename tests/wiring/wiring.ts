/** The form of the table that holds every method against its sources. */
import type { Description, Transform } from '../../src/augment/index.js';
import type { Generator, Tensor } from '../../src/engine/index.js';
import type { Method, OptimizerGroup, Recipe } from '../../src/methods/method.js';

/**
 * A value of ours beside its source.
 *
 * `from` names a file of the official code with lines or a function (`main_moco.py:225-235`), a section of the paper
 * (`paper, section 4.1`), or ourselves with the reason (`ours: ...`).
 */
export interface Sourced<T> {
  is: T;
  from: string;
  /** What differs from the source, and why. */
  differs?: string;
}

export type Values = Readonly<Record<string, unknown>>;
export type Pipelines = Readonly<Record<string, Description>>;
export type Set = 'paper' | 'small';

/** What is at hand to make a method's views a second time, from the table alone. */
export interface Scene {
  set: Set;
  /** Raw samples of the batch, and their positions in the data set. */
  samples: Tensor;
  indices: readonly number[];
  /** In the state in which the method's own generator was. */
  random: Generator;
  /** A transform made from the table's pipeline of this name. */
  transform(name: string): Transform;
  /** As the encoder prepares samples. */
  prepare(samples: Tensor): Tensor;
  /** For its state: labels, pools, corners. */
  method: Method;
}

export type MadeViews = Record<string, Tensor | readonly Tensor[]>;

/** `constantRate` is the number of modules whose rate stays at its peak. */
export type GroupNumbers = Partial<Omit<OptimizerGroup, 'name' | 'modules' | 'constantRate'>> & {
  constantRate?: number;
};

export interface Wiring {
  /** The official code on GitHub, to which files of `from` belong; another one where there is none. */
  code?: string;
  /** Every option with the paper's defaults, and those that change on small samples. */
  options: { paper: readonly Sourced<Values>[]; small: readonly Sourced<Values>[] };
  recipe: Readonly<Record<Set, readonly Sourced<Partial<Recipe>>[]>>;
  /** What optimizer groups ask for beyond the recipe, by name, in the last stage. */
  groups?: Sourced<Readonly<Record<string, GroupNumbers>>>;
  /** Numbers that the method derives from its options: fields of it. */
  fields?: Readonly<Record<Set, Sourced<Values>>>;
  pipelines: Readonly<Record<Set, Sourced<Pipelines>>>;
  /** Pipelines of the paper's options with others among them. */
  others?: readonly Sourced<{ options: Values; pipelines: Pipelines }>[];
  /** The views, made again from the pipelines. */
  views(scene: Scene): MadeViews;
  /** Side of the images, or length of the sounds: by default 224 for the paper's options and 32 for small samples. */
  size?: Partial<Record<Set, number>>;
  /** The architecture of the test, where ResNet-18 or the first of the method's own does not do. */
  architecture?: string;
  /** Options that make the method's networks small and touch no view. */
  lean?: Values;
}

/** One value from one source. */
export const sourced = <T>(is: T, from: string, differs?: string): Sourced<T> => ({
  is,
  from,
  ...(differs === undefined ? {} : { differs }),
});
