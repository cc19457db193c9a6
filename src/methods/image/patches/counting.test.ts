import { describe, expect, it } from 'vitest';
import { Generator, ops, scope, type Tensor, tensor } from '../../../engine/index.js';
import { imageSpec, makeMethod } from '../../make.test-util.js';
import { type Counting, counting, countingLoss } from './counting.js';

const make = (given: Record<string, unknown> = {}, side = 16): Counting =>
  makeMethod(counting, given, { spec: imageSpec(side), count: 8, seed: 3 });

const images = (count: number, side: number): Tensor =>
  ops.randint(0, 256, [count, 3, side, side], { dtype: 'int64', generator: new Generator(1) }).to('uint8');

const tilesOf = (method: Counting, samples: Tensor, seed = 2): Tensor =>
  method.views({ samples, indices: [...Array(samples.size(0)).keys()] }, new Generator(seed)).tiles;

describe('countingLoss', () => {
  it.each([0, 1, 10, 200])('equals the formula, image by image, with a margin of %d', (margin) => {
    const [whole, sum] = [1, 2].map((seed) => ops.rand([5, 7], { generator: new Generator(seed) }).mul(3)) as [
      Tensor,
      Tensor,
    ];
    const [w, s] = [whole.toList(), sum.toList()] as number[][][];
    const squared = (a: number[], b: number[]): number => a.reduce((total, x, k) => total + (x - b[k]!) ** 2, 0);
    let expected = 0;
    for (let i = 0; i < 5; i++)
      expected += (squared(w![i]!, s![i]!) + Math.max(0, margin - squared(w![(i + 1) % 5]!, s![i]!))) / 5;
    expect(countingLoss(whole, sum, margin).loss.item()).toBeCloseTo(expected, 4);
  });

  it('is the margin where nothing is counted, and nothing without a margin', () => {
    const nothing = ops.zeros([4, 6]);
    expect(countingLoss(nothing, nothing, 10).loss.item()).toBe(10);
    expect(countingLoss(nothing, nothing, 0).loss.item()).toBe(0);
  });

  it('is zero where parts add up and images differ by more than the margin', () => {
    const counts = tensor([
      [4, 0],
      [0, 4],
    ]);
    const { loss, own, other } = countingLoss(counts, counts, 10);
    expect([loss.item(), own.toNumbers(), other.toNumbers()]).toEqual([0, [0, 0], [32, 32]]);
  });

  it('sends no gradient from a pair that is farther apart than the margin', () => {
    const whole = tensor(
      [
        [4, 0],
        [0, 4],
      ],
      { requiresGrad: true },
    );
    countingLoss(
      whole,
      tensor([
        [4, 0],
        [0, 4],
      ]),
      10,
    ).loss.backward();
    expect(whole.grad!.abs().amax().item()).toBe(0);
  });
});

describe('views', () => {
  it('are small images and the quarters, which hold every pixel once', () => {
    const method = make({ grayProbability: 0 });
    const samples = images(3, 16);
    const tiles = tilesOf(method, samples);
    expect(tiles.shape).toEqual([15, 3, 8, 8]);
    const [a, b, c, d] = [1, 2, 3, 4].map((k) => tiles.narrow(0, 3 * k, 3)) as [Tensor, Tensor, Tensor, Tensor];
    const whole = ops.cat([ops.cat([a, b], 3), ops.cat([c, d], 3)], 2);
    expect(whole.sub(method.prepare(samples)).abs().amax().item()).toBeLessThan(1e-6);
  });

  it('shrink each image by one of three filters that keep flat areas as they are', () => {
    const method = make({ grayProbability: 0 });
    const flat = ops.full([12, 3, 16, 16], 100, { dtype: 'uint8' });
    const spread = tilesOf(method, flat);
    expect(spread.sub(spread.amin()).abs().amax().item()).toBeLessThan(1e-5);
    const same = images(1, 16).expand([12, 3, 16, 16]).contiguous();
    const small = tilesOf(method, same).narrow(0, 0, 12).flatten(1);
    const kinds = new Set(
      small
        .select(1, 0)
        .toNumbers()
        .map((value) => value.toFixed(4)),
    );
    expect(kinds.size).toBe(3);
  });

  it('are cut at random places, and gray where chance says so', () => {
    const method = make({ cropShare: 0.75, grayProbability: 1 }, 32);
    expect(method.side).toBe(12);
    const tiles = tilesOf(method, images(4, 32));
    expect(tiles.shape).toEqual([20, 3, 12, 12]);
    expect(
      tiles
        .narrow(1, 0, 1)
        .sub(tiles.narrow(1, 2, 1))
        .abs()
        .amax()
        .item(),
    ).toBeLessThan(1e-6);
    expect(tilesOf(method, images(4, 32), 9).sub(tiles).abs().amax().item()).toBeGreaterThan(0);
  });
});

it('counts nothing negative, and adds up the quarters of each image by itself', () => {
  const method = make();
  method.eval();
  const tiles = tilesOf(method, images(3, 16));
  const alone = scope(() => {
    const counts = method.head.forward(method.tower.forward(method.backbone.maps(tiles)));
    expect(counts.amin().item()).toBeGreaterThanOrEqual(0);
    const rows = counts.toList() as number[][];
    return [0, 1, 2].map((i) => {
      const own = rows[i]!;
      const other = rows[(i + 1) % 3]!;
      const sum = own.map((_, k) => [1, 2, 3, 4].reduce((total, j) => total + rows[3 * j + i]![k]!, 0));
      const squared = (x: number[]): number => x.reduce((total, value, k) => total + (value - sum[k]!) ** 2, 0);
      return squared(own) + Math.max(0, 10 - squared(other));
    });
  });
  const mean = alone.reduce((sum, value) => sum + value, 0) / 3;
  expect(method.loss({ tiles }).loss!.item()).toBeCloseTo(mean, 4);
});
