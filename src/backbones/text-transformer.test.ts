import { describe, expect, it } from 'vitest';
import { autocast, keep, manualSeed, noGrad, ops, scope, type Tensor, tensor } from '../engine/index.js';
import type { BackboneOptions } from './backbone.js';
import { createBackbone } from './registry.js';
import { rotaryTable, rotate } from './rotary.js';
import { TEXT_VARIANTS } from './text-designs.js';
import type { TextTransformer } from './text-transformer.js';

const V = 11;
const T = 12;
const SIZES = { inputChannels: 1, imageSize: T, vocabulary: V, length: T, width: 16 };
const CAUSAL = ['gpt1-micro', 'gpt2-micro', 'gpt-modern-micro'] as const;

/** With matrices that differ from zero wherever the design starts them there. */
function make(name: string, options: Partial<BackboneOptions> = {}): TextTransformer {
  manualSeed(3);
  const network = createBackbone(name, { ...SIZES, ...options }) as TextTransformer;
  noGrad(() => {
    for (const value of network.parameters()) if (value.ndim === 2) value.normal_(0, 0.3);
  });
  return network.eval();
}

const idsOf = (rows: number[][]): Tensor => tensor(rows, { dtype: 'int64' });
const someIds = (rows: number, length = T): Tensor => ops.randint(0, V, [rows, length]).to('int64');
const largest = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();

describe.each(CAUSAL)('%s', (name) => {
  it('reads no token that follows, to the last bit', () => {
    scope(() =>
      noGrad(() => {
        const network = make(name);
        const ids = someIds(2);
        const before = network.read({ ids });
        for (const t of [1, 5, T - 1]) {
          const changed = ids.clone();
          changed.select(1, t).copy_(ids.select(1, t).add(1).remainder(V));
          const after = network.read({ ids: changed });
          expect(largest(after.narrow(1, 0, t), before.narrow(1, 0, t))).toBe(0);
          expect(largest(after.select(1, t), before.select(1, t))).toBeGreaterThan(1e-3);
        }
      }),
    );
  });

  it.each([1, 3])('gives with a cache, %i tokens at a time, what it gives at once', (chunk) => {
    scope(() =>
      noGrad(() => {
        const network = make(name);
        const ids = someIds(2);
        const whole = network.read({ ids });
        const cache = network.makeCache(2);
        const parts: Tensor[] = [];
        for (let from = 0; from < T; from += chunk)
          parts.push(network.read({ ids: ids.narrow(1, from, chunk), cache }));
        expect(largest(ops.cat(parts, 1), whole)).toBeLessThan(1e-5);
        cache.dispose();
      }),
    );
  });

  it('gives rows of unequal lengths what each gives alone, padded on either side and with a cache', () => {
    scope(() =>
      noGrad(() => {
        const network = make(name);
        const row = [1, 2, 3, 4, 5];
        const alone = network.read({ ids: idsOf([row]) });
        const left = network.inputOf(
          idsOf([
            [-1, -1, -1, ...row],
            [7, 6, 5, 4, 3, 2, 1, 0],
          ]),
        );
        const right = network.inputOf(
          idsOf([
            [...row, -1, -1, -1],
            [7, 6, 5, 4, 3, 2, 1, 0],
          ]),
        );
        expect(largest(network.read(left).narrow(0, 0, 1).narrow(1, 3, 5), alone)).toBeLessThan(1e-5);
        expect(largest(network.read(right).narrow(0, 0, 1).narrow(1, 0, 5), alone)).toBeLessThan(1e-5);
        const cache = network.makeCache(2);
        const part = (from: number, count: number) => ({
          ids: left.ids.narrow(1, from, count),
          isReal: left.isReal!.narrow(1, from, count),
          cache,
        });
        network.read(part(0, 5));
        const rest = ops.cat([network.read(part(5, 2)), network.read({ ids: left.ids.narrow(1, 7, 1), cache })], 1);
        expect(largest(rest, network.read(left).narrow(1, 5, 3))).toBeLessThan(1e-5);
        cache.dispose();
      }),
    );
  });

  it('takes the features from the last real token', () => {
    scope(() =>
      noGrad(() => {
        const network = make(name);
        const features = network.features(
          idsOf([
            [1, 2, 3, -1],
            [-1, 1, 2, 3],
          ]),
        );
        const wanted = network.read({ ids: idsOf([[1, 2, 3]]) }).select(1, 2);
        expect(largest(features, wanted.expand([2, -1]))).toBeLessThan(1e-5);
        expect(network.maps(idsOf([[1, 2, 3]])).shape).toEqual([1, 16, 1, 3]);
      }),
    );
  });

  it('stays finite where a row is padding alone, forward and backward, in both precisions', () => {
    const network = make(name).train();
    for (const dtype of [null, 'bfloat16'] as const)
      scope(() => {
        const x = idsOf([
          [-1, -1, -1, -1],
          [1, -1, 2, -1],
        ]);
        const out = autocast('cpu', dtype, () => network.maps(x));
        expect(out.isfinite().all().item()).toBe(1);
        network.setRequiresGrad(true);
        out.to('float32').square().sum().backward();
        for (const [key, value] of network.namedParameters()) expect(value.grad!.isfinite().all().item(), key).toBe(1);
      });
  });

  it('computes the weights that its attention uses', () => {
    scope(() =>
      noGrad(() => {
        const network = make(name, { blocks: 1 });
        const ids = someIds(1);
        const weights = network.attention({ ids }); // (1, heads, T, T)
        expect(largest(weights.sum(-1), ops.ones([1, 4, T]))).toBeLessThan(1e-5);
        expect(weights.triu(1).abs().max().item()).toBe(0);
        const block = network.blocks[0]!;
        const seen: Tensor[] = [];
        const forward = block.attn.proj.forward.bind(block.attn.proj);
        block.attn.proj.forward = (x) => {
          seen.push(keep(x.clone()));
          return forward(x);
        };
        network.read({ ids });
        const places = ops.arange(0, T, 1, { dtype: 'int64' });
        const x = network.embeddings.forward(ids, places, null);
        const inner = network.design.block.normPlace === 'pre' ? block.norm1.forward(x) : x;
        const values = block.attn.qkv.forward(inner).narrow(2, 32, 16).unflatten(2, [4, 4]).transpose(1, 2);
        expect(largest(weights.matmul(values).transpose(1, 2).flatten(2), seen[0]!)).toBeLessThan(1e-5);
      }),
    );
  });

  it('refuses more tokens than it has positions, and input that is no text', () => {
    const network = make(name);
    expect(() => network.maps(someIds(1, T + 1))).toThrow(`Expected at most ${T} tokens, as ${name} has positions,`);
    expect(() => network.maps(ops.zeros([1, 4]))).toThrow('Expected ids of tokens, int64 (N, T) or (N, 2, T),');
    expect(() => make(name, { vocabulary: undefined })).toThrow('the size of the vocabulary');
    expect(() => make(name, { width: 18 })).toThrow('a multiple of the 4 heads');
  });
});

