import { expect, it } from 'vitest';
import { Generator, ops, type Tensor } from '../engine/index.js';
import { multiCrop } from './multi-crop.js';
import { fixedTransform } from './transform.js';

const same = fixedTransform('same', 'float', (images) => images);

it('gives one tensor per resolution, crop by crop, odd sizes too', () => {
  const crop = multiCrop(
    [
      { count: 2, size: 16, scale: [0.5, 1] },
      { count: 3, size: 7, scale: [0.1, 0.5] },
    ],
    same,
  );
  // Image i is filled with the value i / 4, which no crop changes.
  const images = ops.arange(0, 4, 1, { dtype: 'float32' }).div(4).reshape([4, 1, 1, 1]).expand([4, 3, 16, 16]);
  const crops = crop(images, new Generator(0));
  expect(crops.map(({ shape }) => shape)).toEqual([
    [8, 3, 16, 16],
    [12, 3, 7, 7],
  ]);
  const levels = crops.map((batch) => batch.mean([1, 2, 3]).mul(4).round().toNumbers());
  expect(levels).toEqual([
    [0, 1, 2, 3, 0, 1, 2, 3],
    [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3],
  ]);
});

it('draws every crop anew, the same again from the same seed, and distorts it', () => {
  const images = ops.rand([3, 3, 16, 16], { generator: new Generator(2) });
  const crop = multiCrop([{ count: 2, size: 16, scale: [0.3, 0.6] }], same);
  const draw = (seed: number) => crop(images, new Generator(seed))[0]!;
  const [first, second] = draw(1).chunk(2, 0);
  expect(first!.sub(second!).abs().amax([1, 2, 3]).amin().item()).toBeGreaterThan(0);
  expect(draw(1).toNumbers()).toEqual(draw(1).toNumbers());
  const dark = multiCrop(
    [{ count: 1, size: 8, scale: [1, 1] }],
    fixedTransform('black', 'float', (x) => x.mul(0)),
  );
  expect(dark(images, new Generator(0))[0]!.amax().item()).toBe(0);
});

it('mirrors half of the crops', () => {
  // Dark on the left, bright on the right.
  const images = ops.arange(0, 8, 1, { dtype: 'float32' }).div(8).expand([400, 1, 8, 8]);
  const crops = multiCrop([{ count: 1, size: 8, scale: [1, 1] }], same)(images, new Generator(3))[0]!;
  const [left, right] = [0, 7].map((column) => crops.select(3, column).mean([1, 2])) as [Tensor, Tensor];
  // Four standard deviations of 400 draws are 40.
  expect(Math.abs(left.gt(right).sum().item() - 200)).toBeLessThan(40);
});
