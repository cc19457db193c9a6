import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readWordVectors, VECTOR_FORMATS, writeWordVectors } from './word-vector-file.js';

const folder = mkdtempSync(join(tmpdir(), 'word-vectors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const TABLE = {
  words: ['the', 'naïve', '王', '10'],
  size: 3,
  // Among the numbers are such whose bytes are a blank and the end of a line, and such that need nine digits.
  vectors: Float32Array.from([0.1, -2.5e-8, 3, 1 / 3, 0, -1e20, 16777217, 1.0000001, 2.3e-39, 0.2, 8.589973e9, -0.7]),
};
new Uint8Array(TABLE.vectors.buffer).set([0x20, 0x0a, 0x20, 0x3e], 0);

describe('word vectors in files', () => {
  it.each(VECTOR_FORMATS)('come back bit by bit from %s', (format) => {
    writeWordVectors(at(format), TABLE, format);
    const read = readWordVectors(at(format));
    expect(read).toEqual({ ...TABLE, format, repeated: 0 });
    expect(readWordVectors(at(format), 2).words).toEqual(['the', 'naïve']);
  });

  it('come back when they are longer than what is read at a time', () => {
    const words = Array.from({ length: 3000 }, (_, i) => `w${i}`);
    const vectors = Float32Array.from({ length: 3000 * 120 }, (_, i) => Math.fround(Math.sin(i)));
    for (const format of VECTOR_FORMATS) {
      writeWordVectors(at('long'), { words, size: 120, vectors }, format);
      const read = readWordVectors(at('long'));
      expect(read.words).toEqual(words);
      expect(Buffer.compare(Buffer.from(read.vectors.slice().buffer), Buffer.from(vectors.buffer))).toBe(0);
    }
  });

  it('are read as other programs write them', () => {
    writeFileSync(at('original'), '2 3\n</s> 0.1 0.2 0.3 \nthe 1 2 3 \n');
    expect(readWordVectors(at('original'))).toMatchObject({ words: ['</s>', 'the'], format: 'word2vec-text' });
    writeFileSync(at('glove'), 'the 1 2 3\n. . . 4 5 6\n');
    expect(readWordVectors(at('glove'))).toMatchObject({ words: ['the', '. . .'], size: 3, format: 'glove' });
    const row = (word: string, ...numbers: number[]) =>
      Buffer.concat([Buffer.from(`${word} `), Buffer.from(Float32Array.from(numbers).buffer)]);
    writeFileSync(at('without ends'), Buffer.concat([Buffer.from('2 2\n'), row('a', 1, 2), row('b', 3, 4)]));
    expect(readWordVectors(at('without ends'))).toMatchObject({
      words: ['a', 'b'],
      vectors: Float32Array.from([1, 2, 3, 4]),
      format: 'word2vec-binary',
    });
  });

  it('count a word once', () => {
    writeFileSync(at('twice'), 'a 1 2\nb 3 4\na 5 6\n');
    expect(readWordVectors(at('twice'))).toMatchObject({
      words: ['a', 'b'],
      repeated: 1,
      vectors: Float32Array.from([1, 2, 3, 4]),
    });
  });

  it.each([
    ['an empty file', '', /it is empty/],
    ['no vectors', '0 3\n', /announces no vectors/],
    ['text that ends early', '3 2\na 1 2\nb 3 4\n', /ends after 2 of 3 words/],
    ['bytes that end early', '3 2\na \x01\x02\x03\x04\x05', /ends after 0 of 3 words/],
    ['a line that is too short', 'a 1 2\nb 3\n', /line 2 has 1 number where 2 follow/],
    ['what is no number', 'a 1 2\nb 3 x\n', /line 2 has "x" where 2 follow/],
    ['a line that is too long', 'a 1 2\nb 3 4 5\n', /line 2 has 3 fields where 2 follow/],
    ['what a float32 does not hold', 'a 1 2\nb 3 -1e39\n', /line 2 has "-1e39"/],
    ['what is not finite', 'a 1 2\nb 3 NaN\n', /line 2 has "NaN"/],
    ['a story', 'Once upon a time\n', /line 1 has "upon"/],
    ['words alone', 'once\nupon\n', /line 1 has 0 numbers where 1 follow/],
  ])('refuses %s in a sentence', (_name, text, message) => {
    writeFileSync(at('bad'), text);
    expect(() => readWordVectors(at('bad'))).toThrow(message);
  });

  it('refuses numbers of a binary file that are not finite, and a file that is not there', () => {
    writeFileSync(
      at('bad'),
      Buffer.concat([Buffer.from('1 1\na '), Buffer.from(Float32Array.from([Number.NaN]).buffer)]),
    );
    expect(() => readWordVectors(at('bad'))).toThrow(/a number of word 1 is not finite/);
    expect(() => readWordVectors(at('nowhere'))).toThrow(/There is no file of word vectors/);
  });
});
