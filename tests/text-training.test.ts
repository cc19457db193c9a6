/** Training, resume, measuring and embedding on text, by a method of this file that the library does not know. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { Backbone, type BackboneOptions } from '../src/backbones/backbone.js';
import { type Tokens, type TokensDataset, type TokensSpec, tokenCounts, tokenizerOf } from '../src/data/index.js';
import { manualSeed, ops, type Tensor } from '../src/engine/index.js';
import { Embedding, Linear } from '../src/engine/nn/index.js';
import { readSafetensors } from '../src/engine/safetensors.js';
import { evaluate } from '../src/evaluate/evaluate.js';
import { extractFeatures } from '../src/evaluate/features.js';
import {
  type Batch,
  defineMethod,
  Method,
  type MethodContext,
  type Outcome,
  type Preview,
} from '../src/methods/method.js';
import { registerMethod } from '../src/methods/registry.js';
import { pretrain, resumeRun } from '../src/pretrain.js';
import { loadRun } from '../src/train/load.js';
import { openRunData } from '../src/train/run-data.js';
import type { RunEvent } from '../src/train/run-events.js';
import { put, temporaryFolder } from './data-files.js';

const at = temporaryFolder();
const cacheFolder = at('cache');
const DATA = 'synthetic:narratives?count=80&test=40&sentences=3';

/** The mean of the embeddings of a window's tokens; -1 is padding. */
class BagEncoder extends Backbone {
  override readonly architecture = 'bag';
  override readonly options: BackboneOptions;
  override readonly featureSize = 16;
  override readonly layers = ['bag'];
  readonly table: Embedding;

  constructor({ vocabulary, length }: TokensSpec) {
    super();
    this.options = { inputChannels: 1, imageSize: length, length, vocabulary };
    this.table = new Embedding(vocabulary, 16);
  }

  override maps(ids: Tensor): Tensor {
    const isToken = ids.ge(0).to('float32').unsqueeze(2);
    const sum = this.table.forward(ids.clampMin(0)).mul(isToken).sum([1]);
    return sum
      .div(isToken.sum([1]))
      .unsqueeze(2)
      .unsqueeze(3);
  }

  override layerSize = () => 16;
}

/** Guesses the first token of a window from the others. */
class FirstToken extends Method<object, { ids: Tensor; first: Tensor }, never, TokensSpec> {
  readonly head: Linear;
  /** Counts and spelling of the tokens, from the files of the data. */
  readonly counts: Float64Array;
  readonly spelled: (id: number) => string;

  constructor(context: MethodContext<object, TokensSpec>) {
    super(context);
    this.head = new Linear(16, context.spec.vocabulary);
    this.counts = tokenCounts(context.assets);
    const tokenizer = tokenizerOf(context.assets);
    this.spelled = (id) => tokenizer.shown(id);
  }

  override views({ samples }: Batch<TokensSpec>) {
    const ids = this.prepare(samples);
    const first = ids.select(1, 0).clone();
    const others = ids.clone();
    others.select(1, 0).fill_(-1);
    return { ids: others, first };
  }

  override loss({ ids, first }: { ids: Tensor; first: Tensor }): Outcome<never> {
    const features = this.backbone.features(ids);
    return { loss: ops.crossEntropy(this.head.forward(features), first), features };
  }

  override preview({ samples }: Batch<TokensSpec>): Preview[] {
    const rows = samples.ids
      .select(1, 0)
      .toNumbers()
      .map((id) => [{ text: this.spelled(id) }]);
    return [{ title: 'First tokens', explanation: 'The first token of each window.', rows }];
  }
}

const recipe = {
  ...{ backbone: 'bag', epochs: 4, batchSize: 8, optimizer: 'adam' as const, learningRate: 0.02 },
  ...{ weightDecay: 0, schedule: 'constant' as const },
};

const firstToken = defineMethod<z.ZodObject, TokensSpec>({
  name: 'first-token',
  title: 'First token',
  family: 'toys',
  summary: 'Guess the first token.',
  paper: { title: 'None', authors: 'Nobody', year: 2026, url: 'https://example.org' },
  score: { metric: 'loss', name: 'cross-entropy', better: 'lower' },
  recipes: { paper: recipe, small: recipe },
  modalities: ['tokens'],
  options: z.object({}),
  needs: () => ({
    tokens: { form: 'sentences', tokenizer: 'words', context: 48, room: 2, leastContext: 4, special: ['mask'] },
  }),
  encoder({ spec, assets }) {
    expect(tokenizerOf(assets).hash).toBe(spec.tokenizer);
    manualSeed(1);
    const prepare = ({ ids, lengths }: Tokens): Tensor =>
      ids.maskedFill(ops.arange(0, spec.length, 1, { dtype: 'int64' }).ge(lengths.unsqueeze(1)), -1);
    return { spec, backbone: new BagEncoder(spec), preparation: { note: 'ids, -1 at padding' }, prepare };
  },
  create: (context) => new FirstToken(context as never) as never,
});

function registered(): void {
  onTestFinished(registerMethod(firstToken as never));
}

const training = { epochs: 4, batchSize: 8, width: null, device: 'cpu', checkpointEvery: 1, monitorEvery: 1 };
const run = (name: string, more: object = {}) =>
  pretrain({
    ...{ method: firstToken as never, data: DATA, training, out: at(name), open: { cacheFolder } },
    ...more,
  });

const lossesOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === 'step' ? [[event.step, event.loss] as const] : []));

