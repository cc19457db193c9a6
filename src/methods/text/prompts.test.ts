import { describe, expect, it } from 'vitest';
import { charactersOf } from './characters.test-util.js';
import { encodePrompt, TextStream } from './prompts.js';

const tokenizer = charactersOf('the cat sat.');

describe('a prompt', () => {
  it('becomes ids; an empty one is the end of the document before', () => {
    expect(tokenizer.decode(encodePrompt('that cat', tokenizer))).toBe('that cat');
    expect(encodePrompt('', tokenizer)).toEqual([1]);
    expect(() => encodePrompt('', charactersOf('ab', { end: null }))).toThrow('no token that begins a text');
  });

  it('with characters that the tokenizer does not know is refused by their names', () => {
    expect(() => encodePrompt('the böat', tokenizer)).toThrow('does not know "b", "ö"');
    const words = { ...tokenizer, encode: (text: string) => Int32Array.from(text === 'the' ? [2] : [0]) };
    expect(() => encodePrompt('zebra', words)).toThrow('does not know "zebra"');
  });
});

describe('the text of tokens that come one by one', () => {
  it('leaves the prompt out', () => {
    const stream = new TextStream(tokenizer, encodePrompt('the ', tokenizer));
    expect([...encodePrompt('cat', tokenizer)].map((id) => stream.add(id))).toEqual(['c', 'a', 't']);
    expect(stream.end()).toBe('');
  });

  it('waits for the last byte of a character', () => {
    const bytes = { decode: (ids: ArrayLike<number>) => new TextDecoder().decode(Uint8Array.from(ids)) };
    const stream = new TextStream(bytes, []);
    expect([...Buffer.from('aé€')].map((byte) => stream.add(byte))).toEqual(['a', '', 'é', '', '', '€']);
    stream.add(0xc3);
    expect(stream.end()).toBe('\ufffd');
  });
});
