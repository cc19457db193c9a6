import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { previewCommand } from '../cli/preview.js';
import { calibrate } from '../compare/plans.js';
import { openTexts, type TokensDataset } from '../data/index.js';
import type { MethodDefinition } from '../methods/method.js';
import { findMethod, parseMethodOptions } from '../methods/registry.js';
import { batchOfRows, narrativesFor } from '../methods/text/text.test-util.js';
import { openData } from '../modalities/registry.js';
import { pretrain } from '../pretrain.js';
import { reviewData } from './usable.js';

let folder: string;
/** Rows of one sentence each. */
let rows: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'autodidact-usable-'));
  rows = `text:${join(folder, 'rows.jsonl')}`;
  const lines = Array.from({ length: 30 }, (_, i) => `{"text": "The cat number ${i} sleeps in a house."}`);
  writeFileSync(join(folder, 'rows.jsonl'), lines.join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is said of texts of so many sentences. */
async function review(name: string, sentences: number, options: Readonly<Record<string, unknown>> = {}) {
  const definition = findMethod(name);
  const parsed = parseMethodOptions(definition, options, true);
  const { form, room = 0 } = definition.needs?.(parsed).tokens ?? {};
  const texts =
    sentences === 1
      ? await openTexts(rows, { cacheFolder: join(folder, 'cache'), context: 24, room, ...(form && { form }) })
      : await narrativesFor(definition, options, `count=40&test=0&sentences=${sentences}`);
  return reviewData(definition, parsed, texts);
}

describe('texts that a method can learn nothing from', () => {
  it.each([
    ['skip-thoughts', 2, {}],
    ['sentence-order', 2, {}],
    ['sentence-order', 3, { sentences: 4 }],
    ['cpc-text', 1, {}],
    ['pegasus', 1, {}],
    ['bart', 1, { hiddenShare: 0 }],
    ['skip-thoughts', 4, { longest: 2 }],
    ['skip-gram', 4, { leastCount: 10_000 }],
    ['cbow', 4, { leastCount: 10_000 }],
  ])('are refused by %s where texts have %s sentences, options %j', async (name, sentences, options) => {
    await expect(review(name, sentences, options)).rejects.toMatchObject({ code: 'DATA' });
  });

  it.each([
    ['skip-thoughts', 3, {}],
    ['sentence-order', 3, {}],
    ['cpc-text', 2, {}],
    ['pegasus', 2, {}],
    ['bart', 2, {}],
    ['bart', 1, { permutesSentences: false }],
    ['bert', 2, {}],
    ['bert', 1, { secondTask: 'none' }],
    ['t5', 1, {}],
    ['skip-gram', 1, { leastCount: 1 }],
    ['gpt', 1, {}],
  ])('are others than those of %s with %s sentences, options %j', async (name, sentences, options) => {
    expect(await review(name, sentences, options)).toEqual([]);
  });

  it('are named where only a part of the method needs them', async () => {
    const [bert] = await review('bert', 1, { secondTask: 'sentence-order' });
    expect(bert).toMatch(/^The second task of BERT learns from texts with two sentences, and none of the 30 texts /);
    expect(bert).toContain('--second-task none');
    expect((await review('bart', 1))[0]).toMatch(/^The order of sentences of BART/);
  });
});

it('one token is too little for T5', () => {
  const { samples } = batchOfRows([[[7]], [[7, 8]]], 8);
  const { isUsable } = findMethod('t5').usable!(samples as never, { options: {}, spec: null as never })!;
  expect(isUsable).toEqual([false, true]);
});

it('words alone in their sentence teach word vectors nothing', async () => {
  const definition = findMethod('skip-gram');
  const texts = await narrativesFor(definition, {}, 'count=40&test=0&sentences=4');
  const samples = texts.collate([0]);
  const options = parseMethodOptions(definition, { leastCount: 1 }, true);
  const { spec, assets } = texts;
  const usable = (sentence: typeof samples.sentence) =>
    definition.usable!({ ...samples, sentence } as never, { options, spec: spec as never, assets })!.isUsable;
  expect(usable(samples.sentence)).toEqual([true]);
  const alone = samples.sentence.add(samples.start).cumsum(1).add(samples.ids.mul(0).add(1).cumsum(1));
  expect(usable(alone)).toEqual([false]);
});

it('the share is said when few samples are usable, and not when most are', async () => {
  const texts: TokensDataset = await narrativesFor(findMethod('gpt'), {}, 'count=100&test=0&sentences=4');
  const part = texts.subset([...Array(50).keys()]);
  const answering = (usable: number) => {
    let seen = 0;
    return {
      title: 'Toy',
      modalities: [part.spec.modality],
      usable: ({ ids }: { ids: { shape: readonly number[] } }) => ({
        wanted: 'with a toy',
        remedy: 'Give toys.',
        isUsable: Array.from({ length: ids.shape[0]! }, () => seen++ < usable),
      }),
    } as unknown as MethodDefinition;
  };
  expect(reviewData(answering(6), {}, part)).toEqual([
    `Toy learns from texts with a toy: 6 of the 50 texts of ${part.name} that were looked at (12 %). Give toys.`,
  ]);
  expect(reviewData(answering(25), {}, part)).toEqual([]);
  expect(() => reviewData(answering(0), {}, part)).toThrow('and none of the 50 texts');
});

describe('before anything is trained', () => {
  it('pretraining is refused, and makes no folder', async () => {
    const out = join(folder, 'run');
    const training = { epochs: 1, batchSize: 8, width: 8 };
    const open = { cacheFolder: join(folder, 'cache') };
    await expect(pretrain({ method: 'sentence-order', data: rows, open, training, out })).rejects.toThrow(
      'Sentence order learns from texts with three sentences, and none of the 30 texts',
    );
    expect(existsSync(out)).toBe(false);
  });

  it('a comparison goes on without the method, or names what a part of it misses', async () => {
    const asked = { cacheFolder: join(folder, 'cache'), form: 'sentences' as const };
    const texts = await openData(rows, { ...asked, context: 24, room: 4 });
    const request = { recipe: 'auto' as const, backbone: undefined, width: 8 };
    const plan = (name: string) => calibrate(findMethod(name), texts, request, 'cpu');
    await expect(plan('cpc-text')).rejects.toThrow('learns from texts with two');
    expect((await plan('bert')).review.join()).toContain('The second task of BERT');
  });

  it('data of another kind are refused as such', () => {
    const photos = { spec: { modality: 'image' } } as never;
    expect(() => reviewData(findMethod('crw'), {}, photos)).toThrow('learns from videos, received images');
  });

  it('a preview is refused', async () => {
    const out = join(folder, 'x.png');
    const given = ['pegasus', '--data', rows, '--out', out, '--device', 'cpu'];
    await expect(previewCommand().parseAsync(given, { from: 'user' })).rejects.toThrow('PEGASUS learns from texts');
    expect(existsSync(out)).toBe(false);
  });
});
