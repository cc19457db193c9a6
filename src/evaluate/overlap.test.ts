import { expect, it } from 'vitest';
import { memoryTexts } from '../data/text/tokens.test-util.js';
import { evaluate } from './evaluate.js';
import { optionsOf } from './evaluate.test-util.js';
import { stripes } from './images.test-util.js';
import { copiesInWords, countCopies } from './overlap.js';

it('counts images and texts that are on both sides', () => {
  const images = stripes(300, 1);
  expect(countCopies(images.subset([0, 1, 2]), stripes(4, 2))).toBe(0);
  expect(countCopies(images, images.subset([299, 5, 5]))).toBe(3);
  const texts = memoryTexts([['one two'], ['three four'], ['one two'], ['two one']], { form: 'sentences', length: 4 });
  expect(countCopies(texts.subset([0, 1]), texts.subset([2, 3]))).toBe(1);
});

it('says so in a sentence, which a result keeps', async () => {
  const [train, test] = [stripes(60, 1), stripes(4, 2)];
  expect(copiesInWords(train, test)).toBeNull();
  const sentence = '3 of the 3 test images are training images as well, which flatters all scores.';
  expect(copiesInWords(train, train.subset([1, 2, 3]))).toBe(sentence);
  const { notes } = await evaluate(optionsOf({ protocols: ['knn'], baselines: [], notes: [sentence] }));
  expect(notes).toEqual([sentence]);
});
