import { describe, expect, it } from 'vitest';
import { Generator, noGrad, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { unpermute } from '../noise/sentences.js';
import { type SentenceOrder, sentenceOrder } from './sentence-order.js';
import { batchOf, batchOfRows, hostRows, makeFor, narrativesFor, viewsOf } from './text.test-util.js';

type Views = Record<'tokens' | 'labels' | 'orders', Tensor>;

const texts = await narrativesFor(sentenceOrder);
const { begin, end } = texts.spec.special as { begin: number; end: number };
const FOUR = [[[7, 8], [9], [10, 11, 12], [13]]];

/** The sentences between the marks. */
function parts(row: readonly number[]): number[][] {
  const found: number[][] = [[]];
  for (const id of row.slice(1)) {
    if (id === end) found.push([]);
    else found.at(-1)!.push(id);
  }
  return found.slice(0, -1);
}

describe('all orders at once', () => {
  it('give back the text when the order that is asked for is undone', () => {
    const method = makeFor<SentenceOrder>(sentenceOrder, texts, { form: 'classify', sentences: 4 });
    const seen = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const { tokens, labels, orders } = viewsOf<Views>(method, batchOfRows(FOUR, 72), seed);
      const [row] = hostRows(tokens);
      expect(row![0]).toBe(begin);
      const order = method.orders[labels.item()]!;
      expect(orders.toNumbers()).toEqual(order);
      expect(unpermute(parts(row!), order)).toEqual(FOUR[0]);
      seen.add(labels.item());
    }
    expect(seen.size).toBeGreaterThan(15);
    method.dispose();
  });

  it('are told by the answer of their class', () => {
    scope(() => {
      const method = makeFor<SentenceOrder>(sentenceOrder, texts, { form: 'classify', sentences: 3 });
      const logits = ops.eye(6, { dtype: 'float32' });
      const truths = method.orders;
      for (const [i, places] of method.ordersOf(logits).entries())
        expect(places.map((place) => truths[i]![place])).toEqual([0, 1, 2]);
      method.dispose();
    });
  });
});

describe('pairs', () => {
  it('say which sentence comes first', () => {
    const method = makeFor<SentenceOrder>(sentenceOrder, texts, { sentences: 4 });
    const { tokens, labels } = viewsOf<Views>(method, batchOfRows(FOUR, 72));
    const rows = hostRows(tokens);
    expect(rows.length).toBe(6);
    const places = FOUR[0]!.map((sentence) => `${sentence}`);
    for (const [i, row] of rows.entries()) {
      const [first, second] = parts(row).map((part) => places.indexOf(`${part}`));
      expect(labels.toNumbers()[i]).toBe(Number(first! < second!));
    }
    method.dispose();
  });

  it('are joined to the order that they agree on, and to one of the nearest where they do not', () => {
    scope(() => {
      const method = makeFor<SentenceOrder>(sentenceOrder, texts, { sentences: 3 });
      const scored = (scores: readonly number[]): number[][] =>
        method.ordersOf(
          tensor(
            scores.flatMap((score) => [0, score]),
            { shape: [scores.length, 2] },
          ),
        );
      // Places 0 and 1, 0 and 2, 1 and 2: positive where the former comes first.
      expect(scored([1, 1, 1])).toEqual([[0, 1, 2]]);
      expect(scored([-1, -1, -1])).toEqual([[2, 1, 0]]);
      expect(scored([-1, 1, 1])).toEqual([[1, 0, 2]]);
      // A circle: the clearest win counts.
      expect(scored([3, -1, 1])[0]![0]).toBe(0);
      method.dispose();
    });
  });
});

it('skips texts with fewer sentences, and has a loss of 0 where there is no other', () => {
  scope(() => {
    const method = makeFor<SentenceOrder>(sentenceOrder, texts);
    const few = viewsOf<Views>(
      method,
      batchOfRows(
        [
          [[7], [8]],
          [[9], [10], [11]],
        ],
        72,
      ),
    );
    expect(few.orders.shape).toEqual([1, 3]);
    const none = viewsOf<Views>(method, batchOfRows([[[7], [8]], [[9]]], 72));
    const { loss, metrics } = method.loss(none);
    expect(loss!.abs().item()).toBe(0);
    expect(metrics).toBeUndefined();
    loss!.backward();
    for (const value of method.parameters()) expect(Number.isFinite(value.grad?.sum().item() ?? 0)).toBe(true);
    method.eval();
    expect(noGrad(() => method.preview(batchOfRows([[[7]]], 72), new Generator(1)))[0]!.rows.length).toBe(1);
    expect(noGrad(() => method.preview(batchOf(texts), new Generator(1)))[0]!.rows.length).toBe(6);
    method.dispose();
  });
});
