import { describe, expect, it } from 'vitest';
import { drawPart, shuffledPositions } from './draw.js';

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
