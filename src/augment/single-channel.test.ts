import { expect, it } from 'vitest';
import { Generator, ops } from '../engine/index.js';
import { singleChannel } from './single-channel.js';

const random = new Generator(5);
const images = ops.rand([300, 3, 4, 4], { generator: random });

it('shows one channel of every image three times, each as often', () => {
  const seen = singleChannel(1)(images, random);
  const counts = [0, 0, 0];
  for (let i = 0; i < 300; i++) {
    const image = seen.select(0, i);
    for (const c of [1, 2]) expect(image.select(0, c).equal(image.select(0, 0))).toBe(true);
    const kept = [0, 1, 2].findIndex((c) => images.select(0, i).select(0, c).equal(image.select(0, 0)));
    counts[kept]! += 1;
  }
  // 300 draws of one in three: four standard deviations are 33.
  for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(33);
});

it('leaves the others as they are', () => {
  expect(singleChannel(0)(images, random).equal(images)).toBe(true);
});

it('leaves gray images as they are', () => {
  const gray = images.narrow(1, 0, 1);
  expect(singleChannel(1)(gray, random).equal(gray)).toBe(true);
});
