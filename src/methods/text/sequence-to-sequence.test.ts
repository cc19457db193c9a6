/** What BART, PEGASUS and T5 have in common, and what each makes of a text. */
import { describe, expect, it } from 'vitest';
import { Prng } from '../../data/index.js';
import { Generator, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { AdamW } from '../../engine/optim/index.js';
import { type Bart, bart } from './bart.js';
import { type Pegasus, pegasus } from './pegasus.js';
import type { PairViews } from './sequence-to-sequence.js';
import { SENTINELS, type T5, t5 } from './t5.js';
import { batchOf, batchOfRows, distance, hostRows, makeFor, narrativesFor, viewsOf } from './text.test-util.js';
import { textRows } from './token-inputs.js';

const texts = await narrativesFor(bart);
const { special, vocabulary } = texts.spec;
const { begin, end, mask } = special as Record<'begin' | 'end' | 'mask', number>;
const batch = batchOf(texts, 8);
const originals = textRows(batch.samples);

describe.each([
  ['bart', () => makeFor<Bart>(bart, texts)],
  ['pegasus', () => makeFor<Pegasus>(pegasus, texts)],
  ['t5', () => makeFor<T5>(t5, texts)],
])('%s', (_name, make) => {
  it('reads between marks, and writes what it is told one place earlier', () => {
    const method = make();
    const { tokens, written, labels } = viewsOf<PairViews>(method, batch);
    for (const row of hostRows(tokens)) expect([row[0], row.at(-1)]).toEqual([begin, end]);
    for (const [i, row] of hostRows(labels).entries()) {
      expect(row.at(-1)).toBe(end);
      expect(hostRows(written)[i]).toEqual([begin, ...row.slice(0, -1)]);
    }
    method.dispose();
  });

  it('writes each token by those before it alone', () => {
    scope(() =>
      noGrad(() => {
        const method = make();
        method.eval();
        const { tokens, written } = viewsOf<PairViews>(method, batch);
        const read = () => {
          const input = method.backbone.inputOf(tokens);
          return { vectors: method.backbone.read(input), isReal: input.isReal ?? null };
        };
        const table = method.backbone.embeddings.tokens.weight;
        const changed = written.clone();
        changed.select(1, 3).fill_(9);
        const [one, other] = [written, changed].map((ids) => method.decoder.forward(ids, table, read()));
        const moved = one!.sub(other!).abs().amax([0, 2]).toNumbers();
        expect(Math.max(...moved.slice(0, 3))).toBe(0);
        expect(moved[3]).toBeGreaterThan(1e-5);
        expect(moved.at(-1)).toBeGreaterThan(0);
        method.dispose();
      }),
    );
  });

  it('has the same loss whatever stands behind the ends', () => {
    scope(() =>
      noGrad(() => {
        const method = make();
        method.eval();
        const views = viewsOf<PairViews>(method, batch);
        const longer = (rows: Tensor): Tensor => ops.cat([rows, ops.full([8, 2], -1, { dtype: 'int64' })], 1);
        const { tokens, written, labels } = views;
        const padded = { tokens: longer(tokens), written: longer(written), labels: longer(labels) };
        // Positions end where the longest text ends.
        if (padded.tokens.size(1) > texts.spec.length) padded.tokens = tokens;
        expect(distance(method.loss(padded).loss!, method.loss(views).loss!)).toBeLessThan(1e-5);
        method.dispose();
      }),
    );
  });
});

describe("BART's texts", () => {
  it('are to be written as they were, and read in another order', () => {
    const method = makeFor<Bart>(bart, texts, { hiddenShare: 0 });
    const { tokens, labels } = viewsOf<PairViews>(method, batch);
    const orders = new Set<string>();
    for (const [i, row] of hostRows(tokens).entries()) {
      const target = hostRows(labels)[i]!.slice(0, -1);
      expect(target).toEqual(originals[i]!.ids);
      expect(row.slice(1, -1).toSorted()).toEqual(target.toSorted());
      orders.add(`${row.slice(1, -1)}` === `${target}` ? 'same' : 'other');
    }
    // One order of 24 is the one that they had.
    expect(orders).toContain('other');
    method.dispose();
    const identity = makeFor<Bart>(bart, texts, { hiddenShare: 0, permutesSentences: false });
    const same = viewsOf<PairViews>(identity, batch);
    expect(hostRows(same.tokens).map((row) => row.slice(1, -1))).toEqual(originals.map(({ ids }) => ids));
    identity.dispose();
  });

  it('may have one sentence, or one word', () => {
    const method = makeFor<Bart>(bart, texts);
    const views = viewsOf<PairViews>(method, batchOfRows([[[7, 8, 9]], [[7]]], texts.spec.length));
    expect(hostRows(views.labels)).toEqual([
      [7, 8, 9, end],
      [7, end],
    ]);
    expect(Number.isFinite(method.loss(views).loss!.item())).toBe(true);
    method.dispose();
  });
});

describe("PEGASUS' texts", () => {
  const pairsOf = (options: Record<string, unknown>, rows = originals) => {
    const method = makeFor<Pegasus>(pegasus, texts, options);
    const pairs = method.pairs(rows, new Prng(1));
    method.dispose();
    return pairs;
  };

  it('have a mask for each hidden sentence, which is to be written', () => {
    for (const [i, { input, target }] of pairsOf({ keptShare: 0, largestShare: 0.5, smallestShare: 0.5 }).entries()) {
      expect(input.filter((id) => id === mask).length).toBe(2);
      expect(input.length - 2 + target.length).toBe(originals[i]!.ids.length);
      expect([...input.filter((id) => id !== mask), ...target].toSorted()).toEqual(originals[i]!.ids.toSorted());
    }
  });

  it('keep chosen sentences now and then', () => {
    const kept = pairsOf({ keptShare: 1 });
    for (const [i, { input, target }] of kept.entries()) {
      expect(input).toEqual(originals[i]!.ids);
      expect(target.length).toBeGreaterThan(0);
    }
  });

  it('hide all copies of a sentence', () => {
    const copies = textRows(
      batchOfRows(
        [
          [
            [7, 8, 9],
            [10, 11],
            [7, 8, 9],
            [12, 13],
          ],
        ],
        texts.spec.length,
      ).samples,
    );
    const options = { keptShare: 0, smallestShare: 0.3, largestShare: 0.3, noise: 0 };
    const [{ input, target }] = pairsOf(options, copies) as [{ input: number[]; target: number[] }];
    expect(target).toEqual([7, 8, 9]);
    expect(input).toEqual([mask, 10, 11, mask, 12, 13]);
  });
});

it("T5's marks stand behind the vocabulary, in input and target alike", () => {
  const method = makeFor<T5>(t5, texts);
  expect(method.backbone.options.vocabulary).toBe(vocabulary + SENTINELS);
  for (const { input, target } of method.pairs(originals, new Prng(1))) {
    const marks = (ids: number[]): number[] => ids.filter((id) => id >= vocabulary);
    expect(marks(input).length).toBeGreaterThan(0);
    expect(marks(input)).toEqual(marks(target));
    expect(marks(input)).toEqual(marks(input).map((_, k) => vocabulary + k));
  }
  method.eval();
  const [preview] = noGrad(() => method.preview(batch, new Generator(1)));
  expect(preview!.rows[0]![0]!.text).toContain('[1]');
  method.dispose();
});

it('a preview holds a text for right that is written to the end of what is shown, however long it is', () => {
  for (const length of [60, 140]) {
    const method = makeFor<Bart>(bart, texts);
    const labels = ops
      .arange(10, 10 + length, 1, { dtype: 'int64' })
      .remainder(vocabulary)
      .view([1, length]);
    const shown = Math.min(128, length);
    method.views = () => ({ tokens: labels, written: labels, labels });
    const previewed = (change: number): unknown[] => {
      method.write = (_, longest) => {
        expect(longest).toBe(shown);
        const given = labels.narrow(1, 0, longest).clone();
        given.narrow(1, shown - 1, 1).add_(change);
        return given;
      };
      const [preview] = noGrad(() => method.preview(batchOf(texts, 1), new Generator(1)));
      expect(preview!.chance).toBeUndefined();
      return preview!.rows[0]!.map((cell) => (cell as { isCorrect?: boolean }).isCorrect);
    };
    expect(previewed(0)).toEqual([undefined, undefined, true]);
    expect(previewed(1)).toEqual([undefined, undefined, false]);
    method.dispose();
  }
});

it('a decoder writes by itself what it has learnt by heart', () => {
  scope(() => {
    const method = makeFor<Bart>(bart, texts);
    const two = batchOf(texts, 2);
    const views = viewsOf<PairViews>(method, two);
    const optimizer = new AdamW(method.parameters(), { learningRate: 5e-3 });
    for (let i = 0; i < 100; i++)
      scope(() => {
        optimizer.zeroGrad();
        method.loss(views).loss!.backward();
        optimizer.step();
      });
    method.eval();
    expect(method.loss(views).loss!.item()).toBeLessThan(0.1);
    const written = hostRows(method.write(views.tokens, views.labels.size(1)));
    expect(written).toEqual(hostRows(views.labels).map((row) => row.slice(0, -1)));
    optimizer.dispose();
    method.dispose();
  });
});
