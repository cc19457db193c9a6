import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../tests/data-files.js';
import type { BackboneOptions } from '../../backbones/backbone.js';
import { createBackbone } from '../../backbones/registry.js';
import type { TextTransformer } from '../../backbones/text-transformer.js';
import { memoryTexts } from '../../data/text/tokens.test-util.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { readSafetensors } from '../../engine/safetensors.js';
import { standardizedBy } from '../../methods/encoders.js';
import { imageSpec } from '../../methods/make.test-util.js';
import type { Method } from '../../methods/method.js';
import { findMethod, parseMethodOptions } from '../../methods/registry.js';
import type { Bert } from '../../methods/text/bert.js';
import { makeFor } from '../../methods/text/text.test-util.js';
import type { EncoderOrigin } from '../../train/encoder-file.js';
import { loadEncoder } from '../../train/load-encoder.js';
import { exportTransformers } from './export-transformers.js';

const at = temporaryFolder();

/** Made by tests/golden/make_text_models.py with the Python package `transformers`. */
const golden = fileURLToPath(new URL('../../../tests/golden/text-models/', import.meta.url));
const { configs, shapes } = JSON.parse(readFileSync(`${golden}layouts.json`, 'utf8')) as {
  configs: Record<string, Record<string, unknown>>;
  shapes: Record<string, Record<string, number[]>>;
};
/** Vocabulary and positions of the committed models; tokens before the first position in `roberta-prelayernorm`. */
const [VOCABULARY, LENGTH, PADDING_ROWS] = [40, 16, 3];

const SENTENCES = [
  ['The first text is short.', 'It has two sentences.'],
  ['The second one is longer than that, and has a comma.', 'So it is read to its end.'],
  ['[MASK] is a word here.', 'And there it is none.'],
];
const framed = memoryTexts(SENTENCES, { kind: 'wordpiece', length: LENGTH, form: 'sentences', room: 3 });
/** The network reads one token less. */
const stream = memoryTexts(SENTENCES, { kind: 'bpe', length: LENGTH + 1 });

interface Case {
  method: 'gpt' | 'bert';
  backbone: string;
  options: Readonly<Record<string, unknown>>;
  /** The committed model of the same form. */
  golden: string;
  /** Names of BERT's head: its layer, its norm, its bias. */
  head?: readonly [string, string, string];
}

const NSP = { secondTask: 'next-sentence', dropout: 0.1 };
const ALONE = { secondTask: 'none', dropout: 0.1 };
const SMALL = { embeddingSize: 8 };
const OF_BERT = [
  'cls.predictions.transform.dense',
  'cls.predictions.transform.LayerNorm',
  'cls.predictions.bias',
] as const;
const OF_ALBERT = ['predictions.dense', 'predictions.LayerNorm', 'predictions.bias'] as const;
const OF_ELECTRA = [
  'generator_predictions.dense',
  'generator_predictions.LayerNorm',
  'generator_lm_head.bias',
] as const;
const OF_PRE_NORM = ['lm_head.dense', 'lm_head.layer_norm', 'lm_head.bias'] as const;

const CASES: readonly Case[] = [
  { method: 'gpt', backbone: 'gpt2-micro', options: { blocks: 2, dropout: 0.1 }, golden: 'gpt2' },
  { method: 'gpt', backbone: 'gpt1-micro', options: { blocks: 2, dropout: 0.1 }, golden: 'gpt1' },
  { method: 'bert', backbone: 'bert-mini', options: ALONE, golden: 'bert', head: OF_BERT },
  { method: 'bert', backbone: 'bert-mini', options: NSP, golden: 'bert-both', head: OF_BERT },
  {
    method: 'bert',
    backbone: 'bert-mini',
    options: { ...ALONE, ...SMALL, sharesLayers: true },
    golden: 'albert',
    head: OF_ALBERT,
  },
  {
    method: 'bert',
    backbone: 'bert-mini',
    options: { ...NSP, ...SMALL, secondTask: 'sentence-order', sharesLayers: true },
    golden: 'albert-both',
    head: OF_ALBERT,
  },
  { method: 'bert', backbone: 'bert-mini', options: { ...ALONE, ...SMALL }, golden: 'electra', head: OF_ELECTRA },
  { method: 'bert', backbone: 'bert-micro', options: NSP, golden: 'roberta-prelayernorm', head: OF_PRE_NORM },
];

/** A method of random weights that all show, and how its encoder is made again. */
function madeBy({ method, backbone, options }: Pick<Case, 'method' | 'backbone' | 'options'>) {
  const texts = method === 'gpt' ? stream : framed;
  const definition = findMethod(method);
  const made = makeFor<Method>(definition, texts, options, { width: 16, architecture: backbone });
  const random = new Generator(4);
  noGrad(() => scope(() => made.parameters().map((value) => value.normal_(0, 0.3, { generator: random }))));
  made.eval();
  const parsed = parseMethodOptions(definition, options, true);
  const { spec: samples, assets } = texts;
  const origin: EncoderOrigin = { method, options: parsed, backbone, width: 16, samples, assets };
  return { texts, method: made, encoder: made.encoder, origin };
}

