import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../backbones/registry.js';
import type { TokensSpec } from '../../data/index.js';
import { Generator, manualSeed, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { AdamW, parameterGroups } from '../../engine/optim/index.js';
import { parseMethodOptions } from '../registry.js';
import { continuations } from './continuation.js';
import { type Gpt, gpt } from './gpt.js';

const V = 90;
const T = 17;
/** A vocabulary in which single tokens do not count. */
const LARGE = 2000;
const special = { pad: null, unknown: 0, begin: null, end: 1, mask: null };
const spec: TokensSpec = {
  modality: 'tokens',
  length: T,
  vocabulary: V,
  tokenizer: '',
  special,
  form: 'stream',
  room: 0,
};

function make(architecture = 'gpt2-micro', changes: { width?: number; vocabulary?: number } = {}): Gpt {
  manualSeed(2);
  const options = parseMethodOptions(gpt, {}, true);
  const encoder = gpt.encoder({
    options,
    spec,
    architecture,
    makeBackbone: (given = {}) =>
      createBackbone(architecture, {
        inputChannels: 1,
        imageSize: T,
        vocabulary: V,
        width: 128,
        ...changes,
        ...given,
      }),
  });
  return gpt.create({ options, encoder, spec, count: 8, batchSize: 8, samplesPerStep: 8 }) as unknown as Gpt;
}

function batchOf(rows: number[][] | Tensor, lengths?: number[]) {
  const ids = Array.isArray(rows) ? tensor(rows, { dtype: 'int64' }) : rows;
  const [count, length] = ids.shape as [number, number];
  const given = lengths ?? Array<number>(count).fill(length);
  return {
    samples: {
      ids,
      lengths: tensor(given, { dtype: 'int64' }),
      sentence: ops.zerosLike(ids),
      document: ops.zeros([count], { dtype: 'int64' }),
      start: ops.zeros([count], { dtype: 'int64' }),
    },
    indices: given.map((_, i) => i),
  };
}

const random = new Generator(1, 'cpu');
const someIds = (count: number, length = T): Tensor => ops.randint(0, V, [count, length]).to('int64');
const lossOf = (method: Gpt, batch: ReturnType<typeof batchOf>): number =>
  scope(() => noGrad(() => method.loss(method.views(batch)).loss!.item()));

describe('GPT', () => {
  // The logits of a tied head have variance 4e-4 d behind a norm with gain 1; half of it adds to the log of the sum. The larger logit of
  // the token that was read itself is lost among many others.
  it.each([
    ['gpt1-micro', 128, Math.log(LARGE) + 2e-4 * 128],
    ['gpt2-micro', 128, Math.log(LARGE) + 2e-4 * 128],
    ['gpt2-micro', 512, Math.log(LARGE) + 2e-4 * 512],
    ['gpt-modern-micro', 128, Math.log(LARGE)],
  ])('%s of width %i starts at ln V, and what its logits add', (architecture, width, wanted) => {
    const method = make(architecture, { width, vocabulary: LARGE }).eval();
    const ids = () => ops.randint(0, LARGE, [32, T]).to('int64');
    const losses = Array.from({ length: 4 }, () => lossOf(method, batchOf(ids())));
    const mean = losses.reduce((a, b) => a + b) / losses.length;
    expect(Math.abs(mean - wanted)).toBeLessThan(0.02);
  });

  it('asks of each token which one follows it', () => {
    const { tokens, next } = make().views(
      batchOf(
        [
          [3, 4, 5, 6],
          [7, 8, 9, 0],
        ],
        [4, 3],
      ),
    );
    expect(tokens.toNumbers()).toEqual([3, 4, 5, 7, 8, 9]);
    expect(next.toNumbers()).toEqual([4, 5, 6, 8, 9, -1]);
  });

  it('does not count padding, nor let it change anything', () => {
    const method = make().eval();
    const padded = lossOf(
      method,
      batchOf(
        [
          [3, 4, 5, 6],
          [7, 8, 1, 1],
        ],
        [4, 2],
      ),
    );
    const [first, second] = [lossOf(method, batchOf([[3, 4, 5, 6]])), lossOf(method, batchOf([[7, 8]]))];
    expect(padded).toBeCloseTo((3 * first + second) / 4, 5);
    expect(lossOf(method, batchOf([[3, 1, 1, 1]], [1]))).toBe(0);
  });

  it('learns the end of a text like any token', () => {
    const method = make().eval();
    expect(method.views(batchOf([[3, 1, 5, 6]])).next.toNumbers()).toEqual([1, 5, 6]);
  });

  it.each(['gpt1-micro', 'gpt2-micro', 'gpt-modern-micro'])('%s learns one batch by heart', (architecture) => {
    const method = make(architecture, { width: 32 });
    const optimizer = new AdamW(parameterGroups(method, { weightDecay: 0 }), { learningRate: 1e-2 });
    const batch = batchOf(someIds(4));
    let last = 0;
    for (let step = 0; step < 120; step++)
      scope(() => {
        optimizer.zeroGrad();
        const { loss } = method.loss(method.views(batch));
        loss!.backward();
        optimizer.step();
        last = loss!.item();
      });
    expect(last).toBeLessThan(0.1);
    method.eval();
    const row = batch.samples.ids.select(0, 0).toNumbers();
    expect(continuations(method, [row.slice(0, 4)], { tokens: 10, temperature: 0 })[0]).toEqual(row.slice(4, 14));
    const written = method.generate(batch.samples.ids.narrow(1, 0, 4), random);
    expect(written.shape).toEqual([4, 4 + 64]);
    optimizer.dispose();
  });

  it('decays matrices and embeddings, not gains and biases', () => {
    const method = make();
    const [decayed, spared] = parameterGroups(method.optimizerGroups()[0]!.modules, { weightDecay: 0.1 });
    expect(decayed!.weightDecay).toBe(0.1);
    expect(decayed!.names).toContain('backbone.embeddings.tokens.weight');
    expect(decayed!.names).toContain('backbone.embeddings.positions.weight');
    expect(decayed!.params.every(({ ndim }) => ndim === 2)).toBe(true);
    expect(spared!.weightDecay).toBe(0);
    expect(spared!.params.every(({ ndim }) => ndim === 1)).toBe(true);
  });

  it('has the decays of Adam that are published', () => {
    expect(make('gpt1-micro').optimizerGroups()[0]!.betas).toEqual([0.9, 0.999]);
    expect(make('gpt2-micro').optimizerGroups()[0]!.betas).toEqual([0.9, 0.95]);
  });

  it('reads windows with its encoder but for their last token, which has no place', () => {
    const method = make();
    const { samples } = batchOf([[3, 4, 5, ...Array(14).fill(6)]], [3]);
    const x = method.prepare(samples);
    expect(x.shape).toEqual([1, T - 1]);
    expect(x.toNumbers().slice(0, 5)).toEqual([3, 4, 5, -1, -1]);
    expect(method.backbone.options.length).toBe(T - 1);
    expect(noGrad(() => method.backbone.features(x).shape)).toEqual([1, 128]);
  });

  it('softly bounds the logits of the modern design', () => {
    const method = make('gpt-modern-micro');
    noGrad(() => void method.head!.weight.fill_(1));
    const logits = method.logits(ops.full([1, 128], 1, { dtype: 'float32' }));
    expect(logits.amax().item()).toBeLessThanOrEqual(15);
    expect(logits.amin().item()).toBeGreaterThan(14.9);
  });
});
