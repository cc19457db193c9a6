import type { Dataset, Targets } from '../data/index.js';
import { modalityOf } from '../modalities/registry.js';
import { type BagOfWords, counting, MOST_NUMBERS, readingWords, type Words } from './bag-of-words.js';
import { columnsFor } from './fit-sparse.js';
import { type ChoiceOptions, probingSparse } from './linear.js';
import { joinedSize } from './reading.js';
import type { SparseRows } from './sparse-rows.js';
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
}) => Promise<{ answers: readonly unknown[]; details: object; warning: string | null }>;

type Settings = Omit<ChoiceOptions, 'seed'>;

/** Vectors of samples, or joined ones of the sides of pairs. */
function vectorsOf(bag: BagOfWords, sides: readonly (readonly Words[])[], vocabulary: readonly string[]): SparseRows {
  const [first, second] = sides;
  return second === undefined ? bag.vectors(first!, vocabulary) : bag.joinedVectors([first!, second], vocabulary);
}

/** What is known of the labeled samples, looked up. */
function byTable({ task, train, test }: Asked): AnswerCell {
  return async ({ chosen }) => ({
    ...{ answers: task.lookup!(pick(train.targets, chosen), test.targets), details: {}, warning: null },
  });
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
  const sidesOf = (data: Dataset) => data.sides() ?? [data];
  const { owners } = train.data;
  const wordsOf = async (data: Dataset, positions?: Int32Array) => {
    const found: Words[][] = [];
    for (const side of sidesOf(data)) found.push(await inTurns(readingWords(side, positions), signal));
    return found;
  };
  let read: { bag: BagOfWords; asked: Words[][] } | undefined;
  return async ({ chosen, seed }) => {
    read ??= {
      bag: await inTurns(counting(sidesOf(train.data)), signal),
      asked: await wordsOf(test.data),
    };
    const { bag, asked } = read;
    const taught = await wordsOf(train.data, chosen);
    const targets = pick(train.targets, chosen);
    const { words, known } = bag.vocabularyOf(taught.flat(), roomFor(task, targets));
    const own = {
      ...{ features: vectorsOf(bag, taught, words), targets },
      owners: Array.from(chosen, (position) => owners[position]!),
    };
    const others = { features: vectorsOf(bag, asked, words), targets: test.targets };
    const { answers, ...details } = await inTurns(probingSparse(task, own, others, { ...linear, seed }), signal);
    return {
      answers,
      details: { words: words.length, ...details },
      warning: words.length < known ? cut(words.length, known) : null,
    };
  };
}

/** Words for which the search has room: of pairs the joined vectors have several columns for each. */
export function roomFor(task: Task, targets: Targets): number {
  return Math.floor(columnsFor(task, targets, MOST_NUMBERS) / joinedSize(task, 1));
}

function cut(used: number, known: number): string {
  const [some, all] = [used, known].map((count) => count.toLocaleString('en'));
  return `it goes by the ${some} most frequent of ${all} words, since weights of more do not fit into memory`;
}
