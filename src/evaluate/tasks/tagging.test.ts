import { expect, test } from 'vitest';
import { type TaggedWords, TagTargets, TokensDataset } from '../../data/index.js';
import { encodeTagged, taggedSentence } from '../../data/text/tagged-words.js';
import { MemoryTokens } from '../../data/text/token-store.js';
import { learned } from '../../data/text/tokens.test-util.js';
import { ops, tensor } from '../../engine/index.js';
import { evaluate } from '../evaluate.js';
import { quick } from '../evaluate.test-util.js';
import { readingOf } from '../reading.js';
import { allOf } from '../task.js';
import { wordsOf } from '../texts.test-util.js';
import { tagging } from './tagging.js';

const sample = (places: number[], tags: number[], words: string[]): TaggedWords => ({
  ...{ places: Int32Array.from(places), tags: Int32Array.from(tags), words },
});

const targets = new TagTargets(
  ['D', 'N', 'V'],
  [sample([0, 2], [0, 1], ['the', 'dog']), sample([1], [2], ['runs']), sample([], [], [])],
);

/** Scores (3, 4, 3) that answer these tags at the places of three samples. */
const scores = (answers: readonly number[]) => tensor(answers).to('int64').oneHot(3).to('float64').view([3, 4, 3]);

test('words are right at their last token, other places do not count', () => {
  const output = scores([0, 9 % 3, 2, 1, 2, 2, 0, 0, 1, 1, 1, 1]);
  const answers = tagging.decode(output, targets, allOf(3));
  expect(answers).toEqual([
    { right: 1, words: 2 },
    { right: 1, words: 1 },
    { right: 0, words: 0 },
  ]);
  expect(tagging.measure(answers)).toEqual({ 'tag accuracy': 2 / 3 });
});

test('the loss is the mean over words, by hand, and 0 without any', () => {
  // Two of three words have a logit of 1 at their tag, one has it at another.
  const output = scores([0, 0, 2, 1, 2, 2, 0, 0, 1, 1, 1, 1]);
  const sum = Math.E + 2;
  const byHand = (2 * Math.log(sum / Math.E) + Math.log(sum)) / 3;
  expect(tagging.loss(targets).of(output, targets, allOf(3)).item()).toBeCloseTo(byHand, 12);
  expect(
    tagging
      .loss(targets)
      .of(output.narrow(0, 2, 1), targets, Int32Array.of(2))
      .item(),
  ).toBe(0);
});

test('the most frequent tag of each word, and of all words where one is unheard', () => {
  const train = new TagTargets(
    ['D', 'N', 'V'],
    [sample([0, 1, 2, 3, 4], [1, 2, 2, 1, 1], ['run', 'run', 'run', 'dog', 'cat'])],
  );
  const asked = new TagTargets(['D', 'N', 'V'], [sample([0, 1, 2, 3], [2, 1, 0, 0], ['run', 'zebra', 'dog', 'yak'])]);
  expect(tagging.lookup!(train, asked)).toEqual([{ right: 2, words: 4 }]);
  expect(tagging.floor(asked)).toBe(1 / 2);
});

test('what cannot be learned is refused, and what was not taught is counted', () => {
  const one = new TagTargets(['D', 'N'], [sample([0], [0], ['a'])]);
  expect(() => tagging.review!(one, targets)).toThrow('have one tag only');
  const train = targets.subset([0]);
  expect(tagging.review!(train, targets)).toEqual([
    '1 test words have a tag that no training word has: they cannot be right, and count.',
  ]);
});

/** Sentences of words, each of which has one tag; `turns` makes the tag hang on the word before. */
function sentences(count: number, turns = false): [TokensDataset, TokensDataset] {
  const kinds = [
    ['the', 'a', 'some'],
    ['dog', 'cat', 'bird', 'fish'],
    ['runs', 'sleeps', 'eats'],
  ] as const;
  const documents = Array.from({ length: count }, (_, i) => {
    const words = kinds.map((choices, k) => choices[(i * (k + 2) + (i >> 2)) % choices.length]!);
    const tags = ['D', 'N', 'V'].map((tag, k) => (turns && i % 2 === 0 ? ['V', 'D', 'N'][k]! : tag));
    return [taggedSentence(words, tags)];
  });
  const tokenizer = learned(kinds.flat(), { kind: 'words', leastCount: 1 });
  const { classes, sentences: tokens, words } = encodeTagged(documents, tokenizer);
  const all = new TokensDataset(
    {
      ...{
        name: 'tagged',
        note: null,
        tokenizer,
        classes: null,
        labels: null,
        skipped: [],
        fingerprint: String(count),
      },
      ...{ store: new MemoryTokens(tokens), ids: tokens.map((_, i) => String(i)), splits: tokens.map(() => null) },
      tags: { classes, words },
    },
    { length: 6, form: 'sentences', room: 2 },
  );
  const half = Math.floor(count / 2);
  return [all.subset(allOf(half)), all.subset(allOf(count - half).map((i) => half + i))];
}

test('an encoder is probed word by word, beside the most frequent tags; control: tags that no word tells', async () => {
  const scoresOf = async (turns: boolean) => {
    const [train, asked] = sentences(48, turns);
    const makeFresh = wordsOf(train, 12);
    const result = await evaluate({
      ...{ run: { encoder: makeFresh(1), makeFresh }, train, test: asked, task: 'tagging', protocols: ['linear'] },
      ...{ labels: ['50%'], seeds: [0], finetune: quick },
    });
    expect(result.options.baselines).toEqual(['random', 'supervised', 'frequent-tag']);
    return Object.fromEntries(result.rows.map(({ encoder, value }) => [encoder, value]));
  };
  expect(await scoresOf(false)).toMatchObject({ pretrained: 1, random: 1, 'frequent-tag': 1 });
  const control = await scoresOf(true);
  for (const kind of ['pretrained', 'frequent-tag']) expect(control[kind]).toBeLessThan(0.7);
});

test('tokens are read behind the mark of begin, and 0 where the encoder read nothing', () => {
  const [data] = sentences(4);
  const encoder = wordsOf(data, 2)(0);
  const samples = data.collate([0, 1]);
  const own = readingOf(tagging)(encoder, samples);
  expect(own.shape).toEqual([2, 2, 1, 6]);
  const framed = {
    ...encoder,
    firstToken: 1,
    prepare: (x: typeof samples) => ops.cat([ops.zeros([2, 1], { dtype: 'int64' }), x.ids.narrow(1, 0, 3)], 1),
  } as unknown as typeof encoder;
  const shifted = readingOf(tagging)(framed, samples);
  expect(shifted.narrow(3, 0, 3).equal(own.narrow(3, 0, 3))).toBe(true);
  expect(shifted.narrow(3, 3, 3).abs().sum().item()).toBe(0);
  const { firstToken: _, ...blind } = encoder;
  expect(() => readingOf(tagging)(blind, samples)).toThrow('The task asks of each token, and word-table has no vector');
});
