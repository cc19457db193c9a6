import { describe, expect, it } from 'vitest';
import { CharacterCnn } from '../../backbones/character-cnn.js';
import { tokenCounts } from '../../data/index.js';
import { Generator, noGrad, scope, type Tensor } from '../../engine/index.js';
import { buildMethod } from '../../train/build.js';
import { sampledSoftmaxLoss } from '../losses/sampled-softmax.js';
import type { MethodDefinition } from '../method.js';
import { parseMethodOptions } from '../registry.js';
import { type Elmo, elmo } from './elmo.js';
import { logExpectedCounts } from './log-uniform.js';
import { batchOf, distance, makeFor, narrativesFor, PROGRESS, viewsOf } from './text.test-util.js';

type Views = Record<'tokens' | 'starts', Tensor>;
type Drawn = Views & Record<'sampled' | 'tries', Tensor>;

const texts = await narrativesFor(elmo);
const batch = batchOf(texts, 8);
const WIDTH = { width: 64 };

it('is half of the sum of the losses of both directions, each over the tokens that it can tell', () => {
  scope(() =>
    noGrad(() => {
      const method = makeFor<Elmo>(elmo, texts, {}, WIDTH);
      const views = viewsOf<Views>(method, batch);
      const { loss, metrics } = method.loss(views);
      const { forwardLoss, backwardLoss } = metrics as Record<string, Tensor>;
      expect(distance(loss!, forwardLoss!.add(backwardLoss!).div(2))).toBeLessThan(1e-6);
      const { tokens } = views;
      const logits = method.output.forward(method.backbone.direction(tokens, 'backward').top).logSoftmax(2);
      let [sum, count] = [0, 0];
      for (const [i, row] of tokens.unbind(0).entries()) {
        const ids = row.toNumbers();
        const scores = logits.select(0, i);
        for (let t = 0; t + 1 < ids.length && ids[t + 1]! >= 0; t++) {
          sum -= scores
            .select(0, t + 1)
            .select(0, ids[t]!)
            .item();
          count++;
        }
      }
      expect(backwardLoss!.item()).toBeCloseTo(sum / count, 3);
      method.dispose();
    }),
  );
});

it('goes on from the state of the row before, and of no other row', () => {
  scope(() => {
    const method = makeFor<Elmo>(elmo, texts, {}, WIDTH);
    method.eval();
    const [first, second] = [0, 1].map((from) => ({
      samples: texts.collate([from, from + 2]),
      indices: [from, from + 2],
    }));
    const views = [first!, second!].map((part) => viewsOf<Views>(method, part));
    const fresh = method.loss(views[1]!).metrics!.forwardLoss as Tensor;
    const { carry } = method.loss(views[0]!);
    method.afterStep([carry!]);
    const carried = method.loss(views[1]!).metrics!.forwardLoss as Tensor;
    expect(distance(carried, fresh)).toBeGreaterThan(1e-6);
    // The same rows begin anew where they stand elsewhere in the stream.
    const others = { ...views[1]!, starts: views[1]!.starts.add(1) };
    expect(distance(method.loss(others).metrics!.forwardLoss as Tensor, fresh)).toBe(0);
    // What was carried is what a longer row would have given.
    const joined = texts.collate([0, 1]).ids;
    const whole = method.backbone.direction(joined.reshape([1, -1]), 'forward').top;
    const alone = { samples: texts.collate([0]), indices: [0] };
    method.afterStep([method.loss(viewsOf<Views>(method, alone)).carry!]);
    const after = { samples: texts.collate([1]), indices: [1] };
    const next = viewsOf<Views>(method, after);
    const width = joined.size(1);
    const scores = method.output.forward(whole.narrow(1, width, width - 1).flatten(0, 1)).logSoftmax(1);
    const truth = next.tokens.narrow(1, 1, width - 1).flatten();
    const literal = -scores.gather(1, truth.unsqueeze(1)).mean().item();
    expect((method.loss(next).metrics!.forwardLoss as Tensor).item()).toBeCloseTo(literal, 4);
    method.dispose();
  });
});

/** The loss from the left of rows of a data set, after others were read in these micro-batches. */
function lossAfter(method: Elmo, data: typeof texts, before: readonly number[][], rows: readonly number[]): number {
  const lossOf = (indices: readonly number[]) =>
    method.loss(viewsOf<Views>(method, { samples: data.collate(indices), indices }));
  method.afterStep(before.map((indices) => lossOf(indices).carry!));
  return (lossOf(rows).metrics!.forwardLoss as Tensor).item();
}

