import { describe, expect, it } from 'vitest';
import { NARRATIVE_ORDER, NARRATIVE_RELATIONS, NARRATIVE_TOPICS, narrative } from './narratives.js';

const form = { sentences: 5, relations: 0, hasCues: true };
const wordsOf = (sentence: string): string[] => sentence.toLowerCase().replace('.', '').split(' ');

describe('narrative', () => {
  it('is the same for the same numbers, and another one for others', () => {
    expect(narrative(form, 1, 7)).toEqual(narrative(form, 1, 7));
    expect(narrative(form, 1, 7)).not.toEqual(narrative(form, 2, 7));
    expect(new Set(Array.from({ length: 200 }, (_, i) => narrative(form, 0, i).sentences.join())).size).toBe(200);
  });

  it('is in order: words of time, and each sentence goes on with what was found', () => {
    for (let i = 0; i < 50; i++) {
      const { sentences } = narrative(form, 0, i);
      expect(sentences.map((sentence) => wordsOf(sentence)[0])).toEqual([...NARRATIVE_ORDER]);
      const found = sentences.map((sentence) => wordsOf(sentence).at(-1)!);
      for (let k = 1; k < sentences.length; k++) expect(wordsOf(sentences[k]!)).toContain(found[k - 1]);
      expect(wordsOf(sentences[0]!)[1]).toBe('the');
    }
    const { sentences } = narrative({ ...form, sentences: 2, hasCues: false }, 0, 0);
    expect(sentences).toHaveLength(2);
    expect(sentences.every((sentence) => /^The /.test(sentence))).toBe(true);
  });

  it('has the words of its topic alone', () => {
    const words = NARRATIVE_TOPICS.map(
      (_, topic) =>
        new Set(
          Array.from({ length: 200 }, (_, i) => narrative(form, 0, 4 * i + topic)).flatMap((made) => {
            expect(made.topic).toBe(NARRATIVE_TOPICS[topic]);
            return made.sentences.flatMap(wordsOf);
          }),
        ),
    );
    const shared = [...words[0]!].filter((word) => words.every((own) => own.has(word)));
    for (const [a, own] of words.entries())
      for (const [b, other] of words.entries())
        if (a !== b) expect([...own].filter((word) => other.has(word)).sort()).toEqual(shared.sort());
    expect(shared.length).toBeLessThan(15);
  });

  it('tells of every pair of words, on both sides, and never mixes pairs', () => {
    const told = Array.from({ length: 3000 }, (_, i) => narrative({ ...form, relations: 1 }, 0, i)).flatMap(
      ({ sentences }) => sentences.map(wordsOf),
    );
    for (const pairs of Object.values(NARRATIVE_RELATIONS))
      for (const [one, other] of pairs) {
        expect(told.filter((words) => words.includes(one)).length).toBeGreaterThan(100);
        expect(told.filter((words) => words.includes(other)).length).toBeGreaterThan(100);
      }
    const capitals = NARRATIVE_RELATIONS.capital!;
    for (const words of told) {
      const countries = capitals.flatMap(([country], i) => (words.includes(country) ? [i] : []));
      const cities = capitals.flatMap(([, city], i) => (words.includes(city) ? [i] : []));
      if (countries.length > 0 && cities.length > 0) expect(cities).toEqual(countries);
    }
  });
});
