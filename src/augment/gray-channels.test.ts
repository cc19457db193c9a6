import { expect, it } from 'vitest';
import { Generator, ops } from '../engine/index.js';
import { grayStatistics, meanChannel, oneChannel, standardizeGray } from './gray-channels.js';

const images = ops.rand([300, 3, 2, 2], { generator: new Generator(1) });

it('oneChannel repeats one channel of each image, each equally often', () => {
  const gray = oneChannel(images, new Generator(2));
  expect(gray.shape).toEqual(images.shape);
  const distance = gray.sub(images).abs().amax([2, 3]); // (N, C): 0 at the channel that was taken
  expect(distance.amin(1).amax().item()).toBe(0);
  for (const channel of [1, 2]) expect(gray.select(1, channel).equal(gray.select(1, 0))).toBe(true);
  // 300 draws of one in three: four standard deviations are 33.
  for (const count of distance.eq(0).sum([0]).toNumbers()) expect(Math.abs(count - 100)).toBeLessThan(33);
});

it('oneChannel leaves gray images as they are and draws nothing', () => {
  const random = new Generator(2);
  const before = random.state.toNumbers();
  const gray = images.narrow(1, 0, 1);
  expect(oneChannel(gray, random)).toBe(gray);
  expect(random.state.toNumbers()).toEqual(before);
});

it('meanChannel repeats the mean of the channels', () => {
  const mean = meanChannel(images);
  const literal = images.select(1, 0).add(images.select(1, 1)).add(images.select(1, 2)).div(3);
  for (const channel of [0, 1, 2]) expect(mean.select(1, channel).sub(literal).abs().amax().item()).toBeLessThan(1e-6);
});

it('standardizeGray takes the mean of the statistics for every channel, so that gray images stay gray', () => {
  const spec = { channels: 3, mean: [0.2, 0.4, 0.6], std: [0.1, 0.2, 0.6] };
  const { mean, std } = grayStatistics(spec);
  for (const value of mean) expect(value).toBeCloseTo(0.4, 6);
  for (const value of std) expect(value).toBeCloseTo(0.3, 6);
  const gray = standardizeGray(spec)(meanChannel(images));
  expect(gray.sub(meanChannel(images).sub(0.4).div(0.3)).abs().amax().item()).toBeLessThan(1e-5);
  expect(gray.select(1, 2).equal(gray.select(1, 0))).toBe(true);
});
