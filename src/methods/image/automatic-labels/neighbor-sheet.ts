/** Pictures of images with their neighbors, for the preview of local aggregation. */
import { toFloat } from '../../../augment/index.js';
import type { ImageSpec } from '../../../data/index.js';
import { ops, type Tensor, tensor, withoutGraph } from '../../../engine/index.js';
import { Module } from '../../../engine/nn/index.js';
import type { EpochContext, Tile } from '../../method.js';
import { spread } from '../../spread.js';
import { both } from '../../views/two-views.js';

const ROWS = 6;
/** Neighbors of each kind in a row. */
const EACH = 3;

/** Some images with those nearest to them, as of the last clustering. */
export class NeighborSheet extends Module {
  /** An image, its close neighbors, and its other ones: uint8 (ROWS, 1 + 2 EACH, C, H, W). */
  readonly images: Tensor;
  /** Cosines of their memories with that of the image (ROWS, 1 + 2 EACH); NaN where there is none. */
  readonly cosines: Tensor;

  constructor({ channels, height, width }: ImageSpec) {
    super();
    const shape = [ROWS, 1 + 2 * EACH];
    this.images = this.buffer('images', ops.zeros([...shape, channels, height, width], { dtype: 'uint8' }));
    this.cosines = this.buffer('cosines', ops.full(shape, Number.NaN, { dtype: 'float32' }));
  }

  /** The images that are shown, spread evenly over a data set. */
  static chosen(count: number): number[] {
    return spread([...Array(count).keys()], ROWS);
  }

  /**
   * Keeps the chosen images and their neighbors.
   *
   * @param similarity cosines of the chosen images with all, (rows, n)
   * @param isClose which of all are close, bool (rows, n)
   */
  keep(similarity: Tensor, isClose: Tensor, samples: EpochContext['samples']): void {
    withoutGraph(() => {
      this.cosines.fill_(Number.NaN);
      const chosen = NeighborSheet.chosen(similarity.size(1));
      for (const [r, image] of chosen.entries()) {
        const put = (column: number, members: readonly number[], cosines: readonly number[]): void => {
          if (members.length === 0) return;
          const [images, found] = both([this.images, this.cosines], (rows) => rows.select(0, r));
          images.narrow(0, column, members.length).copy_(samples(members));
          found.narrow(0, column, members.length).copy_(tensor([...cosines]));
        };
        put(0, [image], [1]);
        const own = ops.arange(0, similarity.size(1), 1, { dtype: 'int64', device: similarity.device }).eq(image);
        const close = isClose.select(0, r);
        for (const [column, excluded] of [
          [1, close.logicalNot().logicalOr(own)],
          [1 + EACH, close.logicalOr(own)],
        ] as const) {
          const left = similarity.select(0, r).maskedFill(excluded, Number.NEGATIVE_INFINITY);
          const [cosines, members] = left.topk(Math.min(EACH, left.numel));
          const found = cosines.toNumbers().filter(Number.isFinite);
          put(column, members.toNumbers().slice(0, found.length), found);
        }
      }
    });
  }

  /** Empty before the first clustering. */
  tiles(): Tile[][] {
    const rows = this.cosines.toList() as number[][];
    return rows.flatMap((cosines, r) => {
      const pictures = toFloat(this.images.select(0, r));
      const known = [...cosines.entries()].filter(([, cosine]) => !Number.isNaN(cosine));
      const tiles = known.map(([i, cosine]) => {
        const caption = i === 0 ? 'image' : `${i <= EACH ? 'close' : 'background'}: ${cosine.toFixed(2)}`;
        return { image: pictures.select(0, i), caption };
      });
      return tiles.length > 0 ? [tiles] : [];
    });
  }
}
