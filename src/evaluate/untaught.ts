import type { Dataset } from '../data/index.js';
import { scope, type Tensor } from '../engine/index.js';
import { modalityOf } from '../modalities/registry.js';
import { BagOfWords, type Words } from './bag-of-words.js';
import { type LinearOptions, probing } from './linear.js';
import { joined, joinedSize } from './reading.js';
import { inTurns } from './steps.js';
import { type Labeled, pick, type Task } from './task.js';

/** Baselines without a network. */
export const UNTAUGHT = ['bag-of-words', 'frequent-tag'] as const;

export type Untaught = (typeof UNTAUGHT)[number];

/** Those that these samples and this task have. */
export function untaughtOf(task: Task, data: Dataset): Untaught[] {
  const sides = task.reads === 'vector' ? [data] : task.reads === 'sides' ? (data.sides() ?? []) : [];
  const hasWords = sides.length > 0 && sides.every(({ spec }) => modalityOf(spec).words !== undefined);
  return [...(hasWords ? (['bag-of-words'] as const) : []), ...(task.lookup ? (['frequent-tag'] as const) : [])];
}

/** What is asked. */
interface Asked {
  task: Task;
  train: Labeled;
  test: Labeled;
}

/** The answers to the test samples after learning from the labels of a cell. */
export type AnswerCell = (cell: {
  /** Positions of the labeled samples in the training set. */
  chosen: Int32Array;
  seed: number;
}) => Promise<{ answers: readonly unknown[]; details: object }>;

type Settings = Omit<LinearOptions, 'classes' | 'seed' | 'reference' | 'isStandardized'>;

/** Vectors of samples, or joined ones of the sides of pairs. */
function vectorsOf(bag: BagOfWords, sides: readonly (readonly Words[])[], vocabulary: readonly string[]): Tensor {
  return scope(() => {
    const [first, second] = sides.map((samples) => bag.vectors(samples, vocabulary));
    return second === undefined ? first! : joined(first!, second);
  });
}

/** What is known of the labeled samples, looked up. */
function byTable({ task, train, test }: Asked): AnswerCell {
  return async ({ chosen }) => ({ answers: task.lookup!(pick(train.targets, chosen), test.targets), details: {} });
}

/** Prepares a baseline without a network for the cells of a table. */
export function answersOf(name: Untaught, asked: Asked, linear: Settings = {}, signal?: AbortSignal): AnswerCell {
  const makers: Record<Untaught, () => AnswerCell> = {
    'bag-of-words': () => byWords(asked, linear, signal),
    'frequent-tag': () => byTable(asked),
  };
  return makers[name]();
}

/**
 * Logistic regression, or another linear head of the task, on tf-idf of words. How rare a word is says the whole training set, labels aside; the
 * penalty is chosen as for a probe, on folds of the labeled samples.
 */
function byWords({ task, train, test }: Asked, linear: Settings, signal?: AbortSignal): AnswerCell {
  const wordsOf = ({ data }: Labeled) => (data.sides() ?? [data]).map((side) => modalityOf(side.spec).words!(side));
  const [known, asked] = [wordsOf(train), wordsOf(test)];
  const bag = new BagOfWords(known.flat());
  const { owners } = train.data;
  return async ({ chosen, seed }) => {
    const taught = known.map((side) => Array.from(chosen, (position) => side[position]!));
    const rows = joinedSize(task, chosen.length + test.data.count);
    const vocabulary = bag.vocabularyOf(taught.flat(), rows);
    const vectors = [taught, asked].map((sides) => vectorsOf(bag, sides, vocabulary)) as [Tensor, Tensor];
    try {
      const own = {
        features: vectors[0],
        targets: pick(train.targets, chosen),
        owners: Array.from(chosen, (position) => owners[position]!),
      };
      const others = { features: vectors[1], targets: test.targets };
      const options = { ...linear, seed, isStandardized: false };
      const { answers, ...details } = await inTurns(probing(task, own, others, options), signal);
      return { answers, details: { words: vocabulary.length, ...details } };
    } finally {
      for (const features of vectors) features.dispose();
    }
  };
}
