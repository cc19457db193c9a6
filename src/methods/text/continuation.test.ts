import { describe, expect, it, vi } from 'vitest';
import { createBackbone } from '../../backbones/registry.js';
import type { TextTransformer } from '../../backbones/text-transformer.js';
import { manualSeed, memory, noGrad, ops, type Tensor, tensor, threads, withThreads } from '../../engine/index.js';
import { type ContinuationOptions, continuations, continueTexts, type LanguageModel } from './continuation.js';

const V = 13;
const LENGTH = 16;

/** A network with large random weights, so that its answers depend on what it has read. */
function model(name = 'gpt2-micro'): LanguageModel {
  manualSeed(4);
  const options = { inputChannels: 1, imageSize: LENGTH, length: LENGTH, vocabulary: V, width: 16 };
  const backbone = createBackbone(name, options) as TextTransformer;
  noGrad(() => {
    for (const value of backbone.parameters()) if (value.ndim === 2) value.normal_(0, 0.4);
  });
  backbone.eval();
  return { backbone, logits: (hidden: Tensor) => ops.linear(hidden, backbone.embeddings.tokens.weight) };
}

const PROMPTS = [[1, 2, 3], [4], [5, 6, 7, 8, 9, 10]];
const OPTIONS: ContinuationOptions = { tokens: 9, seed: 3 };

it('refuses a network that gives NaN', () => {
  const gpt = model();
  noGrad(() => gpt.backbone.parameters()[0]!.fill_(Number.NaN));
  for (const temperature of [0, 1])
    expect(() => continuations(gpt, PROMPTS, { ...OPTIONS, temperature })).toThrow('The network gives NaN');
});

describe.each(['gpt1-micro', 'gpt2-micro', 'gpt-modern-micro'])('continuing texts with %s', (name) => {
  const gpt = model(name);

  it('gives the same with and without the cache, beyond the context too', () => {
    for (const tokens of [9, 3 * LENGTH])
      for (const prompts of [[PROMPTS[0]!], PROMPTS]) {
        const options = { ...OPTIONS, tokens };
        const cached = continuations(gpt, prompts, options);
        expect(cached).toEqual(continuations(gpt, prompts, { ...options, useCache: false }));
        expect(cached.every((text) => text.length === tokens)).toBe(true);
      }
  });

  it('gives unequal prompts what each gives alone, beyond the context too', () => {
    const prompts = [...PROMPTS, [7, 1, 12, 3, 9, 4, 2, 8, 11, 5, 6, 10, 0, 3, 7], [9, 9]];
    const greedy = { ...OPTIONS, tokens: 3 * LENGTH, temperature: 0 };
    const together = continuations(gpt, prompts, greedy);
    for (const [row, prompt] of prompts.entries())
      expect(continuations(gpt, [prompt], greedy)[0]).toEqual(together[row]);
  });

  it('takes the most probable token at temperature 0', () => {
    const text = [...PROMPTS[0]!];
    const found = continuations(gpt, [PROMPTS[0]!], { tokens: 5, temperature: 0 })[0]!;
    for (const id of found) {
      const hidden = noGrad(() => gpt.backbone.read({ ids: tensor([text], { dtype: 'int64' }) }));
      expect(
        gpt
          .logits(hidden)
          .select(1, text.length - 1)
          .argmax(1)
          .item(),
      ).toBe(id);
      text.push(id);
    }
    expect(continuations(gpt, [PROMPTS[0]!], { tokens: 5, topK: 1 })[0]).toEqual(found);
  });
});

