import { expect, it } from 'vitest';
import { PixelBackbone } from '../../tests/support/pixel-backbone.js';
import { temporaryFolder, tinyImages } from '../../tests/support/tiny.js';
import { ops, scope, type Tensor, tensor } from '../engine/index.js';
import { standardizedBy } from '../methods/encoders.js';
import { duplicateGroups, learnThreshold } from './duplicates.js';

const cache = temporaryFolder();

/** The colors of an image in coarse cells, centered: alike for crops, and not for other images. */
class CoarseColors extends PixelBackbone {
  override features(x: Tensor): Tensor {
    return scope(() => ops.adaptiveAvgPool2d(x, 2).flatten(1));
  }
}

/** The first pixels, which crops move and other images share no less. */
class Corner extends PixelBackbone {
  override features(x: Tensor): Tensor {
    return scope(() => x.flatten(1).narrow(1, 0, 3).sin());
  }
}

async function learnt(Backbone: typeof PixelBackbone) {
  const data = await tinyImages(cache, 'count=80&test=0&size=16');
  const { mean, std } = data.spec;
  return learnThreshold(standardizedBy(new Backbone(3, 16), data.spec, { mean, std }), data);
}

it('learns from crops how alike one thing is to itself, and how seldom others are', async () => {
  const { threshold, sameShare, otherShare, count } = await learnt(CoarseColors);
  expect(count).toBe(80);
  expect(threshold).toBeGreaterThan(0.8);
  expect(threshold).toBeLessThanOrEqual(1);
  // At most the one in 10,000 that may be found by chance, of 6,320 pairs.
  expect(otherShare).toBeLessThanOrEqual(1 / 6320);
  expect(sameShare).toBeGreaterThan(10 * otherShare);
  expect(await learnt(CoarseColors)).toEqual({ threshold, sameShare, otherShare, count });
  // The control: an encoder that tells crops from each other as it tells images.
  const blind = await learnt(Corner);
  expect(blind.sameShare).toBeLessThan(sameShare);
});

it('joins rows that are alike into groups, also through others, the largest first', () => {
  const at = (degrees: number) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const features = tensor([at(0), at(90), at(5), at(200), at(10), at(92), at(300)]);
  const groups = duplicateGroups(features, Math.cos((6 * Math.PI) / 180));
  expect(groups.map(({ rows }) => rows)).toEqual([
    [0, 2, 4],
    [1, 5],
  ]);
  // 0 and 10 degrees are connected by 5 alone: only pairs that reach the threshold count.
  expect(groups[0]!.least).toBeCloseTo(Math.cos((5 * Math.PI) / 180), 6);
  expect(groups[1]!.most).toBeCloseTo(Math.cos((2 * Math.PI) / 180), 6);
  expect(duplicateGroups(features, 0.99999)).toEqual([]);
  // The last is like both of the others, which are not like each other.
  const between = duplicateGroups(tensor([at(0), at(10), at(5)]), Math.cos((6 * Math.PI) / 180));
  expect(between.map(({ rows }) => rows)).toEqual([[0, 1, 2]]);
});

it('refuses a set of one', () => {
  expect(() => duplicateGroups(tensor([[1, 2]]), 0.9)).toThrow('at least two samples, received 1');
});