it('goes on from every micro-batch of the step, by the places of their rows', () => {
  scope(() =>
    noGrad(() => {
      const method = makeFor<Elmo>(elmo, texts, {}, WIDTH);
      method.eval();
      const fresh = lossAfter(method, texts, [[20]], [1, 3]);
      const whole = lossAfter(method, texts, [[0, 2, 4, 6]], [1, 3]);
      expect(Math.abs(whole - fresh)).toBeGreaterThan(1e-6);
      for (const parts of [
        [
          [0, 2],
          [4, 6],
        ],
        [[0], [2, 4, 6]],
        [
          [6, 4],
          [2, 0],
        ],
      ])
        expect(lossAfter(method, texts, parts, [1, 3]), JSON.stringify(parts)).toBeCloseTo(whole, 5);
      method.dispose();
      const { spec, count, assets } = texts;
      const training = { backbone: 'bi-lm', width: 64, batchSize: 8, accumulate: 2 };
      const options = parseMethodOptions(elmo as unknown as MethodDefinition, {}, true);
      const built = buildMethod(
        elmo as unknown as MethodDefinition,
        options,
        training,
        { spec, count },
        {
          ...{ seed: 0, device: 'cpu', assets },
        },
      ) as unknown as Elmo;
      expect([built.rows.shape, built.hidden.size(1), built.cell.size(1)]).toEqual([[8], 8, 8]);
      built.dispose();
    }),
  );
});

it('begins anew where the sample before is not the text before', () => {
  scope(() =>
    noGrad(() => {
      const method = makeFor<Elmo>(elmo, texts, {}, WIDTH);
      method.eval();
      const few = texts.subset([0, 1, 5]);
      const fresh = lossAfter(method, few, [[1]], [1]);
      expect(Math.abs(lossAfter(method, few, [[0]], [1]) - fresh)).toBeGreaterThan(1e-6);
      expect(lossAfter(method, few, [[1]], [2])).toBe(lossAfter(method, few, [[2]], [2]));
      method.dispose();
    }),
  );
});

it('does not carry the state where it is told not to', () => {
  scope(() =>
    noGrad(() => {
      const method = makeFor<Elmo>(elmo, texts, { carriesState: false }, WIDTH);
      const views = viewsOf<Views>(method, batch);
      const before = method.loss(views).loss!.item();
      method.afterStep([method.loss({ ...views, starts: views.starts.sub(texts.spec.length) }).carry!]);
      expect(method.loss(views).loss!.item()).toBe(before);
      expect(
        method.onEpochStart({
          progress: PROGRESS,
          random: new Generator(1),
          count: 10,
          batchSize: 4,
          samples: () => batch.samples,
        }),
      ).toEqual({});
      method.dispose();
    }),
  );
});