describe('the cache', () => {
  // The operator aligns its triangle to the first key: a query after cached keys would see the first key alone.
  it('needs a mask of its own: the triangle of the operator is aligned to the top left', () => {
    const [q, k] = [ops.randn([1, 1, 1, 4]), ops.randn([1, 1, 6, 4])];
    const values = ops.arange(0, 6, 1, { dtype: 'float32' }).view([1, 1, 6, 1]).expand([1, 1, 6, 4]);
    const wrong = ops.scaledDotProductAttention(q, k, values, null, 0, true);
    expect(wrong.abs().max().item()).toBe(0); // the value of key 0
    const right = ops.scaledDotProductAttention(q, k, values, null, 0, false);
    expect(right.min().item()).toBeGreaterThan(0);
  });

  it('refuses tokens beyond its capacity', () => {
    const network = make('gpt2-micro');
    const cache = network.makeCache(1, 4);
    noGrad(() => network.read({ ids: someIds(1, 3), cache }));
    expect(() => network.read({ ids: someIds(1, 2), cache })).toThrow('Expected at most 1 more tokens');
    cache.dispose();
  });
});

describe('options', () => {
  it('shares one block, whose gradient is the sum over its uses', () => {
    const network = make('gpt2-micro', { sharesBlocks: true, blocks: 3 });
    const keys = network.namedParameters().map(([key]) => key);
    expect(keys.some((key) => key.startsWith('blocks.1'))).toBe(false);
    expect(keys.length).toBe(make('gpt2-micro', { sharesBlocks: true, blocks: 1 }).namedParameters().length);
    const { weight } = network.blocks[0]!.mlp.fc2;
    const ids = someIds(2);
    const lossAt = (): number => scope(() => noGrad(() => network.read({ ids }).mul(ramp()).sum().item()));
    const ramp = () => ops.arange(0, 16, 1, { dtype: 'float32' });
    scope(() => network.read({ ids }).mul(ramp()).sum().backward());
    const entry = weight.select(0, 2).narrow(0, 5, 1);
    const move = (by: number) => noGrad(() => void entry.add_(by));
    move(1e-2);
    const above = lossAt();
    move(-2e-2);
    const below = lossAt();
    const gradient = weight.grad!.select(0, 2).narrow(0, 5, 1).item();
    expect(Math.abs((above - below) / 2e-2 / gradient - 1)).toBeLessThan(0.02);
  });

  it('factorizes the embeddings', () => {
    const network = make('gpt2-micro', { embeddingSize: 6 });
    expect(network.embeddings.tokens.weight.shape).toEqual([V, 6]);
    expect(network.embeddings.project!.weight.shape).toEqual([16, 6]);
    expect(noGrad(() => network.read({ ids: someIds(2) }).shape)).toEqual([2, T, 16]);
  });

  it('drops activations in training alone', () => {
    const network = make('gpt2-micro', { dropout: 0.5 });
    const ids = someIds(1);
    const read = () => noGrad(() => network.read({ ids }));
    expect(largest(read(), read())).toBe(0);
    network.train();
    expect(largest(read(), read())).toBeGreaterThan(0.1);
  });
});

