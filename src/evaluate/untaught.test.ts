import { afterEach, expect, test, vi } from 'vitest';
import type { ClassTargets } from '../data/index.js';
import { BagOfWords } from './bag-of-words.js';
import { evaluate } from './evaluate.js';
import type { Labeled } from './task.js';
import { classification } from './tasks/classification.js';
import { topics, wordsOf } from './texts.test-util.js';
import { answersOf } from './untaught.js';

// Weights of 5 words for 2 classes.
vi.mock('./bag-of-words.js', async (original) => ({
  ...(await original<typeof import('./bag-of-words.js')>()),
  MOST_NUMBERS: 50 * 2 * 5,
}));
afterEach(() => void vi.restoreAllMocks());

const [train, test_] = topics([40, 90]);
const labeled = (data: typeof train): Labeled => ({ data, targets: data.target<ClassTargets>('classes')! });
const asked = { task: classification as never, train: labeled(train), test: labeled(test_) };

test('the labeled samples choose the words and teach; the test samples are answered', async () => {
  const chosen = Int32Array.from({ length: 10 }, (_, i) => i);
  const vectors = vi.spyOn(BagOfWords.prototype, 'vectors');
  const { answers, details, warning } = await answersOf('bag-of-words', asked)({ chosen, seed: 0 });
  expect(vectors.mock.calls.map(([samples, words]) => [samples.length, words.length])).toEqual([
    [10, 5],
    [90, 5],
  ]);
  expect(details).toMatchObject({ words: 5, isConverged: true });
  expect(warning).toBe('it goes by the 5 most frequent of 8 words, since weights of more do not fit into memory');
  expect(answers).toEqual(Array.from(test_.labels!, (label) => ({ truth: label, answer: label })));
});

test('words that do not fit are in the notes', async () => {
  const makeFresh = wordsOf(train);
  const options = { run: { encoder: makeFresh(1), makeFresh }, train, test: test_, protocols: ['knn'], seeds: [0, 1] };
  const { rows, notes } = await evaluate({ ...options, baselines: ['bag-of-words'], labels: ['25%', '100%'] });
  const own = rows.filter(({ encoder }) => encoder === 'bag-of-words');
  expect(own.map(({ labelCount, details }) => [labelCount, details.words])).toEqual([
    [10, 5],
    [10, 5],
    [40, 5],
    [40, 5],
  ]);
  expect(notes.filter((note) => note.startsWith('bag-of-words'))).toEqual([
    'bag-of-words with 25% of the labels: it goes by the 5 most frequent of 8 words, since weights of more do not fit into memory.',
    'bag-of-words with 100% of the labels: it goes by the 5 most frequent of 8 words, since weights of more do not fit into memory.',
  ]);
});
