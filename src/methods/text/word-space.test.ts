import { describe, expect, it } from 'vitest';
import { memory, tensor } from '../../engine/index.js';
import { WordSpace } from './word-space.js';

/** Places on a grid: to the right it becomes a woman, upwards a ruler. */
const space = new WordSpace(
  ['the', 'man', 'woman', 'king', 'queen', 'King', 'apple', 'Paris'],
  tensor([
    [-1, -1, -2],
    [1, 0, 1],
    [1, 1, 1],
    [3, 0, 5],
    [1, 1, 2],
    [9, 0, 3],
    [-3, 0.1, 0],
    [0, -7, 0.5],
  ]),
);

describe('WordSpace', () => {
  it('finds words as they are spelled, then in another case', () => {
    expect(space.find('King')).toBe(5);
    expect(space.find('KING')).toBe(3);
    expect(space.find('paris')).toBe(7);
    expect(space.find('nobody')).toBeNull();
  });

  it('names near spellings of a word that it does not have', () => {
    expect(() => space.nearest('appel', 1)).toThrow(
      'The word "appel" has no vector: it is not among the 8 words. Near spellings are "apple", ',
    );
    expect(() => space.similarity('the', 'quen')).toThrow(/spellings are "queen"/);
  });

  it('compares directions, not lengths', () => {
    expect(space.similarity('man', 'king')).toBeCloseTo(8 / Math.sqrt(2 * 34), 5);
    expect(space.similarity('the', 'the')).toBeCloseTo(1, 5);
  });

  it('lists the nearest words with their cosines, without the word itself', () => {
    const found = space.nearest('woman', 3);
    expect(found.map(({ word }) => word)).toEqual(['queen', 'man', 'king']);
    expect(found[0]!.similarity).toBeCloseTo(4 / Math.sqrt(18), 5);
    expect(space.nearest('woman', 100)).toHaveLength(7);
  });

  it('answers analogies by the nearest word to b - a + c, without the three of the question', () => {
    // The vectors are scaled first: man and king are not (1, 0, 1) and (3, 0, 5) but of length 1.
    expect(space.analogies('man', 'king', 'woman', 2)[0]!.word).toBe('queen');
    expect(space.answers([[1, 3, 2]])).toEqual([4]);
    // Nearest to woman - woman + man is man itself, which is of the question.
    expect(space.analogies('woman', 'woman', 'man', 1)[0]!.word).not.toBe('man');
  });

  it('adds what b has beyond a to c', () => {
    const vectors = tensor([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [-1, 1, 1],
      [1, -1, 1],
    ]);
    const axes = new WordSpace(['a', 'b', 'c', 'b - a + c', 'a - b + c'], vectors);
    expect(axes.analogies('a', 'b', 'c', 1)).toEqual([{ word: 'b - a + c', similarity: expect.closeTo(1, 6) }]);
    expect(axes.answers([[1, 0, 2]])).toEqual([4]);
  });

  it('answers many questions as it answers each', () => {
    const words = ['the', 'man', 'woman', 'king', 'queen', 'apple'];
    const questions = words.flatMap((a) => words.flatMap((b) => words.map((c) => [a, b, c] as const)));
    const places = questions.map((question) => question.map((word) => space.placeOf(word)) as [number, number, number]);
    const alone = questions.map(([a, b, c]) => space.placeOf(space.analogies(a, b, c, 1)[0]!.word));
    expect(space.answers(places)).toEqual(alone);
  });

  it('takes the frequent words alone, and frees its tensors', () => {
    const before = memory().tensors;
    const few = space.first(5);
    expect(few.words).toEqual(['the', 'man', 'woman', 'king', 'queen']);
    expect(few.find('apple')).toBeNull();
    few.nearest('man', 2);
    few.dispose();
    expect(memory().tensors).toBe(before);
  });

  it('refuses vectors that are not as many as the words', () => {
    expect(() => new WordSpace(['a'], tensor([[1], [2]]))).toThrow(/vectors \(1, D\)/);
    expect(() => new WordSpace([], tensor([[1]]))).toThrow(/no words/);
  });
});
