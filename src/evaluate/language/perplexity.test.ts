import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../backbones/registry.js';
import type { TextTransformer } from '../../backbones/text-transformer.js';
import type { Dataset, TokensSpec } from '../../data/index.js';
import { manualSeed, noGrad, ops, type Tensor, tensor } from '../../engine/index.js';
import { charactersOf } from '../../methods/text/characters.test-util.js';
import type { LanguageModel } from '../../methods/text/continuation.js';
import { perplexity } from './perplexity.js';

const tokenizer = charactersOf('a bcé');

/** Windows of 6 characters, the last one shorter. */
const texts = (windows: readonly string[]): Dataset<TokensSpec> =>
  ofIds(windows.map((text) => [...tokenizer.encode(text)]));

function ofIds(rows: readonly (readonly number[])[]): Dataset<TokensSpec> {
  return {
    count: rows.length,
    collate(indices: readonly number[]) {
      const chosen = indices.map((i) => rows[i]!);
      const ids = chosen.map((row) => [...row, ...Array<number>(6 - row.length).fill(0)]);
      return {
        ids: tensor(ids, { dtype: 'int64' }),
        lengths: tensor(
          chosen.map(({ length }) => length),
          { dtype: 'int64' },
        ),
      };
    },
  } as unknown as Dataset<TokensSpec>;
}

function network(): LanguageModel {
  manualSeed(1);
  const options = { inputChannels: 1, imageSize: 8, length: 8, vocabulary: tokenizer.vocabulary, width: 16 };
  const backbone = createBackbone('gpt2-micro', options) as TextTransformer;
  return { backbone, logits: (hidden: Tensor) => ops.linear(hidden, backbone.embeddings.tokens.weight) };
}

describe('perplexity', () => {
  it('of a network that knows nothing is the size of the vocabulary, per token', () => {
    const model = network();
    noGrad(() => model.backbone.embeddings.tokens.weight.zero_());
    const found = perplexity(model, tokenizer, texts(['ab cab', 'ééabc']));
    expect(found.tokens).toBe(5 + 4);
    expect(found.bytes).toBe(5 + 5); // é has two
    expect(found.words).toBe(2 + 1); // "b cab" and "éabc"
    expect(found.perToken).toBeCloseTo(tokenizer.vocabulary, 4);
    expect(found.perWord).toBeCloseTo(tokenizer.vocabulary ** (9 / 3), 2);
    expect(found.bitsPerByte).toBeCloseTo((Math.log2(tokenizer.vocabulary) * 9) / 10, 5);
  });

  it('adds up the losses of single tokens, whatever the padding', () => {
    const model = network();
    const windows = ['ab cab', 'bca'];
    let sum = 0;
    for (const text of windows) {
      const ids = [...tokenizer.encode(text)];
      const logits = noGrad(() => model.logits(model.backbone.read({ ids: tensor([ids], { dtype: 'int64' }) })));
      const shares = logits.logSoftmax(-1).flatten().toNumbers();
      for (let t = 1; t < ids.length; t++) sum -= shares[(t - 1) * tokenizer.vocabulary + ids[t]!]!;
    }
    expect(perplexity(model, tokenizer, texts(windows)).nats).toBeCloseTo(sum, 3);
  });

  it('counts the marks between documents as predicted, and as no bytes; and what is unknown', () => {
    const { end, unknown } = tokenizer.special;
    const rows = [
      [...tokenizer.encode('ab'), end!, ...tokenizer.encode('ca')],
      [...tokenizer.encode('a'), unknown!],
    ];
    const found = perplexity(network(), tokenizer, ofIds(rows));
    expect(found).toMatchObject({ tokens: 5, unknown: 1, words: 3 });
    expect(found.bytes).toBe(1 + 2 + Buffer.byteLength(tokenizer.token(unknown!)));
  });

  it('refuses a network that gives NaN', () => {
    const model = network();
    noGrad(() => model.backbone.embeddings.tokens.weight.fill_(Number.NaN));
    expect(() => perplexity(model, tokenizer, texts(['ab cab']))).toThrow('The losses of the network add up to NaN');
  });

  it('refuses text with nothing to predict', () => {
    expect(() => perplexity(network(), tokenizer, texts(['a']))).toThrow('Expected text to predict');
  });
});
