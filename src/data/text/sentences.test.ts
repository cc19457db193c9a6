import { describe, expect, it } from 'vitest';
import { Chunker, SentenceSplitter } from './chunks.js';
import { sentenceStarts } from './sentences.js';

function sentences(text: string): string[] {
  const starts = sentenceStarts(text);
  return starts.map((start, i) => text.slice(start, starts[i + 1]));
}

describe('sentenceStarts', () => {
  it.each<[string, string[]]>([
    ['One is here. Two is there! Is three?', ['One is here.', ' Two is there!', ' Is three?']],
    [
      'Mr. Smith met Dr. Jones at 5 p.m. on Jan. 3. They left.',
      ['Mr. Smith met Dr. Jones at 5 p.m. on Jan. 3.', ' They left.'],
    ],
    ['J. R. Smith came. He sat.', ['J. R. Smith came.', ' He sat.']],
    ['It costs 3.50 dollars. Cheap.', ['It costs 3.50 dollars.', ' Cheap.']],
    ['"Who is it?" she asked. "Me."', ['"Who is it?" she asked.', ' "Me."']],
    ['See fig. 3, vs. table 2, i.e. the last. End.', ['See fig. 3, vs. table 2, i.e. the last.', ' End.']],
    ['  First.\n\nSecond.  ', ['  First.', '\n\nSecond.  ']],
    ['A title\n\nText under it.', ['A title', '\n\nText under it.']],
    ['', ['']],
    ['no end', ['no end']],
    ['\u4eca\u65e5\u306f\u3002\u660e\u65e5\u3082\u3002', ['\u4eca\u65e5\u306f\u3002', '\u660e\u65e5\u3082\u3002']],
  ])('%j', (text, expected) => {
    expect(sentences(text)).toEqual(expected);
  });

  it('goes on over lines that were broken by their width, and not over short ones', () => {
    const broken = 'This line was broken because it is as wide as\nthe page; it goes on. And this is new.';
    expect(sentences(broken)).toEqual([broken.slice(0, broken.indexOf(' And')), ' And this is new.']);
    expect(sentences('Roses are red\nViolets are blue')).toEqual(['Roses are red', '\nViolets are blue']);
  });
});

/** Text of several kinds, longer than two chunks. */
const LONG = `${Array.from({ length: 3000 }, (_, i) => `Sentence ${i} has words${i % 7 === 0 ? '!\n\n' : '. '}`).join('')}${'x'.repeat(140_000)} end`;

function through(make: () => Chunker | SentenceSplitter, size: number): string[] {
  const splitter = make();
  const given: string[] = [];
  for (let at = 0; at < LONG.length; at += size) given.push(...splitter.push(LONG.slice(at, at + size)));
  given.push(...splitter.end());
  return given;
}

describe('text in pieces', () => {
  it.each([
    ['Chunker', Chunker],
    ['SentenceSplitter', SentenceSplitter],
  ] as const)('is cut in the same places whatever their size: %s', (_, Kind) => {
    const whole = through(() => new Kind(), LONG.length);
    expect(whole.join('')).toBe(LONG);
    expect(Math.max(...whole.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
    for (const size of [1000, 65_536, 100_001]) expect(through(() => new Kind(), size)).toEqual(whole);
  });

  it('is cut between words and between sentences', () => {
    for (const chunk of through(() => new Chunker(), 10_000).slice(1, 2)) expect(chunk).toMatch(/^\s/);
    const own = through(() => new SentenceSplitter(), 10_000);
    expect(own.slice(0, 2999)).toEqual(
      Array.from({ length: 2999 }, (_, i) => expect.stringMatching(new RegExp(`^\\s*Sentence ${i} has words[.!]$`))),
    );
  });

  it('never cuts a character in two', () => {
    const splitter = new Chunker();
    const given = [...splitter.push('\u{1f600}'.repeat(70_000)), ...splitter.end()];
    for (const chunk of given) expect(chunk).not.toMatch(/\p{Surrogate}/u);
  });
});
