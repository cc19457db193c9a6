import { describe, expect, it } from 'vitest';
import { Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { NOT_ASKED } from '../losses/token-loss.js';
import { type Bert, bert } from './bert.js';
import { batchOf, batchOfRows, distance, hostRows, makeFor, narrativesFor, viewsOf } from './text.test-util.js';

type Views = Record<'tokens' | 'places' | 'labels' | 'order', Tensor>;

const texts = await narrativesFor(bert);
const { special } = texts.spec;
const batch = batchOf(texts, 12);

/** Puts the hidden tokens back. */
function restored({ tokens, places, labels }: Views): number[][] {
  return hostRows(
    tokens
      .select(1, 0)
      .flatten()
      .scatter(0, places, labels)
      .view([tokens.size(0), tokens.size(2)]),
  );
}

describe('what BERT reads', () => {
  it('is [CLS] A [SEP] B [SEP] with the segments of both', () => {
    const method = makeFor<Bert>(bert, texts);
    const views = viewsOf<Views>(method, batch);
    const segments = views.tokens.select(1, 1).unbind(0);
    const labels = views.order.toNumbers();
    const originals = batch.samples.ids.unbind(0).map((row) => row.toNumbers());
    for (const [i, row] of restored(views).entries()) {
      expect(row[0]).toBe(special.begin);
      const ends = [...row.keys()].filter((place) => row[place] === special.end);
      expect(ends.length).toBe(2);
      expect(ends[1]).toBe(row.length - 1);
      const segment = segments[i]!.toNumbers().slice(0, row.length);
      expect(segment).toEqual(row.map((_, place) => Number(place > ends[0]!)));
      const [first, second] = [row.slice(1, ends[0]), row.slice(ends[0]! + 1, -1)];
      expect(originals[i]!.slice(0, first.length)).toEqual(first);
      if (labels[i] === 0) expect(originals[i]!.slice(first.length, first.length + second.length)).toEqual(second);
    }
    expect(new Set(labels)).toEqual(new Set([0, 1]));
    method.dispose();
  });

  it('has the same tokens whether the segments are swapped or not', () => {
    const options = { secondTask: 'sentence-order', hiddenShare: 0 };
    const method = makeFor<Bert>(bert, texts, options);
    const found = new Map<string, Set<number>>();
    for (let seed = 0; seed < 40; seed++) {
      const views = viewsOf<Views>(method, batch, seed);
      const [row] = restored(views);
      const key = `${row!.toSorted()}`;
      found.set(key, (found.get(key) ?? new Set()).add(views.order.select(0, 0).item()));
    }
    expect([...found.keys()].length).toBe(1);
    expect([...found.values()][0]).toEqual(new Set([0, 1]));
    method.dispose();
  });

  it('has one segment without a second task', () => {
    const alone = makeFor<Bert>(bert, texts, { secondTask: 'none' });
    const views = viewsOf<Views>(alone, batch);
    expect(views.tokens.select(1, 1).sum().item()).toBe(0);
    expect(new Set(views.order.toNumbers())).toEqual(new Set([NOT_ASKED]));
    expect(alone.order).toBeNull();
    alone.dispose();
  });

  it('has no more than so many masks of one text where they are static', () => {
    const masks = (options: Record<string, unknown>): number => {
      const method = makeFor<Bert>(bert, texts, { secondTask: 'none', ...options });
      const seen = new Set<string>();
      for (let seed = 0; seed < 60; seed++)
        seen.add(`${viewsOf<Views>(method, batchOf(texts, 1), seed).tokens.toNumbers()}`);
      method.dispose();
      return seen.size;
    };
    expect(masks({ masking: 'static', copies: 4 })).toBe(4);
    expect(masks({ masking: 'dynamic' })).toBe(60);
  });

  it('skips the order of a text of one sentence', () => {
    const method = makeFor<Bert>(bert, texts, { secondTask: 'sentence-order' });
    const views = viewsOf<Views>(
      method,
      batchOfRows(
        [
          [[7, 8, 9, 10]],
          [
            [11, 12],
            [13, 14],
          ],
        ],
        texts.spec.length,
      ),
    );
    expect(views.order.toNumbers()[0]).toBe(NOT_ASKED);
    expect(views.order.toNumbers()[1]).toBeGreaterThanOrEqual(0);
    expect(Number.isFinite(method.loss(views).loss!.item())).toBe(true);
    method.dispose();
  });
});

describe("BERT's loss", () => {
  it('is 0 for a batch in which nothing is hidden, and has a gradient of 0', () => {
    scope(() => {
      const method = makeFor<Bert>(bert, texts, { secondTask: 'none', hiddenShare: 0 });
      const views = viewsOf<Views>(method, batch);
      expect(views.places.size(0)).toBe(0);
      const { loss } = method.loss(views);
      expect(loss!.item()).toBe(0);
      loss!.backward();
      for (const value of method.parameters()) expect(value.grad?.abs().sum().item() ?? 0).toBe(0);
      method.dispose();
    });
  });

  it('depends on the tokens on both sides of a hole, and on nothing of the padding', () => {
    scope(() =>
      noGrad(() => {
        const method = makeFor<Bert>(bert, texts, { secondTask: 'none' });
        method.eval();
        const rows = (third: number, last: number) =>
          batchOfRows([[[7, 8, third, 10, 11, 12, last]], [[7, 8, 9]]], 72).samples;
        const answer = (third: number, last: number): Tensor => {
          const tokens = method.prepare(rows(third, last)); // begin, 7 tokens, end
          return method.backbone.read(method.backbone.inputOf(tokens)).select(1, 5);
        };
        const usual = answer(9, 13);
        expect(distance(answer(20, 13).select(0, 0), usual.select(0, 0))).toBeGreaterThan(1e-5);
        expect(distance(answer(9, 20).select(0, 0), usual.select(0, 0))).toBeGreaterThan(1e-5);
        const shorter = method.prepare(batchOfRows([[[7, 8, 9]]], 72).samples);
        const alone = method.backbone.read(method.backbone.inputOf(shorter)).select(0, 0);
        const padded = method.backbone.read(method.backbone.inputOf(method.prepare(rows(9, 13)))).select(0, 1);
        expect(distance(padded.narrow(0, 0, 5), alone)).toBeLessThan(1e-5);
        method.dispose();
      }),
    );
  });

  it('is finite for a row of padding alone', () => {
    scope(() => {
      const method = makeFor<Bert>(bert, texts);
      const tokens = ops.full([2, 2, 6], -1, { dtype: 'int64' });
      tokens.select(0, 1).fill_(5);
      tokens.select(1, 1).fill_(0);
      const none = ops.zeros([0], { dtype: 'int64' });
      const views = { tokens, places: none, labels: none, order: ops.full([2], NOT_ASKED, { dtype: 'int64' }) };
      const { loss, features } = method.loss(views);
      loss!.add(features!.sum()).backward();
      for (const [name, value] of method.namedParameters())
        expect(Number.isFinite(value.grad?.sum().item() ?? 0), name).toBe(true);
      method.dispose();
    });
  });
});

describe("ALBERT's network", () => {
  const ALBERT = { sharesLayers: true, embeddingSize: 8 };
  const sizeOf = (options: Record<string, unknown>, architecture: string): number => {
    const method = makeFor<Bert>(bert, texts, options, { architecture });
    const count = method.backbone.parameterCount();
    method.dispose();
    return count;
  };

  it('has as many parameters however deep it is', () => {
    // 8 and 4 layers of BERT-Medium and BERT-Small, of the same width and heads.
    expect(sizeOf(ALBERT, 'bert-medium')).toBe(sizeOf(ALBERT, 'bert-small'));
    expect(sizeOf({}, 'bert-medium')).toBeGreaterThan(sizeOf({}, 'bert-small'));
  });

  it('has the sum of the gradients of all uses of a shared weight', () => {
    scope(() => {
      const method = makeFor<Bert>(bert, texts, { ...ALBERT, secondTask: 'none' });
      const views = viewsOf<Views>(method, batch);
      const weight = method.backbone.blocks[0]!.mlp.fc2.weight;
      method.loss(views).loss!.backward();
      const direction = ops.randn(weight.shape, { generator: new Generator(1) });
      const slope = weight.grad!.mul(direction).sum().item();
      const at = (step: number): number =>
        noGrad(() => {
          weight.add_(direction.mul(step));
          const value = method.loss(views).loss!.item();
          weight.sub_(direction.mul(step));
          return value;
        });
      const step = 3e-3;
      expect(Math.abs((at(step) - at(-step)) / (2 * step) - slope)).toBeLessThan(0.05 * Math.abs(slope) + 2e-4);
      method.dispose();
    });
  });
});

it('shows holes and answers', () => {
  const method = makeFor<Bert>(bert, texts);
  method.eval();
  const [preview] = noGrad(() => method.preview(batch, new Generator(1)));
  expect(preview!.rows.length).toBe(6);
  for (const [text, ...answers] of preview!.rows) {
    expect(text!.text).toContain('[1]');
    expect(answers.length).toBeGreaterThan(0);
    for (const answer of answers) expect(answer.text).toMatch(/\d+ %/);
  }
  method.dispose();
});
