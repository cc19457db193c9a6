import type { Dataset } from '../data/index.js';
import type { Tensor } from '../engine/index.js';
import { modalityOf } from '../modalities/registry.js';
import { BagOfWords } from './bag-of-words.js';
import { type LinearOptions, probing } from './linear.js';
import { inTurns } from './steps.js';
import { type Labeled, pick, type Task } from './task.js';

/** Baselines without a network. */
export const UNTAUGHT = ['bag-of-words'] as const;

export type Untaught = (typeof UNTAUGHT)[number];

/** Those that these samples and this task have. */
export function untaughtOf(task: Task, { spec }: Dataset): Untaught[] {
  return task.reads === 'vector' && modalityOf(spec).words !== undefined ? ['bag-of-words'] : [];
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

/** Prepares a baseline without a network for the cells of a table. */
export function answersOf(name: Untaught, asked: Asked, linear: Settings = {}, signal?: AbortSignal): AnswerCell {
  const makers: Record<Untaught, () => AnswerCell> = { 'bag-of-words': () => byWords(asked, linear, signal) };
  return makers[name]();
}

/**
 * Logistic regression, or another linear head of the task, on tf-idf of words. How rare a word is says the whole training set, labels aside; the
 * penalty is chosen as for a probe, on folds of the labeled samples.
 */
function byWords({ task, train, test }: Asked, linear: Settings, signal?: AbortSignal): AnswerCell {
  const wordsOf = (data: Dataset) => modalityOf(data.spec).words!(data);
  const [known, asked] = [wordsOf(train.data), wordsOf(test.data)];
  const bag = new BagOfWords(known);
  return async ({ chosen, seed }) => {
    const taught = Array.from(chosen, (position) => known[position]!);
    const vocabulary = bag.vocabularyOf(taught, taught.length + asked.length);
    const vectors = [taught, asked].map((words) => bag.vectors(words, vocabulary)) as [Tensor, Tensor];
    try {
      const own = { features: vectors[0], targets: pick(train.targets, chosen) };
      const others = { features: vectors[1], targets: test.targets };
      const options = { ...linear, seed, isStandardized: false };
      const { answers, ...details } = await inTurns(probing(task, own, others, options), signal);
      return { answers, details: { words: vocabulary.length, ...details } };
    } finally {
      for (const features of vectors) features.dispose();
    }
  };
}
