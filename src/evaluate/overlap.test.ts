import { expect, it } from 'vitest';
import { memoryTexts } from '../data/text/tokens.test-util.js';
import { stripes } from './images.test-util.js';
import { countCopies } from './overlap.js';

it('counts images and texts that are on both sides', () => {
  const images = stripes(300, 1);
  expect(countCopies(images.subset([0, 1, 2]), stripes(4, 2))).toBe(0);
  expect(countCopies(images, images.subset([299, 5, 5]))).toBe(3);
  const texts = memoryTexts([['one two'], ['three four'], ['one two'], ['two one']], { form: 'sentences', length: 4 });
  expect(countCopies(texts.subset([0, 1]), texts.subset([2, 3]))).toBe(1);
});