describe('training on text', () => {
  it('opens the windows and the tokenizer that the method asks for, unless a person asks for others', async () => {
    registered();
    const seen: TokensDataset[] = [];
    const onData = (data: unknown) => void seen.push(data as TokensDataset);
    const short = { ...training, epochs: 0.2 };
    await run('asked', { onData, training: short });
    await run('given', { onData, training: short, open: { cacheFolder, tokenizer: 'characters', context: 64 } });
    expect(seen.map(({ spec }) => [spec.length, spec.room, spec.form])).toEqual([
      [48, 2, 'sentences'],
      [64, 2, 'sentences'],
    ]);
    expect(seen.map(({ tokenizer }) => tokenizer.token(20).length > 1)).toEqual([true, false]);
    // The words of the test side are no part of the training.
    expect(seen[0]!.documentCount).toBe(80);
    await expect(run('short', { open: { cacheFolder, context: 3 } })).rejects.toThrow(
      'First token needs a context of at least 4 tokens, received 3. Raise --context.',
    );
    const noMask = put(
      at('no-mask.json'),
      JSON.stringify({ model: { type: 'WordLevel', vocab: { a: 0 }, unk_token: 'a' } }),
    );
    await expect(run('no mask', { open: { cacheFolder, tokenizer: noMask } })).rejects.toThrow(
      'First token needs a tokenizer with the special tokens mask',
    );
    await expect(run('images', { data: 'synthetic:objects?count=8&test=0' })).rejects.toThrow(
      'First token learns from texts, received images',
    );
    await expect(run('rotation', { method: 'rotation' })).rejects.toThrow('RotNet learns from images, received texts');
  });

  it.each([
    ['adam', 'constant'],
    ['lamb', 'linear'],
    ['adafactor', 'inverse-sqrt'],
  ])('goes on bit for bit with %s, also when it was stopped twice', async (optimizer, schedule) => {
    registered();
    const rule = { training: { ...training, optimizer, schedule } };
    const [wholeRun, stoppedRun] = [`whole ${optimizer}`, `stopped ${optimizer}`];
    const whole: RunEvent[] = [];
    await run(wholeRun, { ...rule, onEvent: (event: RunEvent) => whole.push(event) });
    const stop = new AbortController();
    const parts: RunEvent[] = [];
    const first = await run(stoppedRun, {
      ...rule,
      signal: stop.signal,
      onEvent(event: RunEvent) {
        parts.push(event);
        if (event.type === 'step' && event.step === 3) stop.abort();
      },
    });
    expect(first.reason).toBe('stopped');
    const again = new AbortController();
    const second = await resumeRun(at(stoppedRun), {
      signal: again.signal,
      onEvent(event) {
        parts.push(event);
        if (event.type === 'step' && event.step === 17) again.abort();
      },
    });
    expect(second.reason).toBe('stopped');
    await resumeRun(at(stoppedRun), { onEvent: (event) => parts.push(event) });
    expect(new Map(lossesOf(parts))).toEqual(new Map(lossesOf(whole)));
    expect(lossesOf(whole).length).toBeGreaterThan(20);
    expect(lossesOf(whole).at(-1)![1]).toBeLessThan(lossesOf(whole)[0]![1]);
  });

  it('keeps the tokenizer, by which other texts are read; another one is refused', async () => {
    registered();
    const { folder } = await run('kept', { training: { ...training, epochs: 1 } });
    const kept = folder.file('assets', 'tokenizer.json');
    const loaded = loadRun(folder.path);
    const { config, assets, encoder } = loaded;
    const { metadata } = readSafetensors(folder.file('encoder.safetensors'));
    expect(JSON.parse(metadata.assets!)['tokenizer.json']).toBe(readFileSync(kept, 'utf8'));
    const other = put(at('other', 'a.txt'), 'First the cook sleeps. Then the zebra finds the pie.');
    const texts = await openRunData(config, { spec: other, split: 'all', assets, cacheFolder });
    expect((texts as unknown as TokensDataset).textOf(0)).toBe('first the cook [UNK]. then the [UNK] finds the pie.');
    const features = await extractFeatures(encoder, texts);
    expect(features.shape).toEqual([texts.count, 16]);
    features.dispose();
    loaded.method.dispose();
    await expect(openRunData(config, { spec: other, split: 'all', cacheFolder })).rejects.toThrow(
      "a.txt was read with another tokenizer than the run's",
    );
    writeFileSync(kept, readFileSync(kept, 'utf8').replace('cook', 'cool'));
    expect(() => loadRun(folder.path)).toThrow('is not the tokenizer that it was trained with');
    await expect(resumeRun(folder.path)).rejects.toThrow(/tokenizer/);
  });

  it('is measured by classes, with windows of one document each, whatever was trained on', async () => {
    registered();
    const { folder } = await run('measured', { open: { cacheFolder, form: 'stream', context: 24 } });
    expect(existsSync(folder.file('encoder.safetensors'))).toBe(true);
    const loaded = loadRun(folder.path);
    const { config, assets } = loaded;
    const open = (split: 'train' | 'test') => openRunData(config, { split, assets, isLabeled: true, cacheFolder });
    const [train, test] = [await open('train'), await open('test')];
    expect([train, test].map(({ spec }) => (spec as TokensSpec).form)).toEqual(['sentences', 'sentences']);
    expect(train.labels!.every((label) => label >= 0)).toBe(true);
    const result = await evaluate({
      ...{ run: loaded, train, test, protocols: ['knn', 'linear', 'finetune'], baselines: ['random', 'supervised'] },
      ...{ labels: [1], seeds: [0], finetune: { steps: 20 } },
    });
    loaded.method.dispose();
    const score = (encoder: string, protocol: string) =>
      result.rows.find((row) => row.encoder === encoder && row.protocol === protocol)!.value;
    expect(score('pretrained', 'linear')).toBeGreaterThan(0.9);
    expect(score('pretrained', 'knn')).toBeGreaterThan(0.5);
  });
});
