import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import { readSafetensors } from '../engine/safetensors.js';
import { createBackbone } from './registry.js';
import { fromPublished, publishedLayout, toPublished } from './text-layouts.js';
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
/** The committed models have 4 heads, as these do. */
const ARCHITECTURES = { gpt1: 'gpt1-micro', gpt2: 'gpt2-micro', bert: 'bert-mini' } as const;

function network(architecture: string, changes: { length?: number } = {}): TextTransformer {
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
function logitsOf(hidden: Tensor, model: TextTransformer, head: ReadonlyMap<string, Tensor> | null): Tensor {
  const table = model.embeddings.tokens.weight;
  if (head === null) return ops.linear(hidden, table);
  const of = (key: string): Tensor => head.get(`cls.predictions.${key}`)!;
  const turned = ops.linear(hidden, of('transform.dense.weight'), of('transform.dense.bias')).gelu();
  const [gain, shift] = [of('transform.LayerNorm.weight'), of('transform.LayerNorm.bias')];
  return ops.linear(ops.layerNorm(turned, [hidden.size(2)], gain, shift, 1e-12), table, of('bias'));
}

describe.each(Object.entries(ARCHITECTURES))('%s', (name, architecture) => {
  it("gives the logits of Python's transformers", () => {
    scope(() =>
      noGrad(() => {
        const model = network(architecture);
        model.loadStateDict(fromPublished(model, weightsOf(name))!, { strict: true });
        const hidden = model.read(model.inputOf(name === 'bert' ? ops.stack([input(), segments()], 1) : input()));
        const logits = logitsOf(hidden, model, name === 'bert' ? weightsOf(name) : null);
        expect(logits.abs().max().item()).toBeGreaterThan(1);
        expect(difference(logits, golden[name]!)).toBeLessThan(2e-5);
      }),
    );
  });

  it('writes what it reads', () => {
    const model = network(architecture);
    const weights = weightsOf(name);
    model.loadStateDict(fromPublished(model, weights)!);
    const written = toPublished(model)!;
    for (const [key, value] of written) {
      expect(weights.get(key)!.shape, key).toEqual(value.shape);
      expect(weights.get(key)!.sub(value).abs().max().item(), key).toBe(0);
    }
    expect([...weights.keys()].filter((key) => !written.has(key) && !/^(lm_head|cls)/.test(key))).toEqual([]);
  });

  it('reads names without their first part, and takes the first of more positions', () => {
    const model = network(architecture, { length: 7 });
    const bare = new Map([...weightsOf(name)].map(([key, value]) => [key.replace(/^(transformer|bert)\./, ''), value]));
    model.loadStateDict(fromPublished(model, bare)!);
    expect(model.embeddings.positions!.weight.shape).toEqual([7, 16]);
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
  });
});
