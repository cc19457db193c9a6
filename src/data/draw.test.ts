import { describe, expect, it } from 'vitest';
import { drawPart, evenParts, shuffledPositions } from './draw.js';

describe('drawPart', () => {
  it('takes all where there are few, and of many as many as asked, ascending, the same ones each time', () => {
    expect([...drawPart(4, 10)]).toEqual([0, 1, 2, 3]);
    expect([...drawPart(4, 4)]).toEqual([0, 1, 2, 3]);
    const drawn = [...drawPart(10_000, 500)];
    expect(new Set(drawn).size).toBe(500);
    expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(10_000);
    expect([...drawPart(10_000, 500)]).toEqual(drawn);
    // From everywhere alike: four standard deviations of the number in the first half.
    expect(Math.abs(drawn.filter((i) => i < 5000).length - 250)).toBeLessThan(45);
  });

  it.each([2, 3, 5, 10, 20])('takes classes that take turns, %d of them, in their shares', (turns) => {
    const drawn = drawPart(20_000, 1000);
    const share = 1000 / turns;
    // Four standard deviations of a draw without replacement.
    const margin = 4 * Math.sqrt(share * (1 - 1 / turns) * 0.95);
    for (let turn = 0; turn < turns; turn++)
      expect(Math.abs(drawn.filter((i) => i % turns === turn).length - share)).toBeLessThan(margin);
  });
});

it('shuffles all positions by their number alone', () => {
  const order = [...shuffledPositions(100)];
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(order).toEqual([...shuffledPositions(100)]);
  expect(order.filter((position, rank) => position === rank).length).toBeLessThan(10);
});

it('parts positions evenly, in as few parts as hold them', () => {
  expect(evenParts(5, 4)).toEqual([
    { from: 0, to: 2 },
    { from: 2, to: 5 },
  ]);
  expect(evenParts(4, 4)).toEqual([{ from: 0, to: 4 }]);
  expect(evenParts(0, 4)).toEqual([]);
  const sizes = evenParts(1025, 256).map(({ from, to }) => to - from);
  expect(sizes).toEqual([205, 205, 205, 205, 205]);
});
