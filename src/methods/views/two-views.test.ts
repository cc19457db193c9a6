import { expect, it } from 'vitest';
import { byolView, randomResizedCrop } from '../../augment/index.js';
import { Generator, ops, tensor } from '../../engine/index.js';
import { both, byolViews, inHalves, twice, twoViews } from './two-views.js';

const images = ops.rand([6, 3, 16, 16], { generator: new Generator(1) });

it('draws two views of each image in one call, each with parameters of its own', () => {
  const augment = randomResizedCrop({ size: 16, scale: [0.2, 0.5] });
  const [first, second] = twoViews(augment, images, new Generator(2));
  expect([first.shape, second.shape]).toEqual([images.shape, images.shape]);
  expect(first.sub(second).abs().amax([1, 2, 3]).amin().item()).toBeGreaterThan(0);
  const joint = augment(ops.cat([images, images], 0), new Generator(2));
  expect(ops.cat([first, second], 0).toNumbers()).toEqual(joint.toNumbers());
});

it('keeps the order of a pair, and that of two draws', () => {
  expect(inHalves(tensor([1, 2, 3, 4])).map((half) => half.toNumbers())).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(both(['a', 'b'], (x) => `${x}!`)).toEqual(['a!', 'b!']);
  let count = 0;
  expect(twice(() => count++)).toEqual([0, 1]);
});

it('has the views of BYOL in their order', () => {
  const views = byolViews({ size: 16, minimumScale: 0.3 });
  const expected = ([1, 2] as const).map((view) => byolView({ size: 16, minimumScale: 0.3, view }));
  const values = (augments: typeof views) => augments.map((augment) => augment(images, new Generator(4)).toNumbers());
  expect(values(views)).toEqual(values(expected as unknown as typeof views));
  expect(values(views)[0]).not.toEqual(values(views)[1]);
});