it('reads the data in strands, so that a row of a batch goes on where it ended', () => {
  const method = makeFor<Elmo>(elmo, texts, {}, WIDTH);
  const plan = (count: number, batchSize: number) =>
    method.onEpochStart({
      progress: PROGRESS,
      random: new Generator(1),
      count,
      batchSize,
      samples: () => batch.samples,
    }).order!;
  expect(plan(12, 4)).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
  expect([...plan(10, 4)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  method.dispose();
});

describe('sampled softmax', () => {
  const sampling = (negatives: number) => makeFor<Elmo>(elmo, texts, { negatives }, WIDTH);
  const { vocabulary } = texts.spec;

  it('compares with other tokens in each step and direction, the frequent ones more often', () => {
    const method = sampling(8);
    const counts = tokenCounts(texts.assets);
    const { sampled, tries } = viewsOf<Drawn>(method, batch);
    expect([sampled.shape, tries.shape]).toEqual([[2, 8], [2]]);
    const [left, right] = sampled.unbind(0).map((row) => [...row.toNumbers()]);
    expect(left).not.toEqual(right);
    expect(viewsOf<Drawn>(method, batch, 2).sampled.toNumbers()).not.toEqual(sampled.toNumbers());
    const drawn = new Array<number>(vocabulary).fill(0);
    for (let seed = 0; seed < 300; seed++)
      for (const id of viewsOf<Drawn>(method, batch, seed).sampled.toNumbers()) drawn[id]!++;
    const sorted = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b);
    const share = (ranks: readonly number[]): number => ranks.reduce((sum, id) => sum + drawn[id]!, 0) / ranks.length;
    expect(share(sorted.slice(0, 5))).toBeGreaterThan(3 * share(sorted.slice(-40)));
    // As often as the correction says: of the most frequent token within four deviations.
    const first = sorted[0]!;
    const expectedShare = 1 - Math.exp(method.logMisses!.toNumbers()[first]! * 10);
    expect(drawn[first]! / 600).toBeGreaterThan(0.8 * expectedShare);
    method.dispose();
  });

  it('is another loss with each draw in training, and the full one otherwise', () => {
    scope(() =>
      noGrad(() => {
        const method = sampling(60);
        const losses = [0, 1, 2].map((seed) => method.loss(viewsOf<Drawn>(method, batch, seed)).loss!.item());
        expect(new Set(losses).size).toBe(3);
        const views = viewsOf<Drawn>(method, batch);
        method.eval();
        expect(Object.keys(viewsOf<Drawn>(method, batch))).toEqual(['tokens', 'starts']);
        const plain = makeFor<Elmo>(elmo, texts, {}, WIDTH);
        plain.eval();
        expect(method.loss(views).loss!.item()).toBe(plain.loss(views).loss!.item());
        for (const made of [method, plain]) made.dispose();
      }),
    );
  });

  it('is the formula over the tokens that were drawn for each direction', () => {
    scope(() =>
      noGrad(() => {
        const method = sampling(8);
        const { logMisses, output } = method;
        const { weight, bias } = output;
        const views = viewsOf<Drawn>(method, batch);
        const { tokens, sampled, tries } = views;
        const length = tokens.size(1);
        const part = (which: 'forward' | 'backward', direction: 0 | 1): Tensor => {
          const { top } = method.backbone.direction(tokens, which);
          const [from, to] = which === 'forward' ? [0, 1] : [1, 0];
          const labels = tokens.narrow(1, to, length - 1).flatten();
          const places = labels.ge(0).nonzero().squeeze(1);
          const drawn = sampled.select(0, direction);
          return sampledSoftmaxLoss(
            top
              .narrow(1, from, length - 1)
              .flatten(0, 1)
              .indexSelect(0, places),
            labels.indexSelect(0, places),
            {
              ...{ weight, bias: bias!, sampled: drawn },
              logCounts: logExpectedCounts(logMisses!, 8, tries.select(0, direction)),
            },
          ).loss;
        };
        const wanted = part('forward', 0).add(part('backward', 1)).div(2);
        expect(distance(method.loss(views).loss!, wanted)).toBeLessThan(1e-6);
        expect(distance(part('forward', 1), part('forward', 0))).toBeGreaterThan(1e-3);
        method.dispose();
      }),
    );
  });

  it('draws nothing where all tokens, or as many as there are, are asked for', () => {
    for (const negatives of [0, vocabulary, 8192]) {
      const method = sampling(negatives);
      expect(method.logMisses).toBeNull();
      expect(Object.keys(viewsOf<Drawn>(method, batch))).toEqual(['tokens', 'starts']);
      method.dispose();
    }
  });

  it('moves the drawn and the true tokens alone', () => {
    scope(() => {
      const method = sampling(8);
      const views = viewsOf<Drawn>(method, batch);
      method.loss(views).loss!.backward();
      const moved = method.output.weight.grad!.abs().sum([1]).gt(0).toNumbers();
      const known = new Set([...views.sampled.toNumbers(), ...views.tokens.toNumbers()]);
      for (const [id, isMoved] of [...moved].entries()) if (isMoved) expect(known.has(id), `${id}`).toBe(true);
      expect([...moved].filter(Boolean).length).toBeLessThan(vocabulary);
      method.dispose();
    });
  });
});

it('reads tokens by their spelling on demand', () => {
  scope(() =>
    noGrad(() => {
      const method = makeFor<Elmo>(elmo, texts, { input: 'characters', characters: 12 }, WIDTH);
      const { tokens } = method.backbone;
      expect(tokens).toBeInstanceOf(CharacterCnn);
      const spelled = (tokens as CharacterCnn).spelling.select(0, texts.tokenizer.idOf('the')!).toNumbers();
      expect(spelled.slice(0, 6)).toEqual([256, ...Buffer.from('the'), 257, 258]);
      method.dispose();
    }),
  );
});
