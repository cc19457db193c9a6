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

  /** Maps (..., h, w) with a margin of zeros for `neighborhoods` and `targets`. */
  padded(maps: Tensor): Tensor {
    const { radius, rows, columns, height, width } = this;
    return ops.pad(maps, [radius, columns * TILE - width + radius, radius, rows * TILE - height + radius]);
  }

  /** What lies around some tiles of a row, of padded maps (n, C, ., .): (tiles, C, n around). */
  neighborhoods(padded: Tensor, row: number, from: number, count: number): Tensor {
    return this.cut(padded, row, from, count, 0, this.side);
  }

  /** The cells of some tiles of a row, of a padded map (C, ., .): (tiles, C, cells). */
  targets(padded: Tensor, row: number, from: number, count: number): Tensor {
    return this.cut(padded.unsqueeze(0), row, from, count, this.radius, TILE);
  }

  private cut(padded: Tensor, row: number, from: number, count: number, margin: number, side: number): Tensor {
    const strip = padded
      .narrow(2, row * TILE + margin, side)
      .narrow(3, from * TILE + margin, (count - 1) * TILE + side)
      .unfold(3, side, TILE); // (n, C, side, count, side)
    return strip.permute([3, 1, 0, 2, 4]).reshape([count, padded.size(1), -1]);
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

  /** Whether a window holds more cells than the grid: all of them are compared then, and those outside are masked. */
  get isWhole(): boolean {
    return this.around >= this.height * this.width;
  }

  /** Whether a cell of a tile (row) may look at a cell around it (column): bool (cells, around). */
  allowed(window: 'square' | 'disk', device: Tensor['device']): Tensor {
    return this.near(
      places(TILE, 0, TILE, 0, device),
      places(this.side, -this.radius, this.side, -this.radius, device),
      window,
    );
  }

  /** Whether the cells of some tiles of a row may look at each cell of the grid: bool (tiles, cells, h w). */
  allowedInGrid(row: number, from: number, count: number, window: 'square' | 'disk', device: Tensor['device']): Tensor {
    const all = places(this.height, 0, this.width, 0, device);
    const tiles = Array.from({ length: count }, (_, i) => {
      const own = places(TILE, row * TILE, TILE, (from + i) * TILE, device);
      return this.near(own, all, window);
    });
    return ops.stack(tiles);
  }

  private near(own: readonly [Tensor, Tensor], others: readonly [Tensor, Tensor], window: 'square' | 'disk'): Tensor {
    const [dy, dx] = [0, 1].map((i) =>
      own[i]!.view([-1, 1])
        .sub(others[i]!.view([1, -1]))
        .abs(),
    ) as [Tensor, Tensor];
    if (window === 'square') return dy.maximum(dx).le(this.radius);
    const squared = dy.square().add(dx.square());
    return squared.lt(this.radius ** 2).logicalOr(squared.eq(0));
  }
}

/** Rows and columns of a block of cells, row by row. */
function places(
  rows: number,
  top: number,
  columns: number,
  left: number,
  device: Tensor['device'],
): readonly [Tensor, Tensor] {
  const along = (start: number, count: number) => ops.arange(start, start + count, 1, { dtype: 'float32', device });
  const down = along(top, rows).view([-1, 1]).expand([rows, columns]).reshape([-1]);
  const across = along(left, columns).view([1, -1]).expand([rows, columns]).reshape([-1]);
  return [down, across];
}
