import { uniforms } from '../../augment/index.js';
import { type Generator, ops, scope, type Tensor, tensor, withoutGraph } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { both } from '../views/two-views.js';

/** Cells of noise along a side, of which random regions are made: the code's 0.06 of 128 pixels. */
const CELLS = 8;

/** Rows and columns [start, end) of the central block that covers this share of a square image: for 0.25, half its side. */
export function centralSpan(side: number, share = 0.25): [start: number, end: number] {
  const length = Math.max(1, Math.round(side * Math.sqrt(share)));
  const start = Math.floor((side - length) / 2);
  return [start, start + length];
}

/**
 * The central block, less a margin: bool (N, 1, side, side), true where pixels are hidden.
 *
 * @param margin pixels at the edge of the block that stay visible
 * @throws AutodidactError `USAGE` for a margin that leaves nothing of the block
 */
export function centralMask(count: number, side: number, share = 0.25, margin = 0): Tensor {
  const [start, end] = centralSpan(side, share);
  const length = end - start - 2 * margin;
  if (length < 1)
    throw expected(`a margin that leaves a pixel of the central block of ${end - start}`, 'overlap', margin);
  return withoutGraph(() => {
    const mask = ops.zeros([count, 1, side, side], { dtype: 'bool' });
    const rows = mask.narrow(2, start + margin, length);
    rows.narrow(3, start + margin, length).fill_(1);
    return mask;
  });
}

/**
 * For each image several blocks at random places, which may overlap: bool (N, 1, side, side). Together they hide at most `share`.
 *
 * @throws AutodidactError `USAGE` when so many blocks of a pixel each would hide more than that
 */
export function blockMasks(count: number, side: number, share: number, blocks: number, random: Generator): Tensor {
  const most = Math.sqrt(share / blocks) * side;
  if (most < 1)
    throw expected(
      `at most ${Math.floor(share * side ** 2)} blocks, a pixel each, in images of ${side} pixels`,
      'blocks',
      blocks,
    );
  const draws = uniforms(count, 4 * blocks, random);
  const hidden = new Uint8Array(count * side * side);
  for (let i = 0; i < count; i++) {
    const row = draws(i);
    for (let block = 0; block < blocks; block++) {
      const [h, w, y, x] = row.subarray(4 * block, 4 * block + 4) as unknown as [number, number, number, number];
      const [height, width] = both([h, w], (draw) => Math.max(1, Math.floor(most * (0.5 + 0.5 * draw))));
      const top = Math.floor(y * (side - height + 1));
      const left = Math.floor(x * (side - width + 1));
      for (let line = top; line < top + height; line++) {
        const start = (i * side + line) * side + left;
        hidden.fill(1, start, start + width);
      }
    }
  }
  return scope(() => tensor(hidden, { shape: [count, 1, side, side] }).to('bool'));
}

/**
 * For each image a region of arbitrary shape: uniform noise of 8 cells a side, interpolated, and of that the lowest values.
 * bool (N, 1, side, side); between 0.8 and 1.2 times `share` of each image is hidden, to the pixel.
 *
 * As the code of the context encoder makes its regions, where a threshold is tried until 20 to 30 % are hidden; the paper
 * takes the shapes of segmented objects.
 */
export function regionMasks(count: number, side: number, share: number, random: Generator): Tensor {
  return withoutGraph(() => {
    const device = random.device;
    const noise = ops.rand([count, 1, CELLS, CELLS], { generator: random, device, dtype: 'float32' });
    const smooth = ops.upsampleBicubic2d(noise, [side, side], false).reshape([count, -1]);
    const ranks = smooth.argsort(1).argsort(1); // (N, side^2)
    const draws = uniforms(count, 1, random);
    const pixels = Array.from({ length: count }, (_, i) =>
      Math.max(1, Math.round(side * side * share * (0.8 + 0.4 * draws(i)[0]!))),
    );
    const limits = tensor(pixels, { shape: [count, 1], dtype: 'int64', device });
    return ranks.lt(limits).reshape([count, 1, side, side]);
  });
}
