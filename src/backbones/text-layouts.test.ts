import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { readSafetensors } from '../engine/safetensors.js';
import type { BackboneOptions } from './backbone.js';
import { createBackbone } from './registry.js';
import { fromPublished, publishedLayout, reasonWithoutLayout, toPublished } from './text-layouts.js';
import type { TextTransformer } from './text-transformer.js';

/** Made by tests/golden/make_text_models.py with the Python package `transformers`. */
const folder = fileURLToPath(new URL('../../tests/golden/text-models/', import.meta.url));
const golden = JSON.parse(readFileSync(`${folder}logits.json`, 'utf8')) as Record<string, number[][][]> & {
  ids: number[][];
  mask: number[][];
  segments: number[][];
};
const weightsOf = (name: string) => readSafetensors(`${folder}${name}.safetensors`).tensors;

const V = 40;
const LENGTH = 16;
interface Case {
  architecture: string;
  changes?: Partial<BackboneOptions>;
  /** What its token for padding is, where it counts. */
  padding?: number;
  /** The names of BERT's head in this family: its layer, its norm, and its bias. */
  head?: readonly [dense: string, norm: string, bias: string];
}

/** The committed models have 4 heads, as these do. */
const CASES: Readonly<Record<string, Case>> = {
  gpt1: { architecture: 'gpt1-micro' },
  gpt2: { architecture: 'gpt2-micro' },
  bert: {
    architecture: 'bert-mini',
    head: ['cls.predictions.transform.dense', 'cls.predictions.transform.LayerNorm', 'cls.predictions.bias'],
  },
  albert: {
    architecture: 'bert-mini',
    changes: { embeddingSize: 8, sharesBlocks: true },
    head: ['predictions.dense', 'predictions.LayerNorm', 'predictions.bias'],
  },
  electra: {
    architecture: 'bert-mini',
    changes: { embeddingSize: 8 },
    head: ['generator_predictions.dense', 'generator_predictions.LayerNorm', 'generator_lm_head.bias'],
  },
  'roberta-prelayernorm': {
    architecture: 'bert-micro',
    padding: 2,
    head: ['lm_head.dense', 'lm_head.layer_norm', 'lm_head.bias'],
  },
};

function network(architecture: string, changes: Partial<BackboneOptions> = {}): TextTransformer {
  const options = {
    inputChannels: 1,
    imageSize: LENGTH,
    length: LENGTH,
    vocabulary: V,
    width: 16,
    blocks: 2,
    ...changes,
  };
  return (createBackbone(architecture, options) as TextTransformer).eval();
}

/** Ids with padding as -1. */
const input = (): Tensor =>
  tensor(
    golden.ids.map((row, i) => row.map((id, t) => (golden.mask[i]![t] === 1 ? id : -1))),
    { dtype: 'int64' },
  );

/** Largest difference over the real tokens. */
function difference(logits: Tensor, wanted: number[][][]): number {
  const isReal = tensor(golden.mask).unsqueeze(2);
  return logits.sub(tensor(wanted)).mul(isReal).abs().max().item();
}

const segments = (): Tensor => tensor(golden.segments, { dtype: 'int64' });

/** By the table of tokens; of BERT behind its head, which is no part of the backbone. */
function logitsOf(hidden: Tensor, model: TextTransformer, weights: ReadonlyMap<string, Tensor>, head: Case['head']) {
  const table = model.embeddings.tokens.weight;
  if (head === undefined) return ops.linear(hidden, table);
  const [dense, norm, bias] = head;
  const of = (key: string): Tensor => weights.get(key)!;
  const turned = ops.linear(hidden, of(`${dense}.weight`), of(`${dense}.bias`)).gelu();
  const [gain, shift] = [of(`${norm}.weight`), of(`${norm}.bias`)];
  return ops.linear(ops.layerNorm(turned, [turned.size(2)], gain, shift, 1e-12), table, of(bias));
}