describe('initialization', () => {
  const fresh = (name: string) =>
    createBackbone(name, { ...SIZES, width: 128, vocabulary: 500, length: 400 }) as TextTransformer;
  const deviation = (weight: Tensor) => weight.std().item();

  it('is that of the code of GPT-1 and GPT-2', () => {
    for (const [name, ofPositions] of [
      ['gpt1-micro', 0.02],
      ['gpt2-micro', 0.01],
    ] as const) {
      const { embeddings, blocks } = fresh(name);
      expect(deviation(embeddings.tokens.weight) / 0.02).toBeCloseTo(1, 1);
      expect(deviation(embeddings.positions!.weight) / ofPositions).toBeCloseTo(1, 1);
      for (const { weight, bias } of [
        blocks[3]!.attn.qkv,
        blocks[3]!.attn.proj,
        blocks[3]!.mlp.fc1,
        blocks[3]!.mlp.fc2,
      ]) {
        expect(deviation(weight) / 0.02).toBeCloseTo(1, 1);
        expect(bias!.abs().max().item()).toBe(0);
      }
    }
  });

  it('of the modern design starts every block as the identity', () => {
    const network = fresh('gpt-modern-micro');
    const ids = idsOf([[1, 2, 3]]);
    noGrad(() => {
      const embedded = network.embeddings.forward(ids, ids, null);
      expect(largest(network.read({ ids }, 'block3'), embedded)).toBe(0);
    });
    const { weight } = network.blocks[0]!.mlp.fc1;
    expect(deviation(weight) / (0.5 / Math.sqrt(128))).toBeCloseTo(1, 1);
    expect(weight.abs().max().item()).toBeLessThan((Math.sqrt(3) * 0.5) / Math.sqrt(128) + 1e-6);
  });
});

describe('rotary positions', () => {
  it('make products depend on the distance alone', () => {
    const table = rotaryTable(40, 8);
    const [a, b] = [ops.randn([8]), ops.randn([8])];
    const at = (x: Tensor, place: number): Tensor =>
      rotate(x.view([1, 8]), {
        cos: table.select(0, 0).narrow(0, place, 1),
        sin: table.select(0, 1).narrow(0, place, 1),
      });
    const product = (i: number, j: number) => at(a, i).mul(at(b, j)).sum().item();
    expect(product(3, 1)).toBeCloseTo(product(30, 28), 4);
    expect(product(0, 0)).toBeCloseTo(a.mul(b).sum().item(), 4);
    expect(Math.abs(product(3, 1) - product(3, 2))).toBeGreaterThan(1e-3);
  });
});

describe('the published sizes', () => {
  /** Parameters of the design with biases, without the head, which is the table of tokens. */
  const count = (vocabulary: number, length: number, width: number, depth: number, hasFinalNorm: boolean): number =>
    (vocabulary + length) * width + depth * (12 * width ** 2 + 13 * width) + (hasFinalNorm ? 2 * width : 0);

  it('have as many parameters as their names say', () => {
    const { width, depth } = TEXT_VARIANTS['gpt2-micro'];
    const small = createBackbone('gpt2-micro', { ...SIZES, width }).parameters();
    expect(small.reduce((sum, value) => sum + value.numel, 0)).toBe(count(V, T, width, depth, true));
    const millions = { 'gpt2-124m': 124, 'gpt2-355m': 355, 'gpt2-774m': 774, 'gpt2-1558m': 1558 } as const;
    for (const [name, million] of Object.entries(millions)) {
      const { width: w, depth: d, length } = TEXT_VARIANTS[name as keyof typeof millions];
      expect(Math.round(count(50_257, length, w, d, true) / 1e6)).toBe(million);
    }
    const gpt1 = TEXT_VARIANTS['gpt1-117m'];
    expect(Math.round(count(40_478, gpt1.length, gpt1.width, gpt1.depth, false) / 1e6)).toBe(117);
  });
});
