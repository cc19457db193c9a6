/** Networks of text as graphs of ids and masks, beside the networks themselves in ONNX Runtime. */
import { describe, expect, it } from 'vitest';
import type { BackboneOptions } from '../../backbones/backbone.js';
import { createBackbone } from '../../backbones/registry.js';
import { textBackbones } from '../../backbones/text-definitions.js';
import { TEXT_VARIANTS } from '../../backbones/text-designs.js';
import { manualSeed, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { LayerNorm, Linear } from '../../engine/nn/index.js';
import type { Encoder, TokenRows } from '../../methods/method.js';
import { findMethod, parseMethodOptions } from '../../methods/registry.js';
import { plainRows } from '../../methods/text/padded-ids.js';
import { buildEncoder } from '../../train/build.js';
import { checkOnnx, OnnxModel, relativeDifference } from './check.js';
import { encoderGraph } from './encoder-graph.js';
import { toOnnx } from './to-onnx.js';

const LENGTH = 12;
const VOCABULARY = 19;
const names = {
  name: 'test',
  inputs: ['input_ids', 'attention_mask'],
  outputs: ['last_hidden_state', 'sentence_embedding'],
};

/** The options of a small network of each kind; of each transformer two blocks, and two units of rotary positions per head. */
const FORMS: Readonly<Record<string, Partial<BackboneOptions>>> = {
  ...Object.fromEntries(
    Object.entries(TEXT_VARIANTS).map(([name, { heads }]) => [name, { width: 4 * heads, blocks: 2 }]),
  ),
  'gru-text': { width: 6, embeddingSize: 4 },
  'combined-gru-text': { width: 6, embeddingSize: 4 },
  'bi-lm': { width: 32 },
  'word-table': { width: 5 },
};

const wordRows: TokenRows = { ...plainRows(LENGTH), toInput: (ids, isReal) => ids.mul(isReal) };

function encoderOf(architecture: string, options: Partial<BackboneOptions> = {}): Encoder {
  manualSeed(7);
  const sizes = { inputChannels: 1, imageSize: LENGTH, length: LENGTH, vocabulary: VOCABULARY };
  const backbone = createBackbone(architecture, { ...sizes, ...FORMS[architecture], ...options });
  // Away from where the numbers start, so that places and neighbors count.
  noGrad(() => {
    for (const [name, module] of backbone.modules()) {
      if (module instanceof LayerNorm) module.weight?.uniform_(0.7, 1.3);
      if (module instanceof Linear) module.weight.uniform_(-0.6, 0.6);
      if (name.endsWith('positions')) (module as unknown as { weight: Tensor }).weight.uniform_(-1, 1);
    }
  });
  backbone.eval();
  const tokenRows = architecture === 'word-table' ? wordRows : plainRows(LENGTH, { isFixed: architecture === 'bi-lm' });
  return { spec: { modality: 'tokens' }, backbone, preparation: {}, prepare: (x: unknown) => x as Tensor, tokenRows };
}

const EXPORTED = Object.keys(textBackbones).filter((name) => name !== 'sentence-gru');

/** Forms that change what a network calls. */
const OTHERS: readonly [string, Partial<BackboneOptions>][] = [
  ['bert-micro', { pooling: 'class' }],
  ['bert-micro', { pooling: 'last', embeddingSize: 3 }],
  ['gpt2-micro', { pooling: 'average', sharesBlocks: true }],
  ['gru-text', { bidirectional: true }],
  ['bi-lm', { characters: 8 }],
];

describe('a network of text', () => {
  it.each([...EXPORTED.map((name): [string, Partial<BackboneOptions>] => [name, {}]), ...OTHERS])(
    '%s %o gives in ONNX what it gives here',
    async (architecture, options) => {
      const graph = encoderGraph(encoderOf(architecture, options));
      const bytes = toOnnx(graph, names);
      expect(await checkOnnx(bytes, graph, architecture)).toBeLessThan(5e-6);
      // Both outputs come from one pass through the network.
      const passes = Buffer.from(bytes).toString('latin1').split('Softmax_').length - 1;
      if (architecture in TEXT_VARIANTS) expect(passes).toBe(2 * 2);
      graph.weights.values().next().value!.dispose();
    },
  );

  it('gives 0 at padding, whose ids do not count, and takes rows of any length', async () => {
    for (const architecture of ['bert-mini', 'gpt-modern-micro', 'gru-text', 'combined-gru-text', 'word-table']) {
      const encoder = encoderOf(architecture);
      const model = await OnnxModel.load(toOnnx(encoderGraph(encoder), names), architecture);
      const row = (ids: number[], real: number) => [
        { values: BigInt64Array.from(ids, BigInt), shape: [1, ids.length] },
        { values: BigInt64Array.from(ids, (_, i) => (i < real ? 1n : 0n)), shape: [1, ids.length] },
      ];
      const [vectors, short] = await model.runAll(row([3, 5, 2, 9], 4));
      const [padded, features] = await model.runAll(row([3, 5, 2, 9, 18, 1, 7], 4));
      await model.release();
      const size = encoder.backbone.featureSize;
      expect(vectors!.shape).toEqual([1, 4, size]);
      expect(padded!.shape).toEqual([1, 7, size]);
      expect(relativeDifference(padded!.values.subarray(0, 4 * size), vectors!.values)).toBeLessThan(1e-6);
      expect(new Set(padded!.values.subarray(4 * size))).toEqual(new Set([0]));
      expect(relativeDifference(features!.values, short!.values)).toBeLessThan(1e-6);
      const wanted = scope(() =>
        noGrad(() => encoder.backbone.features(tensor([[3, 5, 2, 9]], { dtype: 'int64' })).toTypedArray()),
      );
      expect(relativeDifference(short!.values, wanted as Float32Array)).toBeLessThan(1e-5);
    }
  });

  it('fails the check when one sign of a weight is flipped', async () => {
    for (const [architecture, weight] of [
      ['bert-mini', 'blocks.1.attn.proj.weight'],
      ['gpt2-micro', 'embeddings.positions.weight'],
      ['bi-lm', 'tokens.weight'],
    ] as const) {
      const encoder = encoderOf(architecture);
      const graph = encoderGraph(encoder);
      const bytes = toOnnx(graph, names);
      noGrad(() => {
        const one = encoder.backbone.stateDict().get(weight)!.narrow(0, 1, 1).narrow(1, 1, 1);
        one.copy_(one.neg());
      });
      await expect(checkOnnx(bytes, graph, 'The model')).rejects.toThrow(/The model differs from the network by/);
    }
  });

  it('fails the check when the length or the padding is a part of the graph', async () => {
    const encoder = encoderOf('gpt2-micro');
    const graph = encoderGraph(encoder);
    const fixed = { ...graph, mostLength: 1, sample: (count: number) => graph.sample(count, LENGTH) };
    await expect(checkOnnx(toOnnx(fixed, names), graph, 'The model')).rejects.toMatchObject({ code: 'ENGINE' });
    const unpadded = {
      ...graph,
      sample: (count: number, length: number) => {
        const [ids, mask] = graph.sample(count, length);
        return [ids!, ops.onesLike(mask!)];
      },
    };
    await expect(checkOnnx(toOnnx(unpadded, names), graph, 'The model')).rejects.toThrow('differs from the network');
  });
});

describe('an encoder of text', () => {
  const spec = {
    ...{ modality: 'tokens', length: LENGTH, vocabulary: VOCABULARY, tokenizer: 'none', form: 'sentences', room: 2 },
    special: { pad: 0, unknown: 1, begin: 2, end: 3, mask: 4 },
  };
  const made = (method: string, backbone: string, width: number): Encoder => {
    const definition = findMethod(method);
    const options = parseMethodOptions(definition, {}, true);
    return buildEncoder(definition, options, { backbone, width }, spec as never, { seed: 1, device: 'cpu' });
  };
  /** Two texts as `collate` gives them, and as a tokenizer with the marks of the encoder does. */
  function texts(rows: TokenRows) {
    const bare = [
      [5, 6, 7, 8, 1],
      [9, 10],
    ];
    const longest = 5;
    const fill = (row: number[], width: number) => [...row, ...Array<number>(width - row.length).fill(0)];
    const whole = (values: number[][]) => tensor(values, { dtype: 'int64' });
    const framed = bare.map((row) => [
      ...(rows.begin === null ? [] : [rows.begin]),
      ...row,
      ...(rows.end === null ? [] : [rows.end]),
    ]);
    const width = rows.isFixed ? rows.most : framed[0]!.length;
    return {
      samples: {
        ...{ ids: whole(bare.map((row) => fill(row, longest))), lengths: tensor([5, 2], { dtype: 'int64' }) },
        ...{ sentence: whole(bare.map(() => [0, 0, 0, 0, 0])), document: tensor([0, 1], { dtype: 'int64' }) },
      },
      ids: whole(framed.map((row) => fill(row, width))),
      mask: whole(
        framed.map((row) =>
          fill(
            row.map(() => 1),
            width,
          ),
        ),
      ),
    };
  }

  it.each([
    ['bert', 'bert-micro', 16],
    ['simcse', 'bert-micro', 16],
    ['t5', 't5-micro', 16],
    ['gpt', 'gpt2-micro', 16],
    ['skip-thoughts', 'gru-text', 6],
    ['elmo', 'bi-lm', 32],
    ['skip-gram', 'word-table', 5],
  ] as const)('of %s gives what `prepare` and the network give', async (method, backbone, width) => {
    const encoder = made(method, backbone, width);
    encoder.backbone.eval();
    const rows = encoder.tokenRows as TokenRows;
    const { samples, ids, mask } = texts(rows);
    const wanted = scope(() =>
      noGrad(() => encoder.backbone.features(encoder.prepare(samples as never)).toTypedArray()),
    ) as Float32Array;
    const model = await OnnxModel.load(toOnnx(encoderGraph(encoder), names), method);
    const numbers = [ids, mask].map((value) => ({ values: value.toTypedArray() as BigInt64Array, shape: value.shape }));
    const [, features] = await model.runAll(numbers);
    await model.release();
    expect(relativeDifference(features!.values, wanted)).toBeLessThan(1e-5);
  });

  it('of sentences in rows of their own is refused with the reason', () => {
    const encoder = made('cpc-text', 'sentence-gru', 6);
    expect(() => encoderGraph(encoder)).toThrow('it reads every sentence of a text as a row of its own');
  });
});