describe.each(Object.entries(CASES))('%s', (name, { architecture, changes, padding, head }) => {
  const make = (more: Partial<BackboneOptions> = {}) => network(architecture, { ...changes, ...more });

  it("gives the logits of Python's transformers", () => {
    scope(() =>
      noGrad(() => {
        const model = make();
        const weights = weightsOf(name);
        model.loadStateDict(fromPublished(model, weights)!, { strict: true });
        const hasSegments = head !== undefined;
        const hidden = model.read(model.inputOf(hasSegments ? ops.stack([input(), segments()], 1) : input()));
        const logits = logitsOf(hidden, model, weights, head);
        expect(logits.abs().max().item()).toBeGreaterThan(1);
        expect(difference(logits, golden[name]!)).toBeLessThan(2e-5);
      }),
    );
  });

  it('writes what it reads', () => {
    const model = make();
    const weights = weightsOf(name);
    model.loadStateDict(fromPublished(model, weights)!);
    const written = toPublished(model, padding)!;
    for (const [key, value] of written) {
      expect(weights.get(key)!.shape, key).toEqual(value.shape);
      // The rows of a table of positions that are of no position are not read.
      const unread = padding !== undefined && key.endsWith('position_embeddings.weight') ? padding : 0;
      const [given, made] = [weights.get(key)!, value].map((rows) => rows.narrow(0, unread, rows.size(0) - unread));
      expect(given!.sub(made!).abs().max().item(), key).toBe(0);
    }
    const isHead = (key: string) => /^(lm_head|cls|predictions|generator_)/.test(key);
    expect([...weights.keys()].filter((key) => !written.has(key) && !isHead(key))).toEqual([]);
  });

  it('reads names without their first part, and takes the first of more positions', () => {
    const model = make({ length: 7 });
    const bare = new Map(
      [...weightsOf(name)].map(([key, value]) => [
        key.replace(/^(transformer|bert|albert|electra|roberta_prelayernorm)\./, ''),
        value,
      ]),
    );
    const { length } = model.options;
    model.loadStateDict(fromPublished(model, bare)!);
    const { weight } = model.embeddings.positions!;
    expect(weight.shape).toEqual([length, weight.size(1)]);
    const table = [...bare].find(([key]) => /(wpe|positions_embed|position_embeddings)\.weight$/.test(key))![1];
    const first = padding === undefined ? 0 : padding + 1;
    expect(
      weight
        .sub(table.narrow(0, first, length))
        .abs()
        .max()
        .item(),
    ).toBe(0);
  });
});

describe('layouts', () => {
  it('of early files of BERT have other names for gains and shifts', () => {
    const early = new Map(
      [...weightsOf('bert')].map(([key, value]) => [
        key.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
        value,
      ]),
    );
    const model = network('bert-mini');
    expect([...fromPublished(model, early)!.keys()].sort()).toEqual([...model.stateDict().keys()].sort());
  });

  it('are known by their names alone, and there is none for designs that are not published so', () => {
    expect(fromPublished(network('gpt2-micro'), network('gpt2-micro').stateDict())).toBeNull();
    expect(fromPublished(network('gpt2-micro'), weightsOf('bert'))).toBeNull();
    expect(publishedLayout(network('gpt-modern-micro'))).toBeNull();
    expect(toPublished(network('gpt-modern-micro'))).toBeNull();
    // Norms before and behind the branches are read by other names.
    const bare = new Map([...weightsOf('bert')].map(([key, value]) => [key.replace('bert.', ''), value]));
    expect(fromPublished(network('bert-mini'), bare)).not.toBeNull();
    expect(fromPublished(network('bert-micro'), bare)).toBeNull();
  });

  it('have a matrix between tables and blocks in ALBERT alone, which changes nothing where both are as wide', () => {
    const model = network('bert-mini', { sharesBlocks: true });
    const written = toPublished(model)!;
    const key = 'albert.encoder.embedding_hidden_mapping_in.weight';
    expect(written.get(key)!.sub(ops.eye(16)).abs().max().item()).toBe(0);
    expect([...fromPublished(model, written)!.keys()].sort()).toEqual([...model.stateDict().keys()].sort());
    written.get(key)!.select(0, 0).fill_(0.5);
    expect(fromPublished(model, written)).toBeNull();
  });

  it('are missing for a reason', () => {
    expect(reasonWithoutLayout(network('gpt-modern-micro'))).toContain('rotary positions');
    expect(reasonWithoutLayout(network('bart-micro'))).toContain('writes with another');
    for (const changes of [{ sharesBlocks: true }, { embeddingSize: 8 }]) {
      expect(publishedLayout(network('bert-micro', changes))).toBeNull();
      expect(reasonWithoutLayout(network('bert-micro', changes))).toContain('norms before the branches');
    }
  });
});