const json = (...path: string[]) => JSON.parse(readFileSync(at(...path), 'utf8'));
const shapesIn = (file: string): Record<string, readonly number[]> =>
  Object.fromEntries([...readSafetensors(file).tensors].map(([name, { shape }]) => [name, shape]));

describe.each(CASES)('$backbone of $method as $golden', (which) => {
  const { texts, method, encoder, origin } = madeBy(which);
  const name = `${which.golden}-${which.backbone}`;
  const exported = exportTransformers({ encoder, origin, method }, at(name));

  it('has the names, shapes and configuration of a model of the Python package', () => {
    const { vocabulary, special } = texts.spec;
    const written = shapesIn(at(name, 'model.safetensors'));
    const known = shapes[which.golden] ?? shapesIn(`${golden}${which.golden}.safetensors`);
    const positions = LENGTH + (special.pad ?? 0) + 1;
    const inOurs = (size: number) => ({ [VOCABULARY]: vocabulary, [LENGTH + PADDING_ROWS]: positions })[size] ?? size;
    const wanted = Object.entries(known).map(([key, shape]) => [key, shape.map(inOurs)]);
    // The committed models have two blocks.
    const own = Object.entries(written).filter(([key]) => !/layer\.[23]\./.test(key));
    expect(Object.fromEntries(own)).toEqual(Object.fromEntries(wanted));

    const { autodidact, ...config } = json(name, 'config.json');
    expect(autodidact.architecture).toBe(which.backbone);
    const { vocab_size, bos_token_id, eos_token_id, pad_token_id, ...form } = config;
    expect([vocab_size, pad_token_id]).toEqual([vocabulary, special.pad]);
    expect([bos_token_id, eos_token_id]).toEqual([special.begin ?? special.end, special.end]);
    const reference = configs[which.golden]!;
    for (const [key, value] of Object.entries(form)) {
      if (key === 'num_hidden_layers') expect(value).toBe((encoder.backbone as TextTransformer).blocks.length);
      else if (key === 'max_position_embeddings' && which.golden === 'roberta-prelayernorm')
        expect(value).toBe(positions);
      else expect({ [key]: value }).toEqual({ [key]: reference[key] });
    }
  });

  it('gives the same logits when it is read again', () => {
    const { tensors } = readSafetensors(at(name, 'model.safetensors'));
    const loaded = loadEncoder(at(name), { device: 'cpu' });
    const ids = encoder.prepare(texts.collate([0, 1]) as never);
    const logitsOf = (model: TextTransformer): Tensor => {
      const hidden = model.read(model.inputOf(ids));
      const table = model.embeddings.tokens.weight;
      if (which.head === undefined) return ops.linear(hidden, table);
      const [dense, norm, bias] = which.head;
      const of = (key: string): Tensor => tensors.get(key)!;
      const turned = ops.linear(hidden, of(`${dense}.weight`), of(`${dense}.bias`)).gelu();
      const normed = ops.layerNorm(turned, [turned.size(2)], of(`${norm}.weight`), of(`${norm}.bias`), 1e-12);
      return ops.linear(normed, table, of(bias));
    };
    scope(() =>
      noGrad(() => {
        const network = encoder.backbone as TextTransformer;
        const hidden = network.read(network.inputOf(ids));
        const table = network.embeddings.tokens.weight;
        const wanted =
          which.head === undefined
            ? ops.linear(hidden, table)
            : (method as unknown as Bert).head.forward(hidden, table);
        expect(wanted.abs().max().item()).toBeGreaterThan(0.5);
        const given = logitsOf(loaded.encoder.backbone as TextTransformer);
        expect(given.sub(wanted).abs().max().item()).toBe(0);
        const fresh = logitsOf(loaded.makeFresh(3).backbone.eval() as TextTransformer);
        expect(fresh.sub(wanted).abs().max().item()).toBeGreaterThan(0.1);
      }),
    );
  });

  it('names the class that opens it', () => {
    const isGpt = which.method === 'gpt';
    const loader = `AutoModelFor${isGpt ? 'CausalLM' : 'MaskedLM'}.from_pretrained("${at(name)}")`;
    expect(exported.loaders[0]).toEqual({ library: 'transformers', code: loader });
    const isLeftOut = which.options.secondTask !== 'none' && which.golden === 'roberta-prelayernorm';
    expect(exported.notes.length).toBe(isLeftOut ? 1 : 0);
    expect(readdirSync(at(name)).sort()).toEqual([
      ...['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'],
    ]);
  });
});

