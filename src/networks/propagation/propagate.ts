import { keep, noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { checkRule, type PropagationRule } from './rule.js';
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

export interface PropagateOptions {
  /** Tiles of 8 x 8 cells that are compared at once, which bounds memory; the labels are the same bit by bit. */
  tiles?: number;
}

/** Similarities in memory at once, where the number of tiles is left open. */
const MOST_SIMILARITIES = 2 ** 24;

/**
 * Labels of one frame from frames whose labels are known: each cell takes the mean of the labels of cells that look like it, weighted
 * by the softmax of their similarity. Within a radius only the cells of the window and a margin around it are compared.
 *
 * @param target features (D, h, w)
 * @param context at least one frame, with features and labels of the same grid
 * @returns shares of the classes, float (C, h, w)
 * @throws AutodidactError `SHAPE` for maps of different grids, `USAGE` for a rule out of range or no context
 */
export function propagate(
  target: Tensor,
  context: readonly ContextFrame[],
  rule: PropagationRule,
  options: PropagateOptions = {},
): Tensor {
  checkRule(rule);
  if (context.length === 0) throw expected('at least one frame', 'context', context);
  for (const frame of context) checkGrid(frame, target);
  return noGrad(() =>
    scope(() => {
      const like = rule.similarity === 'cosine' ? unit : (map: Tensor) => map;
      const frames = context.map((frame) => ({ ...frame, features: like(frame.features) }));
      return new Comparison(like(target), frames, rule).labels(options.tiles);
    }),
  );
}

/** The labels of a video, frame after frame: what is found for one frame is known for the next ones. */
export class LabelPropagation {
  private readonly rule: PropagationRule;
  private readonly like: (map: Tensor) => Tensor;
  private readonly first: LabeledFrame;
  /** The latest frames after the first, oldest first. */
  private readonly recent: LabeledFrame[] = [];
  private frame = 0;

  /** @param first the first frame with its labels; both are copied */
  constructor(
    first: LabeledFrame,
    rule: PropagationRule,
    private readonly options: PropagateOptions = {},
  ) {
    this.rule = checkRule(rule);
    checkGrid(first, first.features);
    this.like = rule.similarity === 'cosine' ? unit : (map) => map.clone();
    this.first = this.kept(first.features, first.labels);
  }

  /**
   * The labels of the next frame, float (C, h, w).
   * @param features (D, h, w) on the grid of the first frame
   */
  next(features: Tensor): Tensor {
    const { rule, first, recent } = this;
    this.frame++;
    const copies = rule.isPadded ? Math.max(0, rule.last - (this.frame - 1)) : 0;
    const context: ContextFrame[] = [
      { ...first, isRestricted: rule.isFirstRestricted, copies: 1 },
      ...(copies > 0 ? [{ ...first, isRestricted: true, copies }] : []),
      ...recent.map((known) => ({ ...known, isRestricted: true, copies: 1 })),
    ];
    // The features are unit vectors already where the rule asks for cosines.
    const plain: PropagationRule = { ...rule, similarity: 'dot' };
    return noGrad(() =>
      scope(() => {
        const target = this.like(features);
        const labels = propagate(target, context, plain, this.options);
        recent.push({ features: keep(target), labels: keep(labels.clone()) });
        if (recent.length > rule.last) drop(recent.shift()!);
        return labels;
      }),
    );
  }

  dispose(): void {
    for (const known of [this.first, ...this.recent.splice(0)]) drop(known);
  }

  private kept(features: Tensor, labels: Tensor): LabeledFrame {
    return noGrad(() => scope(() => ({ features: keep(this.like(features)), labels: keep(labels.clone()) })));
  }
}

function drop({ features, labels }: LabeledFrame): void {
  features.dispose();
  labels.dispose();
}

/** Unit vectors along the channels. */
function unit(map: Tensor): Tensor {
  return map.div(map.vectorNorm(2, [0], true).clampMin(1e-12));
}

function checkGrid({ features, labels }: LabeledFrame, target: Tensor): void {
  const [channels, height, width] = target.shape;
  const isSame = ({ shape }: Tensor) => shape.length === 3 && shape[1] === height && shape[2] === width;
  if (target.ndim !== 3 || !isSame(features) || features.size(0) !== channels)
    throw expected(`features of one grid, (D, h, w) such as ${target.shape.join(' x ')}`, 'features', features, {
      code: 'SHAPE',
    });
  if (!isSame(labels)) throw expected(`labels (C, ${height}, ${width})`, 'labels', labels, { code: 'SHAPE' });
}

/** One target frame against its context. */
class Comparison {
  private readonly windows: Windows;
  private readonly target: Tensor;
  /** Labels of all cells of all context frames, one after the other: (frames h w, C). */
  private readonly known: Tensor;
  /** 0 where a cell of a tile may look at a cell around it, else -inf: (cells, around). */
  private readonly window: Tensor;
  /** Numbers of the cells of one frame from 1, 0 in the margin: (1, padded). */
  private readonly numbers: Tensor;
  private readonly sources: readonly { frame: ContextFrame; map: Tensor; start: number }[];

  constructor(
    target: Tensor,
    context: readonly ContextFrame[],
    private readonly rule: PropagationRule,
  ) {
    const [, height, width] = target.shape as [number, number, number];
    const cells = height * width;
    const isWindowed = (frame: ContextFrame) => frame.isRestricted && rule.radius !== null;
    const windows = new Windows(height, width, context.some(isWindowed) ? rule.radius! : 0);
    this.windows = windows;
    this.target = windows.padded(target);
    this.known = ops.cat(context.map(({ labels }) => labels.flatten(1).t())).contiguous();
    const { device } = target;
    this.window = where(windows.allowed(rule.window, device));
    this.numbers = windows.padded(ops.arange(1, cells + 1, 1, { dtype: 'int64', device }).view([1, height, width]));
    this.sources = context.map((frame, i) => ({
      frame: { ...frame, isRestricted: isWindowed(frame) },
      map: isWindowed(frame) ? windows.padded(frame.features) : frame.features.flatten(1).contiguous().unsqueeze(0),
      start: i * cells,
    }));
  }

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
    const perTile = this.sources.reduce(
      (sum, { frame, map }) => sum + frame.copies * (frame.isRestricted ? windows.around : map.size(2)),
      0,
    );
    return Math.max(1, Math.min(windows.columns, Math.floor(MOST_SIMILARITIES / (windows.cells * perTile))));
  }

  /** The labels of `count` tiles of a row: a strip (C, TILE, count TILE). */
  private part(row: number, from: number, count: number): Tensor {
    const { windows, rule, sources } = this;
    const queries = windows.targets(this.target, row, from, count).transpose(1, 2); // (B, Q, D)
    const numbers = windows.neighborhoods(this.numbers, row, from, count).squeeze(1); // (B, around)
    const outside = where(numbers.gt(0)).unsqueeze(1).add(this.window); // (B, Q, around)
    const found = sources.flatMap(({ frame, map, start }) => {
      const keys = frame.isRestricted ? windows.neighborhoods(map, row, from, count) : map.expand([count, -1, -1]);
      const similarity = queries.bmm(keys); // (B, Q, K)
      const masked = frame.isRestricted ? similarity.add_(outside) : similarity;
      // Cells of the margin are masked, and get the number of any cell.
      const own = frame.isRestricted ? numbers.sub(1).clampMin(0) : this.everyCell(count);
      return Array.from({ length: frame.copies }, () => ({ masked, cells: own.add(start) }));
    });
    const similarity = joined(found.map(({ masked }) => masked)).div(rule.temperature); // (B, Q, K)
    const cells = joined(found.map((part) => part.cells)); // (B, K)
    const labels = rule.topK === null || rule.keepsTies ? this.mixed(similarity, cells) : this.best(similarity, cells);
    return windows.strip(labels.transpose(1, 2).contiguous());
  }

  /** The mean labels of the k most similar cells, or of all where there are fewer: (B, Q, C). */
  private best(similarity: Tensor, cells: Tensor): Tensor {
    const [count, queries, all] = similarity.shape as [number, number, number];
    const k = Math.min(this.rule.topK!, all);
    const [values, places] = similarity.topk(k, -1) as [Tensor, Tensor]; // (B, Q, k)
    const chosen = cells.unsqueeze(1).expand([-1, queries, -1]).gather(2, places).reshape([-1]);
    const labels = this.known.indexSelect(0, chosen).view([count, queries, k, -1]);
    return labels.mul(values.softmax(-1).unsqueeze(-1)).sum([2]);
  }

  /** The mean labels of all cells, or of those that are at least as similar as the k-th: (B, Q, C). */
  private mixed(similarity: Tensor, cells: Tensor): Tensor {
    const { topK } = this.rule;
    const [count, , all] = similarity.shape as [number, number, number];
    const taken =
      topK === null || topK >= all
        ? similarity
        : similarity.maskedFill(
            similarity.lt((similarity.topk(topK, -1) as [Tensor, Tensor])[0].narrow(-1, topK - 1, 1)),
            Number.NEGATIVE_INFINITY,
          );
    const labels = this.known.indexSelect(0, cells.reshape([-1])).view([count, all, -1]);
    return taken.softmax(-1).bmm(labels);
  }

  /** Numbers of all cells of a frame for each tile: (B, h w). */
  private everyCell(count: number): Tensor {
    const { height, width } = this.windows;
    return ops.arange(0, height * width, 1, { dtype: 'int64', device: this.target.device }).expand([count, -1]);
  }
}

/** 0 where true, else -inf. */
function where(allowed: Tensor): Tensor {
  return ops
    .zeros(allowed.shape, { device: allowed.device })
    .maskedFill(allowed.logicalNot(), Number.NEGATIVE_INFINITY);
}

function joined(parts: readonly Tensor[]): Tensor {
  return parts.length === 1 ? parts[0]! : ops.cat(parts, -1);
}
