import { expect, it } from 'vitest';
import { manualSeed, ops, tensor } from '../../engine/index.js';
import { MemoryBank } from './memory-bank.js';

const int64 = (...values: number[]) => tensor(BigInt64Array.from(values, BigInt));

it('starts uniform with rows of length one on average', () => {
  manualSeed(0);
  const { features } = new MemoryBank({ count: 2000, size: 128 });
  expect(features.abs().amax().item()).toBeLessThanOrEqual(Math.sqrt(3 / 128));
  expect(features.square().sum([1]).mean().item()).toBeCloseTo(1, 2);
  expect(features.mean().item()).toBeCloseTo(0, 3);
});

it('moves the rows of the batch alone, by the literal rule, to length one', () => {
  manualSeed(1);
  const bank = new MemoryBank({ count: 20, size: 3 });
  const before = bank.features.toList() as number[][];
  const embeddings = ops.randn([2, 3]);
  bank.update(int64(7, 2), embeddings, 0.25);
  const after = bank.features.toList() as number[][];
  const given = embeddings.toList() as number[][];
  for (const [place, row] of after.entries()) {
    const position = [7, 2].indexOf(place);
    if (position < 0) {
      expect(row).toEqual(before[place]);
      continue;
    }
    const mixed = before[place]!.map((old, k) => 0.25 * old + 0.75 * given[position]![k]!);
    const length = Math.hypot(...mixed);
    for (const [k, value] of row.entries()) expect(value).toBeCloseTo(mixed[k]! / length, 5);
    expect(Math.hypot(...row)).toBeCloseTo(1, 6);
  }
});

it('belongs to the checkpoint and takes no gradient', () => {
  const bank = new MemoryBank({ count: 4, size: 2 });
  expect([...bank.stateDict().keys()]).toEqual(['features']);
  expect(bank.parameters()).toEqual([]);
});
