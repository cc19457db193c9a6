import { expect, test } from 'vitest';
import { PixelBackbone } from '../../tests/support/pixel-backbone.js';
import type { Tensor } from '../engine/index.js';
import { encoderOf, makeFresh, SIDE, stripes } from './images.test-util.js';
import { refusalOf, scoreWithoutLabels } from './label-free.js';

test('every figure of an encoder, the same each time, and JSON-safe', async () => {
  const encoder = makeFresh(3);
  const data = stripes(60, 1, { noise: 20 });
  const figures = await scoreWithoutLabels(encoder, data);
  expect(Object.keys(figures).sort()).toEqual(
    [
      ...[
        'alignment',
        'alpha',
        'alphaRanks',
        'denseStructure',
        'dimensions',
        'intrinsicDimension',
        'ldaTrace',
        'lidar',
      ],
      ...['rankMe', 'samples', 'uniformity', 'viewRetrieval', 'viewed', 'views'],
    ].sort(),
  );
  expect(figures).toMatchObject({ samples: 60, viewed: 60, views: 8, dimensions: 32 });
  expect(await scoreWithoutLabels(encoder, data)).toEqual(figures);
  expect(JSON.parse(JSON.stringify(figures))).toEqual(figures);
  await expect(scoreWithoutLabels(encoder, stripes(20, 1))).rejects.toThrow(/at least 32/);
});

/** Features are all pixels. */
class AllPixels extends PixelBackbone {
  override readonly featureSize = SIDE ** 2;

  override features(x: Tensor): Tensor {
    return x.flatten(1);
  }
}

test('a figure that is no number is left out: a few samples of noise have no dimension', async () => {
  const figures = await scoreWithoutLabels(encoderOf(new AllPixels(1, SIDE)), stripes(40, 1, { noise: 300 }));
  expect(figures.dimensions).toBe(SIDE ** 2);
  expect(figures).not.toHaveProperty('intrinsicDimension');
  expect(JSON.parse(JSON.stringify(figures))).toEqual(figures);
});

test('noise and a collapse are refused, whatever their rank; an encoder that finds its views is not', () => {
  const figures = {
    dimensions: 64,
    views: 20,
    viewed: 500,
    samples: 500,
    rankMe: 62.9,
    lidar: 59.8,
    viewRetrieval: 0.9,
  };
  expect(refusalOf({ ...figures, ldaTrace: 3.2 })).toMatch(/no signal: the LDA trace 3.20 is below 6.40/);
  expect(refusalOf({ ...figures, ldaTrace: 0.03 })).toMatch(/no signal/);
  expect(refusalOf({ ...figures, ldaTrace: 76.3, viewRetrieval: 0.004 })).toMatch(/view retrieval 0.4 % is chance/);
  expect(refusalOf({ ...figures, ldaTrace: 76.3 })).toBeNull();
  expect(refusalOf({ dimensions: 64, samples: 500, intrinsicDimension: 0 })).toMatch(/collapsed/);
  expect(refusalOf({ dimensions: 64, samples: 500, intrinsicDimension: 5 })).toBeNull();
});
