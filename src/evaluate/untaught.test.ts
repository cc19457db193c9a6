import { afterEach, expect, test, vi } from 'vitest';
import type { ClassTargets } from '../data/index.js';
import { BagOfWords } from './bag-of-words.js';
import { evaluate } from './evaluate.js';
import type { Labeled } from './task.js';
import { classification } from './tasks/classification.js';
import { topics, wordsOf } from './texts.test-util.js';
import { answersOf } from './untaught.js';

// 25 vectors of 8 words, or 40 vectors of 5.
vi.mock('./bag-of-words.js', async (original) => ({
  ...(await original<typeof import('./bag-of-words.js')>()),
  MOST_NUMBERS: 200,
}));
afterEach(() => void vi.restoreAllMocks());

const [train, test_] = topics([40, 90]);
const labeled = (data: typeof train): Labeled => ({ data, targets: data.target<ClassTargets>('classes')! });
const asked = { task: classification as never, train: labeled(train), test: labeled(test_) };

test('the labeled samples alone set the limit of the vocabulary; test samples are answered in chunks', async () => {
  const vectors = vi.spyOn(BagOfWords.prototype, 'vectors');
  const chosen = Int32Array.from({ length: 10 }, (_, i) => i);
  const { answers, details, warning } = await answersOf('bag-of-words', asked)({ chosen, seed: 0 });
  expect(vectors.mock.calls.map(([samples]) => samples.length)).toEqual([10, 25, 25, 25, 15]);
  expect(details).toMatchObject({ words: 8 });
  expect(warning).toBeNull();
  expect(answers).toEqual(Array.from(test_.labels!, (label) => ({ truth: label, answer: label })));
});

test('words that do not fit are in the notes', async () => {
  const makeFresh = wordsOf(train);
  const options = { run: { encoder: makeFresh(1), makeFresh }, train, test: test_, protocols: ['knn'], seeds: [0, 1] };
  const { rows, notes } = await evaluate({ ...options, baselines: ['bag-of-words'], labels: ['25%', '100%'] });
  const own = rows.filter(({ encoder }) => encoder === 'bag-of-words');
  expect(own.map(({ labelCount, details }) => [labelCount, details.words])).toEqual([
    [10, 8],
    [10, 8],
    [40, 5],
    [40, 5],
  ]);
  expect(notes.filter((note) => note.startsWith('bag-of-words'))).toEqual([
    'bag-of-words with 100% of the labels: it goes by the 5 most frequent of 8 words, since vectors of more do not fit for that many labeled samples.',
  ]);
});
