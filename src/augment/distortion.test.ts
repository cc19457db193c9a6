import { expect, it } from 'vitest';
import { Generator, ops } from '../engine/index.js';
import { distortion, MILD_JITTER, STRONG_JITTER } from './distortion.js';
import { byolView, compose, randomResizedCrop, simclrView, type Transform } from './index.js';

const images = ops.rand([12, 3, 16, 16], { generator: new Generator(1) });
const crop = randomResizedCrop({ size: 16, scale: [0.08, 1], flip: 0.5 });
const values = (augment: Transform) => augment(images, new Generator(2)).toNumbers();

it('with the strong jitter distorts as the views of SimCLR, with the mild one as those of BYOL', () => {
  const simclr = { colorStrength: 0.5, grayProbability: 0.2, blurProbability: 0.5 };
  expect(values(compose(crop, distortion(STRONG_JITTER, simclr)))).toEqual(
    values(simclrView({ size: 16, strength: 0.5 })),
  );
  const byol = { colorStrength: 1, grayProbability: 0.2, blurProbability: 1 };
  const first = values(byolView({ size: 16, view: 1 }));
  expect(values(compose(crop, distortion(MILD_JITTER, byol)))).toEqual(first);
  expect(values(compose(crop, distortion(STRONG_JITTER, byol)))).not.toEqual(first);
});

it('leaves out what has strength or probability 0: nothing is changed or drawn', () => {
  const random = new Generator(3);
  const none = distortion(STRONG_JITTER, { colorStrength: 0, grayProbability: 0, blurProbability: 0 });
  expect(none(images, random).toNumbers()).toEqual(images.toNumbers());
  const untouched = ops.rand([4], { generator: new Generator(3) }).toNumbers();
  expect(ops.rand([4], { generator: random }).toNumbers()).toEqual(untouched);
});
