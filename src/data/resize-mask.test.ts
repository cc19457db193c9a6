import { describe, expect, it } from 'vitest';
import { resizeMask } from './resize-mask.js';

const shape = (height: number, width: number) => ({ height, width, channels: 1 });
const count = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

it('leaves a mask of the wanted size as it is', () => {
  expect(resizeMask(count(12), shape(3, 4), shape(3, 4), 'crop')).toEqual(count(12));
});

it('repeats pixels when it enlarges and takes the nearest when it reduces', () => {
  const two = Uint8Array.of(1, 2, 3, 4);
  expect([...resizeMask(two, shape(2, 2), shape(4, 4), 'crop')]).toEqual([
    1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4,
  ]);
  // The middles of 2 x 2 pixels in 6 x 6 lie in rows and columns 1 and 4.
  expect([...resizeMask(count(36), shape(6, 6), shape(2, 2), 'crop')]).toEqual([7, 10, 25, 28]);
});

describe('of another form', () => {
  it('is cut to the central square, as its image is', () => {
    // 2 x 6 pixels, of which columns 2 and 3 remain.
    expect([...resizeMask(count(12), shape(2, 6), shape(2, 2), 'crop')]).toEqual([2, 3, 8, 9]);
    expect([...resizeMask(count(12), shape(6, 2), shape(2, 2), 'crop')]).toEqual([4, 5, 6, 7]);
  });

  it('is stretched on demand', () => {
    expect([...resizeMask(count(12), shape(2, 6), shape(2, 2), 'stretch')]).toEqual([1, 4, 7, 10]);
  });
});

it('makes no new class between two', () => {
  const edges = Uint8Array.from({ length: 49 }, (_, i) => (i % 7 < 3 ? 0 : 9));
  for (const side of [1, 2, 3, 5, 11, 16])
    for (const fit of ['crop', 'stretch'] as const)
      expect([0, 9]).toEqual(expect.arrayContaining([...resizeMask(edges, shape(7, 7), shape(side, side), fit)]));
});
