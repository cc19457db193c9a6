import { Generator, ops, scope, type Tensor } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { blockMasks, centralMask, centralSpan, regionMasks } from './masks.js';

export interface HoleOptions {
  mask: 'region' | 'blocks' | 'central';
  /** Share of the image to hide, as each mask takes it. */
  hiddenShare: number;
  /** Number of random blocks. */
  blocks: number;
  /** Pixels at the edge of the central block that stay visible. */
  overlap: number;
}

/** Fewest pixels a side of a hole that a decoder and a discriminator can be made for. */
const SMALLEST_HOLE = 2;

/** The holes that a context encoder cuts into square images, and the part of the image that its decoder paints. */
export class Holes {
  /** The painted part, the same rows and columns: the central block, or the whole image. */
  readonly start: number;
  readonly length: number;

  /** @throws AutodidactError `USAGE` for options that no mask of this side can be made of */
  constructor(
    readonly options: HoleOptions,
    readonly side: number,
  ) {
    const { mask, hiddenShare } = options;
    const [start, end] = mask === 'central' ? centralSpan(side, hiddenShare) : [0, side];
    if (end - start < SMALLEST_HOLE)
      throw expected(`a share that makes the hole at least ${SMALLEST_HOLE} pixels wide`, 'hiddenShare', hiddenShare);
    this.start = start;
    this.length = end - start;
    scope(() => void this.draw(1, new Generator(0)));
  }

  /** Where pixels are hidden: bool (N, 1, S, S). */
  draw(count: number, random: Generator): Tensor {
    const { mask, hiddenShare, blocks, overlap } = this.options;
    if (mask === 'central') return centralMask(count, this.side, hiddenShare, overlap);
    if (mask === 'blocks') return blockMasks(count, this.side, hiddenShare, blocks, random);
    return regionMasks(count, this.side, hiddenShare, random);
  }

  /** The painted part of images or masks: (N, C, S, S) to (N, C, P, P). */
  cut(images: Tensor): Tensor {
    return images.narrow(2, this.start, this.length).narrow(3, this.start, this.length);
  }

  /** Images (N, C, S, S) whose hidden pixels are those of a painted part (N, C, P, P). */
  fill(images: Tensor, hidden: Tensor, painted: Tensor): Tensor {
    const end = this.side - this.start - this.length;
    return ops.where(hidden, ops.pad(painted, [this.start, end, this.start, end]), images);
  }

  /** @throws AutodidactError `SHAPE` for masks of another shape or type, and for holes beyond the painted part */
  check(hidden: Tensor, count: number): void {
    const shape = [count, 1, this.side, this.side];
    if (hidden.dtype !== 'bool' || hidden.shape.join() !== shape.join())
      throw expected(`bool masks of shape (${shape.join(', ')})`, 'hidden', hidden, { code: 'SHAPE' });
    const outside = hidden.sum().sub(this.cut(hidden).sum()).item();
    if (outside > 0)
      throw expected(
        `holes within the central block of ${this.length} pixels a side, which this network paints,`,
        'hidden',
        `${outside} pixels beyond it`,
        { code: 'SHAPE' },
      );
  }
}
