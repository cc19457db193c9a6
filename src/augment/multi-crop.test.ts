import { expect, it } from 'vitest';
import { Generator, ops } from '../engine/index.js';
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