describe('continuing texts', () => {
  const gpt = model();

  it('depends on the seed and the place among the prompts alone', () => {
    const texts = (seed: number) => continuations(gpt, PROMPTS, { ...OPTIONS, seed, temperature: 3 });
    expect(texts(3)).toEqual(texts(3));
    expect(texts(4)).not.toEqual(texts(3));
    const [one, other] = continuations(
      gpt,
      [
        [1, 2],
        [1, 2],
      ],
      { ...OPTIONS, temperature: 3 },
    );
    expect(one).not.toEqual(other);
  });

  it('gives one token after the other', () => {
    const steps = [...continueTexts(gpt, PROMPTS, OPTIONS)];
    expect(steps.length).toBe(OPTIONS.tokens);
    const whole = continuations(gpt, PROMPTS, OPTIONS);
    expect(steps.map((step) => step[1])).toEqual(whole[1]);
  });

  it('ends a text at the stop token, and lets the others go on as they would', () => {
    const free = continuations(gpt, PROMPTS, { ...OPTIONS, temperature: 0, tokens: 12 });
    const stop = free[0]![2]!;
    const ended = continuations(gpt, PROMPTS, { ...OPTIONS, temperature: 0, tokens: 12, stop });
    for (const [row, text] of free.entries()) {
      const at = text.indexOf(stop);
      expect(ended[row]).toEqual(at < 0 ? text : text.slice(0, at));
    }
    expect(ended[0]!.length).toBeLessThan(3);
  });

  it('does not read texts that have ended anew, and again with each token', () => {
    const columns: number[] = [];
    const read = gpt.backbone.read.bind(gpt.backbone);
    const watched = vi.spyOn(gpt.backbone, 'read').mockImplementation((input) => {
      columns.push(input.ids.size(1));
      return read(input);
    });
    const options = { ...OPTIONS, temperature: 0, tokens: 12 };
    const short = [1, 2];
    const given = continuations(gpt, [short], options)[0]!;
    const next = (prompt: number[]): number => continuations(gpt, [prompt], options)[0]![0]!;
    const longs = Array.from({ length: V }, (_, k) => Array.from({ length: LENGTH - 2 }, (_, i) => (i * k) % V));
    const long = longs.find((prompt) => !given.includes(next(prompt)))!;
    const stop = next(long);
    columns.length = 0;
    expect(continuations(gpt, [long, short], { ...options, stop }).map((text) => text.length)).toEqual([0, 12]);
    expect(columns.filter((count) => count > 1)).toEqual([LENGTH - 2, 4]);
    watched.mockRestore();
  });

  it('reads anew only the texts that fill the context', () => {
    const shapes: number[][] = [];
    const read = gpt.backbone.read.bind(gpt.backbone);
    const watched = vi.spyOn(gpt.backbone, 'read').mockImplementation((input) => {
      shapes.push(input.ids.shape);
      return read(input);
    });
    const prompts = [3, 14, 9].map((length) => Array.from({ length }, (_, i) => i % V));
    continuations(gpt, prompts, { ...OPTIONS, tokens: 20 });
    // After 2, 7, 10, 13, 15 and 18 new tokens, one of the texts is full.
    expect(shapes.filter(([, columns]) => columns! > 1)).toEqual([[3, 14], ...Array(6).fill([1, LENGTH / 2 - 1])]);
    watched.mockRestore();
  });

  it('continues no more texts at once than the memory holds, and each as it would', () => {
    const batches: number[] = [];
    const makeCache = gpt.backbone.makeCache.bind(gpt.backbone);
    const watched = vi.spyOn(gpt.backbone, 'makeCache').mockImplementation((batch) => {
      batches.push(batch);
      return makeCache(batch);
    });
    const prompts = [...PROMPTS, [1, 2], [1, 2]];
    const options = { ...OPTIONS, tokens: 5, temperature: 3 };
    const whole = continuations(gpt, prompts, options);
    const { blocks, length, width } = gpt.backbone.options;
    expect(continuations(gpt, prompts, { ...options, cacheBytes: 2 * (2 * 4 * blocks * length * width) })).toEqual(
      whole,
    );
    expect(batches).toEqual([5, 2, 2, 1]);
    expect(continuations(gpt, prompts, { ...options, cacheBytes: 1 })).toEqual(whole);
    const steps = [...continueTexts(gpt, prompts, { ...options, cacheBytes: 1 })];
    expect(steps).toHaveLength(5 * 5);
    expect(steps[7]).toEqual([null, whole[1]![2], null, null, null]);
    watched.mockRestore();
  });

  it('never draws what it must not', () => {
    const free = continuations(gpt, PROMPTS, { ...OPTIONS, temperature: 0 }).flat();
    const never = [...new Set(free)].slice(0, 2);
    const found = continuations(gpt, PROMPTS, { ...OPTIONS, temperature: 0, never }).flat();
    expect(found.filter((id) => never.includes(id))).toEqual([]);
    expect(found.length).toBe(free.length);
  });

  it('leaves nothing behind, even when it is not read to the end', () => {
    const before = memory().tensors;
    continuations(gpt, PROMPTS, { ...OPTIONS, tokens: 3 * LENGTH });
    for (const _ of continueTexts(gpt, PROMPTS, OPTIONS)) break;
    expect(memory().tensors).toBe(before);
  });

  it('refuses prompts that it cannot read', () => {
    const attempt =
      (prompts: number[][], options: Partial<ContinuationOptions> = {}) =>
      () =>
        continuations(gpt, prompts, { ...OPTIONS, ...options });
    expect(attempt([[]])).toThrow('The prompt is empty');
    expect(attempt([[1], []])).toThrow('Prompt 2 is empty');
    expect(attempt([Array(17).fill(1)])).toThrow('The prompt has 17 tokens, but the network reads at most 16');
    expect(attempt([[1, 13]])).toThrow('ids from 0 to 12');
    expect(attempt([[1]], { tokens: 0 })).toThrow('a whole number from 1 on');
    expect(attempt([[1]], { topP: 2 })).toThrow('topP');
    expect(attempt([[1]], { cacheBytes: 0 })).toThrow('a number above 0');
  });
});

it('reads single tokens of a small network on one thread, and all else on all', () => {
  const gpt = model();
  const used = (copies: number, useCache = true): number[] => {
    const found: number[] = [];
    const watched: LanguageModel = {
      backbone: gpt.backbone,
      logits(hidden) {
        found.push(threads());
        return gpt.logits(hidden);
      },
    };
    const prompts = Array.from({ length: copies }, () => [1, 2, 3]);
    withThreads(3, () => continuations(watched, prompts, { tokens: 3, useCache }));
    return found;
  };
  expect(used(1)).toEqual([3, 1, 1]);
  expect(used(1, false)).toEqual([3, 3, 3]);
  const weights = gpt.backbone.parameters().reduce((sum, { numel }) => sum + numel, 0);
  expect(used(Math.floor(4e6 / weights))).toEqual([3, 1, 1]);
  expect(used(Math.floor(4e6 / weights) + 1)).toEqual([3, 3, 3]);
});
