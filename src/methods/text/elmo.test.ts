import { expect, it } from 'vitest';
import { CharacterCnn } from '../../backbones/character-cnn.js';
import { Generator, noGrad, scope, type Tensor } from '../../engine/index.js';
import { indexTensor } from '../index-tensor.js';
import { type Elmo, elmo } from './elmo.js';
import { batchOf, distance, makeFor, narrativesFor, PROGRESS, viewsOf } from './text.test-util.js';

type Views = Record<'tokens' | 'rows', Tensor>;

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
    // The same rows read as others begin anew.
    const others = { ...views[1]!, rows: indexTensor([7, 9], views[1]!.rows) };
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

it('does not carry the state where it is told not to', () => {
  scope(() =>
    noGrad(() => {
      const method = makeFor<Elmo>(elmo, texts, { carriesState: false }, WIDTH);
      const views = viewsOf<Views>(method, batch);
      const before = method.loss(views).loss!.item();
      method.afterStep([method.loss({ ...views, rows: views.rows.sub(1) }).carry!]);
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
