/**
 * What native/word2vec.cc does, by operators on whole batches of examples: on a GPU, for held-out text, and to test the compiled form.
 */
import { noGrad, ops, scope, type Tensor } from '../../engine/index.js';
import type { WordExamples, WordTargets } from './word-examples.js';

/** Beyond this score the rules of word2vec.c differ, see `stepByOperators`. */
const LARGEST_SCORE = 6;
/** Examples of one update. The steps of the same row in it are added up, where the compiled form makes one after the other. */
const EXAMPLES_PER_UPDATE = 1024;
/** Steps of one row in an update: a row with more of them moves as far as with so many, or frequent words would run away. */
const MOST_STEPS = 8;

/** A table of outputs with what the examples are compared with. */
export interface Comparison {
  output: Tensor;
  targets: WordTargets;
  isTree: boolean;
}

/** The vector of each example, the mean of its context: (P, D). */
export function contextVectors(table: Tensor, { contexts, isContext }: WordExamples): Tensor {
  return scope(() => {
    const vectors = ops.embedding(table, contexts).mul(isContext.unsqueeze(2));
    return vectors.sum([1]).div(isContext.sum([1], true));
  });
}

/** Scores of the targets of each example, (P, K). */
function scoresOf(x: Tensor, { output, targets }: Comparison): Tensor {
  return ops.embedding(output, targets.rows).bmm(x.unsqueeze(2)).squeeze(2);
}

/** Terms of the loss, as sums over all examples. */
export interface TermSums {
  /** In nats. */
  loss: Tensor;
  terms: Tensor;
  /** Noise words scored below the true word, and branches that are right; ties count half. */
  right: Tensor;
  decisions: Tensor;
}

/** The loss of binary logistic regression of each example against its targets. */
export function lossByOperators(x: Tensor, comparison: Comparison): TermSums {
  return scope(() => {
    const { targets, isTree } = comparison;
    const scores = scoresOf(x, comparison);
    const { labels, isUsed } = targets;
    const loss = scores.mul(labels.mul(-2).add(1)).softplus().mul(isUsed).sum();
    // A noise word must score below the true word in the first column, a node above or below 0.
    const difference = isTree ? scores.mul(labels.mul(2).sub(1)) : scores.select(1, 0).unsqueeze(1).sub(scores);
    const isAsked = isTree ? isUsed : isUsed.mul(ops.onesLike(labels).sub(labels));
    const right = difference.gt(0).to('float32').add(difference.eq(0).to('float32').mul(0.5)).mul(isAsked).sum();
    return { loss, terms: isUsed.sum(), right, decisions: isAsked.sum() };
  });
}

/**
 * Moves the tables by the rules of word2vec.c: beyond a score of 6, negative sampling takes the sigmoid as 0 or 1, and hierarchical
 * softmax leaves the node; the error of a mean goes to each word of the context whole, or divided among them.
 */
export function stepByOperators(
  input: Tensor,
  examples: WordExamples,
  comparisons: readonly Comparison[],
  { rates: [from, to], isTrueGradient }: { rates: readonly [number, number]; isTrueGradient: boolean },
): void {
  const count = examples.centers.size(0);
  noGrad(() => {
    for (let start = 0; start < count; start += EXAMPLES_PER_UPDATE)
      scope(() => {
        const size = Math.min(EXAMPLES_PER_UPDATE, count - start);
        const part = (rows: Tensor) => rows.narrow(0, start, size);
        const rate = from + (to - from) * (start / count);
        const own = {
          centers: part(examples.centers),
          contexts: part(examples.contexts),
          isContext: part(examples.isContext),
        };
        const x = contextVectors(input, own);
        const error = ops.zerosLike(x);
        for (const { output, targets, isTree } of comparisons) {
          const used: WordTargets = {
            rows: part(targets.rows),
            labels: part(targets.labels),
            isUsed: part(targets.isUsed),
          };
          const scores = scoresOf(x, { output, targets: used, isTree });
          const isInside = scores.abs().lt(LARGEST_SCORE).to('float32');
          const saturated = isTree ? scores.sigmoid() : scores.clamp(-1, 1).add(1).div(2);
          const probability = ops.where(scores.abs().le(LARGEST_SCORE), scores.sigmoid(), saturated);
          const isMoved = isTree ? used.isUsed.mul(isInside) : used.isUsed;
          const g = used.labels.sub(probability).mul(isMoved).mul(rate); // (P, K)
          error.add_(g.unsqueeze(1).bmm(ops.embedding(output, used.rows)).squeeze(1));
          const steps = g.unsqueeze(2).mul(x.unsqueeze(1)).flatten(0, 1);
          addSteps(output, used.rows.flatten(), used.isUsed.flatten(), steps);
        }
        const share = isTrueGradient ? own.isContext.div(own.isContext.sum([1], true)) : own.isContext;
        const steps = error.unsqueeze(1).mul(share.unsqueeze(2)).flatten(0, 1);
        addSteps(input, own.contexts.flatten(), own.isContext.flatten(), steps);
      });
  });
}

/** Adds steps (S, D) to rows of a table, (S); those that are not used are 0. */
function addSteps(table: Tensor, rows: Tensor, isUsed: Tensor, steps: Tensor): void {
  const counts = ops.zeros([table.size(0)], { device: table.device }).indexAdd_(0, rows, isUsed);
  const shares = counts.clampMin(MOST_STEPS).reciprocal().mul(MOST_STEPS);
  table.indexAdd_(0, rows, steps.mul(shares.indexSelect(0, rows).unsqueeze(1)));
}
