import { describe, expect, it } from 'vitest';
import { ops, type Tensor, tensor } from '../engine/index.js';
import { drawPart } from './draw.js';
import { describePixels } from './statistics.js';

describe('describePixels', () => {
  const size = { height: 1, width: 2 };

  it('measures each channel by itself, and takes 1 for the deviation of a flat one', () => {
    // Two images of 1x2 pixels and three channels.
    const pixels = tensor([0, 51, 255, 255, 7, 7, 102, 153, 255, 255, 7, 7], { shape: [2, 3, 1, 2] }).to('uint8');
    const { mean, std } = describePixels(2, size, () => pixels);
    const deviation = Math.sqrt((0.3 ** 2 + 0.1 ** 2 + 0.1 ** 2 + 0.3 ** 2) / 3); // of 0, 0.2, 0.4, 0.6
    for (const [i, value] of [0.3, 1, 7 / 255].entries()) expect(mean[i]).toBeCloseTo(value, 6);
    for (const [i, value] of [deviation, 1, 1].entries()) expect(std[i]).toBeCloseTo(value, 6);
  });

  it('looks at images from all of the set, and at fewer where they are large', () => {
    const seen = (count: number, side: number): number[] => {
      let asked: number[] = [];
      const collate = (indices: Int32Array): Tensor => {
        asked = [...indices];
        return ops.zeros([indices.length, 1, 1, 1], { dtype: 'uint8' });
      };
      describePixels(count, { height: side, width: side }, collate);
      return asked;
    };
    expect(seen(10_000, 8)).toEqual([...drawPart(10_000, 2000)]);
    expect(seen(10_000, 512)).toHaveLength(85); // 2^26 numbers of 3 x 512 x 512
    expect(seen(10_000, 2048)).toHaveLength(16);
  });

  it('does not fall together with the order of the data: classes that take turns', () => {
    // Dark and bright images in turn, each second or fifth of which would be of one kind.
    for (const turns of [2, 5]) {
      const collate = (indices: Int32Array): Tensor =>
        tensor(
          Uint8Array.from(indices, (i) => (i % turns === 0 ? 255 : 0)),
          { shape: [indices.length, 1, 1, 1] },
        );
      const { mean, std } = describePixels(2000 * turns, { height: 1, width: 1 }, collate);
      expect(mean[0]).toBeCloseTo(1 / turns, 1);
      expect(std[0]).toBeCloseTo(Math.sqrt((1 / turns) * (1 - 1 / turns)), 1);
    }
  });
});
