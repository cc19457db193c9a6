import { expect, it } from 'vitest';
import { noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { indexTensor } from '../index-tensor.js';
import { type Electra, electra } from './electra.js';
import { batchOf, distance, makeFor, narrativesFor, viewsOf } from './text.test-util.js';

type Views = Record<'tokens' | 'masked' | 'places' | 'labels' | 'draws', Tensor>;

const texts = await narrativesFor(electra);
const batch = batchOf(texts, 8);

it('shows the generator masks and untouched tokens in the hidden places, and the true text beside them', () => {
  const method = makeFor<Electra>(electra, texts);
  const { tokens, masked, places, labels } = viewsOf<Views>(method, batch);
  const flat = tokens.flatten();
  expect(flat.indexSelect(0, places).equal(labels)).toBe(true);
  const changed = masked.ne(tokens).flatten();
  expect(changed.sum().item()).toBe(changed.indexSelect(0, places).sum().item());
  const shown = masked.flatten().indexSelect(0, places).toNumbers();
  for (const [i, id] of shown.entries()) expect([texts.spec.special.mask, labels.toNumbers()[i]]).toContain(id);
  method.dispose();
});

it('draws guesses by their probability, from the uniform draws of the views alone', () => {
  scope(() => {
    const method = makeFor<Electra>(electra, texts);
    const tokens = ops.full([1, 4000], 5, { dtype: 'int64' });
    const places = ops.arange(0, 4000, 1, { dtype: 'int64' });
    const shares = [0.5, 0.3, 0.2];
    const logits = ops.full([1, texts.spec.vocabulary], -30, { dtype: 'float32' });
    for (const [i, share] of shares.entries()) logits.select(1, 10 + i).fill_(Math.log(share));
    const draws = ops.arange(0, 4000, 1, { dtype: 'float32' }).add(0.5).div(4000);
    const fake = method.replace({ tokens, places, draws }, logits.expand([4000, -1]));
    for (const [i, share] of shares.entries())
      expect(
        Math.abs(
          fake
            .eq(10 + i)
            .sum()
            .item() /
            4000 -
            share,
        ),
      ).toBeLessThan(0.002);
    method.dispose();
  });
});

it('counts a token that was guessed right as an original one', () => {
  scope(() =>
    noGrad(() => {
      const method = makeFor<Electra>(electra, texts);
      const views = viewsOf<Views>(method, batch);
      const sure = ops.full([views.places.size(0), texts.spec.vocabulary], -1e4, { dtype: 'float32' });
      const told = sure.scatter(1, views.labels.unsqueeze(1), ops.zeros([views.labels.size(0), 1]));
      expect(method.replace(views, told).equal(views.tokens)).toBe(true);
      method.dispose();
    }),
  );
});

it('sends nothing of the loss of the discriminator into the generator', () => {
  scope(() => {
    const method = makeFor<Electra>(electra, texts);
    const views = viewsOf<Views>(method, batch);
    const fake = method.replace(views, method.guess(views));
    method.judge(fake).logits.square().sum().backward();
    const own = [
      ...method.generator.blocks.flatMap((block) => block.parameters()),
      ...method.generatorHead.parameters(),
    ];
    for (const value of own) expect(value.grad).toBeNull();
    // The tables of the embeddings are common, and get theirs.
    expect(method.backbone.embeddings.tokens.weight.grad!.abs().sum().item()).toBeGreaterThan(0);
    method.dispose();
  });
});

it('has the tables of the embeddings once, and moves them by both losses', () => {
  const method = makeFor<Electra>(electra, texts);
  expect(method.generator.embeddings.tokens).toBe(method.backbone.embeddings.tokens);
  const names = method.namedParameters().map(([name]) => name);
  expect(names.filter((name) => name.endsWith('tokens.weight')).length).toBe(1);
  expect(method.generator.featureSize).toBe(16);
  method.dispose();
});

it('weighs all tokens but padding, 50 times as much as the generator', () => {
  scope(() =>
    noGrad(() => {
      const [plain, none] = [50, 0].map((discriminatorWeight) =>
        makeFor<Electra>(electra, texts, { discriminatorWeight }),
      );
      const views = viewsOf<Views>(plain!, batch);
      const [whole, generated] = [plain!, none!].map((method) => method.loss(views));
      const { discriminatorLoss } = whole!.metrics as Record<string, Tensor>;
      expect(distance(whole!.loss!, generated!.loss!.add(discriminatorLoss!.mul(50)))).toBeLessThan(1e-3);
      // Behind the end of a text nothing counts.
      const longer = ops.cat([views.tokens, ops.full([8, 3], -1, { dtype: 'int64' })], 1);
      const masked = ops.cat([views.masked, ops.full([8, 3], -1, { dtype: 'int64' })], 1);
      const width = views.tokens.size(1);
      const rows = views.places.toNumbers().map((place) => Math.floor(place / width));
      const moved = views.places.toNumbers().map((place, i) => place + 3 * rows[i]!);
      const same = plain!.loss({ ...views, tokens: longer, masked, places: indexTensor(moved, longer) });
      expect(distance(same.loss!, whole!.loss!)).toBeLessThan(1e-3);
      for (const method of [plain!, none!]) method.dispose();
    }),
  );
});

it('fills holes with any token where the generator is uniform', () => {
  scope(() => {
    const method = makeFor<Electra>(electra, texts, { generator: 'uniform' });
    const views = viewsOf<Views>(method, batch);
    const sure = ops.full([views.places.size(0), texts.spec.vocabulary], -1e4, { dtype: 'float32' });
    sure.select(1, 7).fill_(0);
    const fake = method.replace(views, sure).flatten().indexSelect(0, views.places);
    expect(fake.eq(7).sum().item()).toBeLessThan(views.places.size(0) / 2);
    method.dispose();
  });
});
