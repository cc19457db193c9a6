import { ops, type Tensor } from '../../engine/index.js';

/**
 * Side of a tile of target cells, in cells. A tile is compared with all cells within the radius of any of its cells in one matrix
 * product: small tiles waste less of it, large ones make it faster.
 */
const TILE = 8;

/**
 * A grid of h x w cells in tiles, each with the cells around it. Every tile has the same shape, whatever others are computed along
 * with it: that keeps results bit-equal.
 */
export class Windows {
  readonly rows: number;
  readonly columns: number;
  /** Cells of a tile. */
  readonly cells = TILE ** 2;
  private readonly side: number;

  constructor(
    readonly height: number,
    readonly width: number,
    readonly radius: number,
  ) {
    this.rows = Math.ceil(height / TILE);
    this.columns = Math.ceil(width / TILE);
    this.side = TILE + 2 * radius;
  }

  /** Cells around a tile, its own included. */
  get around(): number {
    return this.side ** 2;
  }

  /** A map (C, h, w) with a margin of zeros for `neighborhoods` and `targets`. */
  padded(map: Tensor): Tensor {
    const { radius, rows, columns, height, width } = this;
    return ops.pad(map, [radius, columns * TILE - width + radius, radius, rows * TILE - height + radius]);
  }

  /** What lies around some tiles of a row, of a padded map: (tiles, C, around). */
  neighborhoods(padded: Tensor, row: number, from: number, count: number): Tensor {
    return this.cut(padded, row, from, count, 0, this.side);
  }

  /** The cells of some tiles of a row, of a padded map: (tiles, C, cells). */
  targets(padded: Tensor, row: number, from: number, count: number): Tensor {
    return this.cut(padded, row, from, count, this.radius, TILE);
  }

  private cut(padded: Tensor, row: number, from: number, count: number, margin: number, side: number): Tensor {
    const strip = padded
      .narrow(1, row * TILE + margin, side)
      .narrow(2, from * TILE + margin, (count - 1) * TILE + side)
      .unfold(2, side, TILE); // (C, side, count, side)
    return strip.permute([2, 0, 1, 3]).reshape([count, padded.size(0), side * side]);
  }

  /** Tiles of one row side by side, (tiles, C, cells), as a strip of the map: (C, TILE, tiles TILE). */
  strip(tiles: Tensor): Tensor {
    const [count, channels] = tiles.shape as [number, number];
    return tiles
      .view([count, channels, TILE, TILE])
      .permute([1, 2, 0, 3])
      .reshape([channels, TILE, count * TILE]);
  }

  /** The map (C, h, w) from the strips of all rows, each (C, TILE, columns TILE). */
  assemble(strips: readonly Tensor[]): Tensor {
    return ops.cat(strips, 1).narrow(1, 0, this.height).narrow(2, 0, this.width).contiguous();
  }

  /** Whether a cell of a tile (row) may look at a cell around it (column): bool (cells, around). */
  allowed(window: 'square' | 'disk', device: Tensor['device']): Tensor {
    const { radius, side } = this;
    const place = (count: number, start: number) => {
      const along = ops.arange(start, start + count, 1, { dtype: 'float32', device });
      const down = along.view([-1, 1]).expand([count, count]).reshape([-1]);
      const across = along.view([1, -1]).expand([count, count]).reshape([-1]);
      return [down, across] as const;
    };
    const own = place(TILE, 0);
    const others = place(side, -radius);
    const [dy, dx] = own.map((values, i) =>
      values
        .view([-1, 1])
        .sub(others[i]!.view([1, -1]))
        .abs(),
    ) as [Tensor, Tensor];
    if (window === 'square') return dy.maximum(dx).le(radius);
    const squared = dy.square().add(dx.square());
    return squared.lt(radius ** 2).logicalOr(squared.eq(0));
  }
}
