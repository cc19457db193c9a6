import { ops, scope, type Tensor } from '../../engine/index.js';
import { expected } from '../../errors.js';
import type { PropagationRule } from './rule.js';
import { BLOCK, blockTopK } from './top-k.js';
import { Windows } from './windows.js';

/** A frame whose labels are known. */
export interface LabeledFrame {
  /** Float (D, h, w). */
  readonly features: Tensor;
  /** Shares of the classes in each cell, float (C, h, w). */
  readonly labels: Tensor;
}

/** A frame that a target looks at. */
export interface ContextFrame extends LabeledFrame {
  /** Whether the window of the rule holds for it. */
  readonly isRestricted: boolean;
  /** How often it counts: its cells stand so many times among the most similar ones. */
  readonly copies: number;
}

/** Similarities in memory at once, where the number of tiles is left open. */
const MOST_SIMILARITIES = 2 ** 24;

/** Context frames that are compared in one matrix product. */
interface Group {
  /** Features side by side: padded (n, D, ., .) where each tile is compared with the cells around it, else (1, D, n h w). */
  readonly features: Tensor;
  readonly isWindowed: boolean;
  /** Whether the window of the rule holds. */
  readonly isRestricted: boolean;
  /** Number of the first cell of each frame among the cells of all. */
  readonly starts: Tensor;
}

/** One target frame against its context. */
export class Comparison {
  private readonly windows: Windows;
  private readonly target: Tensor;
  /** Labels of all cells of all context frames, one after the other: (frames h w, C). */
  private readonly known: Tensor;
  /** 0 where a cell of a tile may look at a cell around it, else -inf: (cells, around). */
  private readonly window: Tensor;
  /** Numbers of the cells of one frame from 1, 0 in the margin: (1, padded). */
  private readonly numbers: Tensor;
  private readonly groups: readonly Group[];

  /** @param target features (D, h, w); similarity is the dot product */
  constructor(
    target: Tensor,
    context: readonly ContextFrame[],
    private readonly rule: PropagationRule,
  ) {
    const [, height, width] = target.shape as [number, number, number];
    const windows = new Windows(height, width, rule.radius ?? 0);
    this.windows = windows;
    // The temperature divides the smaller side of the product.
    this.target = windows.padded(target.div(rule.temperature));
    this.known = ops.cat(context.map(({ labels }) => labels.flatten(1).t())).contiguous();
    const { device } = target;
    this.window = minusInfinityUnless(windows.allowed(rule.window, device));
    const cells = ops.arange(1, height * width + 1, 1, { dtype: 'int64', device });
    this.numbers = windows.padded(cells.view([1, height, width]));
    const places = context.flatMap((frame, i) => Array.from({ length: frame.copies }, () => ({ frame, i })));
    const isWindowed = !windows.isWhole && rule.radius !== null;
    this.groups = [false, true].flatMap((isRestricted) => {
      const own = places.filter(({ frame }) => (frame.isRestricted && rule.radius !== null) === isRestricted);
      if (own.length === 0) return [];
      const maps = own.map(({ frame }) => frame.features);
      const starts = own.map(({ i }) => i * height * width);
      return [
        {
          features:
            isRestricted && isWindowed
              ? windows.padded(ops.stack(maps))
              : ops
                  .cat(
                    maps.map((map) => map.flatten(1)),
                    1,
                  )
                  .unsqueeze(0),
          isWindowed: isRestricted && isWindowed,
          isRestricted,
          starts: ops.stack(starts.map((start) => ops.full([], start, { dtype: 'int64', device }))),
        },
      ];
    });
  }

  /** Shares of the classes, float (C, h, w). @param tiles compared at once; by default as many as fit in memory */
  labels(tiles = this.tilesAtOnce()): Tensor {
    const { windows } = this;
    if (!(Number.isSafeInteger(tiles) && tiles >= 1)) throw expected('a whole number of at least 1', 'tiles', tiles);
    const strips = Array.from({ length: windows.rows }, (_, row) => {
      const parts: Tensor[] = [];
      for (let from = 0; from < windows.columns; from += tiles)
        parts.push(scope(() => this.part(row, from, Math.min(tiles, windows.columns - from))));
      return ops.cat(parts, 2);
    });
    return windows.assemble(strips);
  }

  /** Tiles of a row that fit in the memory for similarities. */
  private tilesAtOnce(): number {
    const { windows } = this;
    const keys = this.groups.reduce(
      (sum, { isWindowed, starts, features }) => sum + (isWindowed ? starts.numel * windows.around : features.size(2)),
      0,
    );
    return Math.max(1, Math.min(windows.columns, Math.floor(MOST_SIMILARITIES / (windows.cells * keys))));
  }

