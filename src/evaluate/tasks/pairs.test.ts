import { expect, test } from 'vitest';
import { PairTargets, type TokensDataset } from '../../data/index.js';
import { PairDataset } from '../../data/pair-dataset.js';
import { memoryTexts } from '../../data/text/tokens.test-util.js';
import { tensor } from '../../engine/index.js';
import { evaluate } from '../evaluate.js';
import { quick } from '../evaluate.test-util.js';
import { joined, readingOf } from '../reading.js';
import { allOf } from '../task.js';
import { wordsOf } from '../texts.test-util.js';
import { pairs } from './pairs.js';

/** Two words each; the pair says whether they are the same, which neither side tells. */
function sameOrNot(count: number): { train: PairDataset; test: PairDataset; first: TokensDataset } {
  const words = ['wave', 'cloud', 'stone', 'tree'];
  const one = Array.from({ length: count }, (_, i) => words[(i >> 1) % 4]!);
  const two = one.map((word, i) => (i % 2 === 0 ? word : words[(words.indexOf(word) + 1 + ((i >> 3) % 3)) % 4]!));
  const both = memoryTexts(
    [...one, ...two].map((word) => [word]),
    { form: 'sentences', length: 4 },
  );
  const side = (from: number) => both.subset(allOf(count).map((i) => from + i));
  const [first, second] = [side(0), side(count)];
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const data = PairDataset.ofTexts(first, second, new PairTargets(['same', 'different'], labels));
  const half = count / 2;
  return { train: data.subset(allOf(half)), test: data.subset(allOf(half).map((i) => half + i)), first };
}

test('the head reads both vectors, their distance and their product', () => {
  const [u, v] = [tensor([[1, -2]]), tensor([[3, 4]])];
  expect(joined(u, v).toNumbers()).toEqual([1, -2, 3, 4, 2, 6, 3, -8]);
  const { train, first } = sameOrNot(8);
  const encoder = wordsOf(first, 2)(0);
  const [one, two] = train
    .sides()!
    .map((side) => encoder.backbone.features(encoder.prepare(side.collate([0, 1]) as never)));
  expect(readingOf(pairs)(encoder, train.collate([0, 1])).equal(joined(one!, two!))).toBe(true);
});

test('what neither side tells is learned of both; control: labels that the pairs do not tell', async () => {
  const { train, test: asked, first } = sameOrNot(96);
  const makeFresh = wordsOf(first, 8);
  const of = async (data: PairDataset) => {
    const { rows, options } = await evaluate({
      ...{ run: { encoder: makeFresh(1), makeFresh }, train: data, test: asked, task: 'pairs', seeds: [0] },
      ...{ protocols: ['linear'], finetune: quick },
    });
    expect(options.baselines).toEqual(['random', 'supervised', 'bag-of-words']);
    expect(rows.find(({ encoder }) => encoder === 'supervised')!.n).toBe(48);
    return Object.fromEntries(rows.map(({ encoder, value }) => [encoder, value]));
  };
  expect(await of(train)).toMatchObject({ pretrained: 1, random: 1, 'bag-of-words': 1 });
  const shuffled = Int32Array.from({ length: 48 }, (_, i) => (i >> 1) % 2);
  const control = await of(train.withTargets(new PairTargets(['same', 'different'], shuffled)));
  for (const kind of ['pretrained', 'bag-of-words']) expect(control[kind]).toBeLessThan(0.8);
});

test('single texts are refused in a sentence', async () => {
  const { first } = sameOrNot(8);
  const makeFresh = wordsOf(first);
  await expect(
    evaluate({
      run: { encoder: makeFresh(1), makeFresh },
      train: first,
      test: first,
      task: 'pairs',
      protocols: ['knn'],
    }),
  ).rejects.toThrow('The task pairs asks of pairs, and texts in memory has single texts');
});
