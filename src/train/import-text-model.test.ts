import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import { openGpt } from '../cli/open-gpt.js';
import { wordsTokenizer } from '../data/text/words-tokenizer.js';
import { noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { readSafetensors, writeSafetensors } from '../engine/safetensors.js';
import { extractFeatures } from '../evaluate/features.js';
import { exportTransformers } from '../export/transformers/export-transformers.js';
import type { Bert } from '../methods/text/bert.js';
import { continuations } from '../methods/text/continuation.js';
import type { Gpt } from '../methods/text/gpt.js';
import { type ImportedMethod, importTextModel } from './import-text-model.js';
import { loadRun } from './load.js';
import { openRunData } from './run-data.js';

const at = temporaryFolder();

/** Made by tests/golden/make_text_models.py with the Python package `transformers`. */
const models = fileURLToPath(new URL('../../tests/golden/text-models/', import.meta.url));
const { configs } = JSON.parse(readFileSync(`${models}layouts.json`, 'utf8')) as {
  configs: Record<string, Record<string, unknown>>;
};
const golden = JSON.parse(readFileSync(`${models}logits.json`, 'utf8')) as Record<string, number[][][]> & {
  ids: number[][];
  mask: number[][];
  segments: number[][];
};
/** 40 tokens with the special ones, as the committed models have. */
const WORDS = Array.from({ length: 35 }, (_, i) => `w${String.fromCharCode(97 + Math.floor(i / 7), 97 + (i % 7))}`);

interface Changes {
  config?: Record<string, unknown>;
  words?: readonly string[];
  /** Files that are left out. */
  without?: string;
  weights?(tensors: Map<string, Tensor>): void;
}

/** A folder as the package saves it. */
function published(name: string, { config, words = WORDS, without, weights }: Changes = {}): string {
  const folder = at(`${name}-${Math.random()}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...configs[name], ...config }));
  writeFileSync(join(folder, 'tokenizer.json'), wordsTokenizer(words).json);
  const file = join(folder, 'model.safetensors');
  if (weights === undefined) copyFileSync(`${models}${name}.safetensors`, file);
  else {
    const tensors = new Map(readSafetensors(`${models}${name}.safetensors`).tensors);
    weights(tensors);
    writeSafetensors(file, tensors);
  }
  if (without === undefined) return folder;
  const kept = ['config.json', 'tokenizer.json', 'model.safetensors'].filter((part) => part !== without);
  const part = at(`${name}-${Math.random()}`);
  mkdirSync(part);
  for (const one of kept) copyFileSync(join(folder, one), join(part, one));
  return part;
}

function imported(method: ImportedMethod, folder: string) {
  const out = at(`run-${Math.random()}`);
  return { out, ...importTextModel(method, folder, out) };
}

const ids = (): Tensor =>
  tensor(
    golden.ids.map((row, i) => row.map((id, t) => (golden.mask[i]![t] === 1 ? id : -1))),
    { dtype: 'int64' },
  );
/** Largest difference over the real tokens. */
const difference = (logits: Tensor, wanted: number[][][]): number =>
  logits.sub(tensor(wanted)).mul(tensor(golden.mask).unsqueeze(2)).abs().max().item();

function gptLogits(gpt: Gpt): Tensor {
  return noGrad(() => gpt.logits(gpt.backbone.read(gpt.backbone.inputOf(ids()))));
}

function bertLogits({ backbone, head }: Bert): Tensor {
  return noGrad(() => {
    const segments = tensor(golden.segments, { dtype: 'int64' });
    const hidden = backbone.read(backbone.inputOf(ops.stack([ids(), segments], 1)));
    return head.forward(hidden, backbone.embeddings.tokens.weight);
  });
}

const load = <M>(out: string): M => {
  const { method } = loadRun(out, { device: 'cpu' });
  return method.eval() as unknown as M;
};

describe('a published model becomes a run', () => {
  it.each(['gpt2', 'gpt1'])('%s with the same logits', (name) => {
    const { out, notes, network } = imported('gpt', published(name));
    expect(notes).toEqual([]);
    expect(network).toMatchObject({ architecture: `${name}-micro`, width: 16, depth: 2, length: 16, vocabulary: 40 });
    scope(() => expect(difference(gptLogits(load<Gpt>(out)), golden[name]!)).toBeLessThan(2e-5));
    // A window holds the token that follows the last place, too.
    expect(loadRun(out, { device: 'cpu' }).encoder.spec).toMatchObject({ length: 17 });
  });

  it('BERT with the same logits, its head included', () => {
    const { out, notes } = imported('bert', published('bert'));
    expect(notes).toEqual([]);
    const bert = load<Bert>(out);
    expect(bert.order).toBeNull();
    expect(loadRun(out, { device: 'cpu' }).encoder.spec).toMatchObject({ length: 16 });
    scope(() => expect(difference(bertLogits(bert), golden.bert!)).toBeLessThan(2e-5));
  });

  it('BERT in the spelling of early files, and with its second task', () => {
    const answer = tensor([Array(16).fill(0.5), Array(16).fill(-0.25)]);
    const folder = published('bert', {
      weights(tensors) {
        const early = (key: string) =>
          key.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta');
        for (const [key, value] of [...tensors]) {
          tensors.delete(key);
          tensors.set(early(key), value);
        }
        tensors.set('cls.seq_relationship.weight', answer);
        tensors.set('cls.seq_relationship.bias', tensor([1, 2]));
      },
    });
    const { out, notes } = imported('bert', folder);
    expect(notes).toEqual([
      'bert.pooler.dense.weight, bert.pooler.dense.bias are not in the file and stay as initialized',
    ]);
    const bert = load<Bert>(out);
    scope(() => expect(difference(bertLogits(bert), golden.bert!)).toBeLessThan(2e-5));
    expect(bert.order!.answer.weight.toNumbers()).toEqual(answer.toNumbers());
    expect(bert.order!.answer.bias!.toNumbers()).toEqual([1, 2]);
  });

  it('that writes texts, reads texts, and is written as it came', async () => {
    const folder = published('gpt2');
    const { out } = imported('gpt', folder);
    const { method, config, encoder, assets } = loadRun(out, { device: 'cpu' });
    expect(continuations(method as unknown as Gpt, [[7, 8]], { tokens: 20, seed: 1 })[0]).toHaveLength(20);
    const file = at('texts.txt');
    writeFileSync(file, `${WORDS.slice(0, 12).join(' ')}.\n${WORDS.slice(5, 30).join(' ')}.`);
    const texts = await openRunData(config, { spec: `text:${file}`, split: 'all', assets, cacheFolder: at('cache') });
    expect(texts.spec.modality).toBe('tokens');
    expect((await extractFeatures(encoder, texts)).size(1)).toBe(16);
    const back = at('back');
    const origin = {
      method: 'gpt',
      options: config.options,
      backbone: 'gpt2-micro',
      width: 16,
      samples: encoder.spec,
      assets,
    };
    exportTransformers({ encoder, origin, method }, back);
    const again = imported('gpt', back);
    scope(() => expect(difference(gptLogits(load<Gpt>(again.out)), golden.gpt2!)).toBeLessThan(2e-5));
  });
});

it('what writes texts names the way for weights that are no run', () => {
  const folder = published('gpt2');
  for (const path of [folder, join(folder, 'model.safetensors')])
    expect(() => openGpt(path, 'cpu')).toThrow(
      expect.objectContaining({ code: 'USAGE', remedy: expect.stringContaining('autodidact import gpt') }),
    );
});

describe('what is not taken', () => {
  it.each([
    ['another activation of GPT-2', 'gpt', 'gpt2', { activation_function: 'gelu' }, /activation_function/],
    ['another activation of GPT-1', 'gpt', 'gpt1', { afn: 'relu' }, /afn/],
    [
      'another activation of BERT',
      'bert',
      'bert',
      { hidden_act: 'relu' },
      /^Expected gelu, as bert has it, for `hidden_act`/,
    ],
    ['the tanh form of GELU in BERT', 'bert', 'bert', { hidden_act: 'gelu_new' }, /hidden_act/],
    ['other hidden layers', 'gpt', 'gpt2', { n_inner: 32 }, /n_inner/],
    ['positions by distance', 'bert', 'bert', { position_embedding_type: 'relative_key' }, /position_embedding_type/],
    ['a head of its own', 'gpt', 'gpt2', { tie_word_embeddings: false }, /tie_word_embeddings/],
    ['another number of heads', 'gpt', 'gpt2', { n_head: 8 }, /has 8 heads and 16 dimensions/],
    ['another family', 'gpt', 'bert', {}, /model_type gpt2 or openai-gpt/],
    ['a family that BERT has as options', 'bert', 'albert', {}, /model_type bert/],
    ['a network without a width', 'gpt', 'gpt2', { n_embd: 'wide' }, /n_embd/],
    ['more blocks than the file has', 'gpt', 'gpt2', { n_layer: 3 }, /does not fit its config.json: it lacks blocks.2/],
    ['another width than that of the file', 'gpt', 'gpt2', { n_embd: 20 }, /fit/],
  ] as const)('is %s', (_, method, name, config, message) => {
    const out = at(`refused-${Math.random()}`);
    const run = () => importTextModel(method, published(name, { config }), out);
    expect(run).toThrow(message);
    expect(run).toThrow(expect.objectContaining({ code: 'DATA' }));
    expect(existsSync(out)).toBe(false);
  });

  it('is a folder without one of the files, or with another tokenizer', () => {
    for (const without of ['config.json', 'tokenizer.json', 'model.safetensors'])
      expect(() => imported('gpt', published('gpt2', { without }))).toThrow(
        expect.objectContaining({ code: 'NOT_FOUND' }),
      );
    expect(() => imported('gpt', published('gpt2', { words: WORDS.slice(1) }))).toThrow(
      'tokenizer.json has 39 tokens where the network has 40',
    );
  });
});