describe('the tokenizer', () => {
  it('puts the marks around a text, and a second one into a segment of its own', () => {
    const { encoder, origin, method } = madeBy(CASES[3]!);
    exportTransformers({ encoder, origin, method }, at('pairs'));
    const settings = json('pairs', 'tokenizer_config.json');
    expect(settings.model_input_names).toEqual(['input_ids', 'token_type_ids', 'attention_mask']);
    const tokenizer = new Tokenizer(json('pairs', 'tokenizer.json'), settings);
    const { begin, end } = framed.spec.special;
    const [a, b] = ['The first text', 'it is short'].map((text) => [...framed.tokenizer.encode(text)]);
    const pair = tokenizer.encode('The first text', { text_pair: 'it is short', return_token_type_ids: true });
    expect(pair.ids).toEqual([begin, ...a!, end, ...b!, end]);
    const segments = [...new Array(a!.length + 2).fill(0), ...new Array(b!.length + 1).fill(1)];
    expect(pair.token_type_ids).toEqual(segments);
  });

  it('of GPT knows what ends a text', () => {
    const { encoder, origin, method } = madeBy(CASES[0]!);
    exportTransformers({ encoder, origin, method }, at('ends'));
    const { end } = stream.spec.special;
    const settings = json('ends', 'tokenizer_config.json');
    expect(settings).toMatchObject({ eos_token: stream.tokenizer.token(end!), model_max_length: LENGTH });
    expect(json('ends', 'config.json').eos_token_id).toBe(end);
  });
});

describe('what is not written', () => {
  const refused = (given: Pick<Case, 'method' | 'backbone' | 'options'>) => {
    const { encoder, origin, method } = madeBy(given);
    return () => exportTransformers({ encoder, origin, method }, at('refused'));
  };

  it('are networks of no published family, with the reason', () => {
    expect(refused({ method: 'gpt', backbone: 'gpt-modern-micro', options: {} })).toThrow(
      'gpt-modern-micro has rotary positions, normalized queries and keys and squared ReLU',
    );
    expect(refused({ method: 'bert', backbone: 'bert-micro', options: { ...NSP, sharesLayers: true } })).toThrow(
      'norms before the branches',
    );
    const backbone = createBackbone('resnet18', { inputChannels: 3, imageSize: 16, width: 4 } as BackboneOptions);
    const encoder = standardizedBy(backbone, imageSpec(16), { mean: [0, 0, 0], std: [1, 1, 1] });
    expect(() => exportTransformers({ encoder }, at('refused'))).toThrow('no class for resnet18');
    expect(existsSync(at('refused'))).toBe(false);
  });

  it('are networks whose positions need a token that the tokenizer lacks', () => {
    const { encoder, origin, method } = madeBy(CASES.at(-1)!);
    const tokenizer = framed.tokenizer.json.replaceAll('[PAD]', '[NIX]');
    const assets = new Map([...origin.assets!, ['tokenizer.json', new TextEncoder().encode(tokenizer)]]);
    expect(() => exportTransformers({ encoder, method, origin: { ...origin, assets } }, at('refused'))).toThrow(
      'counts positions by the token for padding',
    );
    expect(() => exportTransformers({ encoder, method }, at('refused'))).toThrow('tokenizer.json');
    expect(existsSync(at('refused'))).toBe(false);
  });

  it('are weights that are not finite, heads included, and folders of others', () => {
    const { encoder, origin, method } = madeBy(CASES[2]!);
    noGrad(() => void (method as unknown as Bert).head.bias.fill_(Number.NaN));
    expect(() => exportTransformers({ encoder, origin, method }, at('refused'))).toThrow('not finite');
    expect(existsSync(at('refused'))).toBe(false);
    mkdirSync(at('letters'));
    writeFileSync(at('letters', 'mine'), '');
    expect(() => exportTransformers({ encoder, origin }, at('letters'))).toThrow('not of an export');
  });
});

it('writes the network of another method without a head', () => {
  const definition = findMethod('simcse');
  const method = makeFor<Method>(definition, framed, {}, { width: 16, architecture: 'bert-mini' });
  const origin: EncoderOrigin = {
    ...{ method: 'simcse', options: parseMethodOptions(definition, {}, true), backbone: 'bert-mini', width: 16 },
    ...{ samples: framed.spec, assets: framed.assets },
  };
  const { loaders } = exportTransformers({ encoder: method.encoder, origin, method }, at('simcse'));
  expect(loaders[0]!.code).toContain('AutoModel.from_pretrained');
  expect(json('simcse', 'config.json').architectures).toEqual(['BertModel']);
  expect(Object.keys(shapesIn(at('simcse', 'model.safetensors'))).every((key) => key.startsWith('bert.'))).toBe(true);
});
