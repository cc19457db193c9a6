import { beforeEach, expect, test, vi } from 'vitest';
import type { Dataset } from '../data/index.js';
import { evaluate } from './evaluate.js';
import { optionsOf, quick } from './evaluate.test-util.js';
import { stripes } from './images.test-util.js';
import { topics, wordsOf } from './texts.test-util.js';
import { selectionFolds, selectionSplit } from './validation.js';

vi.mock('./validation.js', { spy: true });
beforeEach(() => void vi.clearAllMocks());

/** Says that two samples at a time are parts of one thing. */
function paired<D extends Dataset>(data: D): D {
  const { owners } = data;
  const named = new Map(data.ids.map((id, i) => [id, `owner of ${owners[i - (i % 2)]}`]));
  const withNames = (part: D): D => {
    const subset = part.subset.bind(part);
    Object.defineProperty(part, 'owners', { get: () => part.ids.map((id) => named.get(id)!) });
    return Object.assign(part, { subset: (positions: ArrayLike<number>) => withNames(subset(positions)) });
  };
  return withNames(data);
}

/** The labels and owners that a choice was made by. */
const asked = (choice: typeof selectionFolds | typeof selectionSplit) =>
  vi.mocked(choice).mock.calls.map(([labels, , owners]) => ({ labels: [...labels], owners }));

test.each(['linear', 'finetune', 'peers'])('%s holds all parts of one owner out together', async (protocol) => {
  const train = paired(stripes(36, 1));
  const asPeer = { protocols: ['knn'] as const, baselines: ['pseudo-label'] as const };
  await evaluate(optionsOf({ train, ...(protocol === 'peers' ? asPeer : { protocols: [protocol], baselines: [] }) }));
  const wanted = { labels: [...train.labels!], owners: train.owners };
  const choice = protocol === 'linear' ? selectionFolds : selectionSplit;
  expect(asked(choice).length).toBeGreaterThan(0);
  for (const found of asked(choice)) expect(found).toEqual(wanted);
  expect(new Set(wanted.owners).size).toBe(18);
});

test('a bag of words does so too', async () => {
  const [train, held] = topics([40, 41]);
  const makeFresh = wordsOf(train);
  const own = paired(train);
  const run = { encoder: makeFresh(1), makeFresh };
  await evaluate({
    ...{ run, train: own, test: held, protocols: ['linear'], seeds: [0], labels: ['100%'], finetune: quick },
    baselines: ['bag-of-words'],
  });
  // The probe of the encoder and that of the words.
  expect(asked(selectionFolds)).toHaveLength(2);
  for (const { owners } of asked(selectionFolds)) expect(owners).toEqual(own.owners);
});
