import { describe, expect, it } from 'vitest';
import { haveSameForm } from '../data/spec.js';
import { memoryTexts } from '../data/text/tokens.test-util.js';
import { scope } from '../engine/index.js';
import { askedFor } from './asked.js';
import { modalityOf } from './registry.js';
import { tokens } from './tokens.js';

const dataset = memoryTexts([['the cat sat'], ['a dog ran', 'it fell']], { length: 8, form: 'sentences', room: 2 });
const { spec } = dataset;

describe('tokens', () => {
  it('are shown as text, special tokens too', () => {
    scope(() =>
      expect(tokens.show(dataset.collate([1]), 0, spec)).toEqual({ kind: 'text', text: 'a dog ran it fell' }),
    );
    const stream = memoryTexts([['the cat'], ['a dog']], { length: 5 });
    scope(() =>
      expect(tokens.show(stream.collate([0]), 0, stream.spec)).toEqual({ kind: 'text', text: 'the cat [SEP] a dog' }),
    );
    const unknown = { ...spec, tokenizer: 'never read' };
    scope(() =>
      expect(tokens.show(dataset.collate([0]), 0, unknown)).toMatchObject({
        text: expect.stringMatching(/^\d+ \d+ \d+$/),
      }),
    );
  });

  it('have a spec that is read back, and tell their form', () => {
    expect(tokens.schema.parse(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
    expect(tokens.schema.safeParse({ ...spec, vocabulary: 0 }).success).toBe(false);
    expect(modalityOf(spec)).toBe(tokens);
    expect(tokens.describe(spec)).toMatch(/^sentences of up to 8 tokens, \d+ different ones$/);
    expect(tokens.input(spec)).toMatchObject({ length: 8, vocabulary: spec.vocabulary });
    expect(tokens.formOf(spec)).toEqual({ context: 8, form: 'sentences', room: 2 });
  });

  it('of one tokenizer and length are of one form, however windows are cut', () => {
    const stream = dataset.inWindows({ length: 8, form: 'stream', room: 0 });
    expect(haveSameForm(spec, stream.spec)).toBe(true);
    expect(() => tokens.checkSame(spec, stream)).not.toThrow();
    const longer = dataset.inWindows({ length: 9, form: 'sentences', room: 2 });
    expect(haveSameForm(spec, longer.spec)).toBe(false);
    expect(() => tokens.checkSame(spec, longer)).toThrow('windows of 8 tokens, as in pretraining');
    const other = memoryTexts([['another text']], { length: 8 });
    expect(() => tokens.checkSame(spec, other)).toThrow("was read with another tokenizer than the run's");
  });

  it('need the tokenizer that they were read with', () => {
    expect(() => tokens.checkAssets!(spec, dataset.assets)).not.toThrow();
    expect(() => tokens.checkAssets!(spec, new Map())).toThrow('has no tokenizer.json');
    const changed = new Map([['tokenizer.json', new TextEncoder().encode(`${dataset.tokenizer.json} `)]]);
    expect(() => tokens.checkAssets!(spec, changed)).toThrow('is not the tokenizer that it was trained with');
  });

  it('are checked against what a method needs', () => {
    expect(() => tokens.check(spec, { tokens: { leastContext: 9 } }, 'X')).toThrow(
      'X needs a context of at least 9 tokens, received 8',
    );
    const { special } = spec;
    const bare = { ...spec, special: { ...special, mask: null, begin: null } };
    expect(() => tokens.check(bare, { tokens: { special: ['mask', 'end', 'begin'] } }, 'X')).toThrow(
      'special tokens mask, begin',
    );
    expect(() => tokens.check(spec, { tokens: { leastContext: 8, special: ['mask'] } }, 'X')).not.toThrow();
    expect(() => tokens.check(spec, {}, 'X')).not.toThrow();
  });
});

describe('askedFor', () => {
  const needs = {
    frames: 5,
    tokens: { form: 'sentences', tokenizer: 'wordpiece', vocabulary: 400, context: 64 },
  } as const;

  it('takes what a person asks for, and else what the method asks for', () => {
    expect(askedFor(needs, { context: 32, split: 'test', vocabulary: undefined })).toEqual({
      ...{ frames: 5, form: 'sentences', tokenizer: 'wordpiece', vocabulary: 400, context: 32, split: 'test' },
    });
    expect(askedFor(undefined, { size: 3 })).toEqual({ size: 3 });
  });

  it('does not take the size of a tokenizer for another one', () => {
    expect(askedFor(needs, { tokenizer: './own.json' })).not.toHaveProperty('vocabulary');
    expect(askedFor(needs, { tokenizer: 'bpe', vocabulary: 300 })).toMatchObject({ vocabulary: 300 });
  });
});
