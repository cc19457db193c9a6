import { keep, noGrad, scope, type Tensor } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { Comparison, type ContextFrame, type LabeledFrame } from './comparison.js';
import { checkRule, type PropagationRule } from './rule.js';

export type { ContextFrame, LabeledFrame } from './comparison.js';

export interface PropagateOptions {
  /** Tiles of 8 x 8 cells that are compared at once, which bounds memory; the labels are the same bit by bit. */
  tiles?: number;
}

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
