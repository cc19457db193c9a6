/** The ranking loss of pairs with mined negatives: Wang and Gupta 2015, as in `rank_hard_loss_layer.cpp` of their code. */
import { noGrad, type Tensor } from '../../engine/index.js';

/** How negatives are chosen for each pair. */
export interface NegativeRule {
  margin: number;
  /** Negatives of each pair. */
  negatives: number;
  /** How many of them are drawn from the pair's nearest candidates; the others are drawn from all that remain. */
  hard: number;
}

/** Keeps rows of zeros finite, as in the code. */
const EPSILON = 1e-6;

/** Cosines (M, M) of features (M, d). */
export function cosinesOf(features: Tensor): Tensor {
  const unit = features.div(features.vectorNorm(2, [1], true).add(EPSILON));
  return unit.matmul(unit.t());
}

/**
 * The negatives of each pair, as a mask (N, 2N). Candidates are the items of other videos whose hinge with the pair's first item as
 * anchor is above 0. Of the `negatives` candidates most similar to the first item, `hard` are drawn; the others are drawn from all
 * candidates that are left, these among them. Where there are no more candidates than negatives, all are taken.
 *
 * @param cosines (2N, 2N) of N pairs, both items of a pair next to each other; of equal ones the earlier item is the nearer
 * @param videos (2N), the number of each item's video: items of one video are never negatives of each other
 * @param draws (2, N, 2N), independent and uniform: the order in which hard negatives and others are drawn
 */
export function chooseNegatives(
  cosines: Tensor,
  videos: Tensor,
  draws: Tensor,
  { margin, negatives, hard }: NegativeRule,
): Tensor {
  return noGrad(() => {
    const [similarity, own] = anchored(cosines, 0);
    const others = videos.unsqueeze(0).eq(everySecond(videos, 0).unsqueeze(1)).logicalNot();
    const candidates = similarity.sub(own).add(margin).gt(0).logicalAnd(others);
    const nearest = lowest(similarity.neg(), candidates, negatives);
    const [first, second] = draws.unbind(0) as [Tensor, Tensor];
    const drawnHard = lowest(first, nearest, hard);
    const rest = candidates.logicalAnd(drawnHard.logicalNot());
    return drawnHard.logicalOr(lowest(second, rest, negatives - hard));
  });
}

/**
 * max(0, D(q, p) - D(q, n) + M) + max(0, D(q, p) - D(p, n) + M) with D = -cos, summed over the chosen negatives n of all pairs (q, p)
 * and divided by twice as many as each pair may have, however many have been found or still cost something.
 *
 * @param cosines (2N, 2N), as in `chooseNegatives`
 * @param chosen (N, 2N)
 * @returns scalar; the margin when all features are the same and every pair has all its negatives
 */
export function rankedHinge(
  cosines: Tensor,
  chosen: Tensor,
  { margin, negatives }: Pick<NegativeRule, 'margin' | 'negatives'>,
): Tensor {
  const [fromFirst, own] = anchored(cosines, 0);
  const [fromLast] = anchored(cosines, 1);
  const hinge = (similarity: Tensor): Tensor => similarity.sub(own).add(margin).relu();
  const sum = hinge(fromFirst).add(hinge(fromLast)).mul(chosen).sum();
  return sum.div(2 * negatives * chosen.size(0));
}

/** The cosines (N, N) of the first items of all pairs with the last items of all. */
export function firstWithLast(cosines: Tensor): Tensor {
  return everySecond(everySecond(cosines, 0).t(), 1).t();
}

/** The cosines (N, 2N) of the first or last items of all pairs with all items, and of both items of each pair (N, 1). */
function anchored(cosines: Tensor, item: 0 | 1): [similarity: Tensor, own: Tensor] {
  return [everySecond(cosines, item), firstWithLast(cosines).diagonal().unsqueeze(1)];
}

/** Rows `start`, `start + 2`, ... */
function everySecond(x: Tensor, start: 0 | 1): Tensor {
  return x.unflatten(0, [-1, 2]).select(1, start);
}

/** Of the entries of each row that `among` marks, the `count` lowest; of equal ones the earlier. */
function lowest(values: Tensor, among: Tensor, count: number): Tensor {
  const order = values.maskedFill(among.logicalNot(), Infinity).stableSort({ stable: true, dim: 1 })[1];
  const places = order.stableSort({ stable: true, dim: 1 })[1];
  return places.lt(count).logicalAnd(among);
}