  /** The labels of `count` tiles of a row: a strip (C, TILE, count TILE). */
  private part(row: number, from: number, count: number): Tensor {
    const { windows } = this;
    const queries = windows.targets(this.target, row, from, count).transpose(1, 2); // (B, Q, D)
    const found = this.groups.map((group) => this.compare(group, queries, row, from, count));
    const total = found.reduce((sum, { cells }) => sum + cells.size(1), 0);
    const filler = (BLOCK - (total % BLOCK)) % BLOCK;
    const { device } = queries;
    const fill = {
      similarity: ops.full([count, windows.cells, filler], Number.NEGATIVE_INFINITY, { device }).to(queries.dtype),
      cells: ops.zeros([count, filler], { dtype: 'int64', device }),
    };
    const all = filler === 0 ? found : [...found, fill];
    const similarity = joined(all.map((part) => part.similarity)); // (B, Q, K)
    const cells = joined(all.map((part) => part.cells)); // (B, K)
    return windows.strip(this.combine(similarity, cells).transpose(1, 2).contiguous());
  }

  /** Similarities (B, Q, K) of the cells of some tiles to those of a group of frames, and the numbers (B, K) of the latter. */
  private compare(group: Group, queries: Tensor, row: number, from: number, count: number) {
    const { windows, rule } = this;
    const { features, isWindowed, isRestricted, starts } = group;
    const frames = starts.numel;
    if (isWindowed) {
      const keys = windows.neighborhoods(features, row, from, count); // (B, D, n around)
      const numbers = windows.neighborhoods(this.numbers.unsqueeze(0), row, from, count).squeeze(1); // (B, around)
      const outside = minusInfinityUnless(numbers.gt(0)).unsqueeze(1).add(this.window); // (B, Q, around)
      const similarity = queries.bmm(keys);
      similarity.view([count, windows.cells, frames, -1]).add_(outside.unsqueeze(2));
      // Cells of the margin are masked, and get the number of any cell.
      return { similarity, cells: numbered(numbers.sub(1).clampMin(0), starts) };
    }
    const similarity = queries.bmm(features.expand([count, -1, -1]));
    if (isRestricted) {
      const allowed = windows.allowedInGrid(row, from, count, rule.window, queries.device);
      similarity.view([count, windows.cells, frames, -1]).add_(minusInfinityUnless(allowed).unsqueeze(2));
    }
    const every = ops.arange(0, windows.height * windows.width, 1, { dtype: 'int64', device: queries.device });
    return { similarity, cells: numbered(every.expand([count, -1]), starts) };
  }

  /** The mean labels of the cells that the rule takes, weighted by the softmax of their similarity: (B, Q, C). */
  private combine(similarity: Tensor, cells: Tensor): Tensor {
    const { topK, keepsTies } = this.rule;
    if (topK === null || topK >= similarity.size(2)) return this.mixed(similarity, cells);
    const { values, places } = blockTopK(similarity, keepsTies ? topK + 1 : topK); // (B, Q, k)
    if (!keepsTies) return this.best(values, places, cells);
    const [kth, next] = [values.narrow(2, topK - 1, 1), values.narrow(2, topK, 1)];
    const best = this.best(values.narrow(2, 0, topK), places.narrow(2, 0, topK), cells);
    // Tile by tile, so that the labels of one do not depend on those that are computed along with it.
    const isTied = kth.eq(next).flatten(1).anyDim(1).toNumbers();
    if (!isTied.some((tied) => tied !== 0)) return best;
    const tiles = isTied.map((tied, i) => {
      if (tied === 0) return best.narrow(0, i, 1);
      const own = similarity.narrow(0, i, 1);
      const below = own.lt(kth.narrow(0, i, 1));
      return this.mixed(own.maskedFill(below, Number.NEGATIVE_INFINITY), cells.narrow(0, i, 1));
    });
    return ops.cat(tiles);
  }

  /** The mean labels of the chosen cells: (B, Q, C). */
  private best(values: Tensor, places: Tensor, cells: Tensor): Tensor {
    const [count, queries, k] = places.shape as [number, number, number];
    const chosen = cells.unsqueeze(1).expand([-1, queries, -1]).gather(2, places).reshape([-1]);
    const labels = this.known.indexSelect(0, chosen).view([count, queries, k, -1]);
    return labels.mul(values.softmax(-1).unsqueeze(-1)).sum([2]);
  }

  /** The mean labels of all cells that are not masked: (B, Q, C). */
  private mixed(similarity: Tensor, cells: Tensor): Tensor {
    const [count, , all] = similarity.shape as [number, number, number];
    const labels = this.known.indexSelect(0, cells.reshape([-1])).view([count, all, -1]);
    return similarity.softmax(-1).bmm(labels);
  }
}

/** Numbers (B, K) of cells of one frame as those of several: (B, n K). */
function numbered(cells: Tensor, starts: Tensor): Tensor {
  return cells
    .unsqueeze(1)
    .add(starts.view([1, -1, 1]))
    .flatten(1);
}

/** 0 where true, else -inf. */
function minusInfinityUnless(allowed: Tensor): Tensor {
  return ops
    .zeros(allowed.shape, { device: allowed.device })
    .maskedFill(allowed.logicalNot(), Number.NEGATIVE_INFINITY);
}

function joined(parts: readonly Tensor[]): Tensor {
  return parts.length === 1 ? parts[0]! : ops.cat(parts, -1);
}
