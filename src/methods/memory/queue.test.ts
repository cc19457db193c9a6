import { describe, expect, it } from 'vitest';
import { Generator, manualSeed, memory, ops, scope, type Tensor, tensor } from '../../engine/index.js';
import { l2Normalize } from '../losses/nt-xent.js';
import { FeatureQueue, ImageQueue } from './queue.js';

const make = (capacity: number, batch: number): FeatureQueue => {
  manualSeed(0);
  return new FeatureQueue({ capacity, size: 2, batch });
};

/** Rows [n, -n] for each number. */
const rows = (...numbers: number[]): Tensor => tensor(numbers.map((n) => [n, -n]));
const firsts = (queue: FeatureQueue): number[] => queue.features.select(1, 0).toNumbers();

describe('FeatureQueue', () => {
  it('starts full of unit vectors that no batch brought', () => {
    const queue = make(64, 8);
    queue.features
      .vectorNorm(2, [1])
      .toNumbers()
      .forEach((norm) => {
        expect(norm).toBeCloseTo(1, 6);
      });
    expect(queue.isFull).toBe(false);
  });

  it('replaces the oldest rows first and wraps around its end, also in the middle of a batch', () => {
    const queue = make(5, 3);
    queue.push(rows(1, 2, 3));
    expect(firsts(queue).slice(0, 3)).toEqual([1, 2, 3]);
    expect(queue.isFull).toBe(false);
    queue.push(rows(4, 5, 6));
    expect(firsts(queue)).toEqual([6, 2, 3, 4, 5]);
    expect(queue.isFull).toBe(true);
    queue.push(rows(7));
    queue.push(rows(8, 9, 10));
    expect(firsts(queue)).toEqual([6, 7, 8, 9, 10]);
    queue.push(rows(11, 12, 13, 14, 15));
    expect(firsts(queue)).toEqual([11, 12, 13, 14, 15]);
    expect(queue.features.select(1, 1).toNumbers()).toEqual([-11, -12, -13, -14, -15]);
  });

  it('is full with the last of its rows, not before', () => {
    const queue = make(5, 3);
    const fullness = [rows(1, 2, 3), rows(4), rows(5), rows(6)].map((batch) => {
      queue.push(batch);
      return queue.isFull;
    });
    expect(fullness).toEqual([false, false, true, true]);
  });

  it('always holds the newest rows, whatever the batches were', () => {
    const queue = make(7, 7);
    const random = new Generator(4);
    const pushed: number[] = [];
    for (let i = 0; i < 40; i++) {
      const count = ops.randint(1, 8, [1], { generator: random }).item();
      const numbers = Array.from({ length: count }, (_, k) => 100 * i + k);
      queue.push(rows(...numbers));
      pushed.push(...numbers);
      if (pushed.length >= 7) expect(firsts(queue).sort((a, b) => a - b)).toEqual(pushed.slice(-7));
    }
  });

  it('keeps unit vectors as they came, to the last bit, and leaks nothing', () => {
    const queue = make(16, 8);
    const keys = l2Normalize(ops.randn([8, 2]));
    const before = memory().tensors;
    for (let i = 0; i < 5; i++) scope(() => queue.push(keys));
    expect(memory().tensors).toBe(before);
    expect(queue.features.narrow(0, 0, 8).toList()).toEqual(keys.toList());
  });

  it('goes on after its state was copied into another one', () => {
    const queue = make(5, 3);
    queue.push(rows(1, 2, 3));
    const twin = make(5, 3);
    twin.loadStateDict(queue.stateDict());
    for (const one of [queue, twin]) one.push(rows(4, 5, 6));
    expect(firsts(twin)).toEqual(firsts(queue));
  });

  it('refuses a batch that does not fit, in one sentence', () => {
    expect(() => make(4, 8)).toThrow(
      'Expected room for at least the 8 vectors of one batch for `queueSize`, received 4. Raise it, best to a multiple of 8, or lower --batch-size.',
    );
    expect(() => make(4, 4).push(rows(1, 2, 3, 4, 5))).toThrow(/at most 4 rows of 2/);
    expect(() => make(4, 4).push(ops.zeros([2, 3]))).toThrow(/at most 4 rows of 2/);
  });
});

describe('ImageQueue', () => {
  const int64 = (...numbers: number[]): Tensor => tensor(numbers, { dtype: 'int64' });

  it('knows the images of its rows, and which rows no batch brought', () => {
    const queue = new ImageQueue({ capacity: 5, size: 2, batch: 3, count: 100 });
    expect(queue.isEmpty.toNumbers()).toEqual([1, 1, 1, 1, 1]);
    queue.pushOf(rows(1, 2, 3), int64(10, 20, 30));
    expect(queue.isEmpty.toNumbers()).toEqual([0, 0, 0, 1, 1]);
    queue.pushOf(rows(4, 5, 6), int64(40, 10, 60));
    expect(firsts(queue)).toEqual([6, 2, 3, 4, 5]);
    expect(queue.images.toNumbers()).toEqual([60, 20, 30, 40, 10]);
    expect(
      queue
        .isOf(int64(10, 30, 70))
        .to('int64')
        .toList(),
    ).toEqual([
      [0, 0, 0, 0, 1],
      [0, 0, 1, 0, 0],
      [0, 0, 0, 0, 0],
    ]);
  });

  it('holds at most as many rows as there are images, at least a batch, and says so', () => {
    const of = (capacity: number, count: number) => new ImageQueue({ capacity, size: 2, batch: 8, count });
    expect(of(4096, 612).features.shape).toEqual([612, 2]);
    expect(of(4096, 612).warnings).toEqual(['The queue holds 612 vectors, not 4096: there are 612 images.']);
    expect(of(4096, 5).features.shape).toEqual([8, 2]);
    expect(of(64, 612).features.shape).toEqual([64, 2]);
    expect(of(64, 612).warnings).toEqual([]);
    expect(() => of(4, 612)).toThrow(/at least the 8 vectors of one batch for `queueSize`, received 4/);
  });
});
