/**
 * VICReg: draw the embeddings of two views together while each component keeps its variance and no two components covary.
 *
 * Bardes, Ponce, LeCun, "VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised Learning", ICLR 2022,
 * https://arxiv.org/abs/2105.04906; code: github.com/facebookresearch/vicreg.
 *
 * Invariance makes the views agree, variance forbids one embedding for all images, covariance forbids components that repeat each
 * other; the latter two are taken of each view by itself.
 *
 * Paper and code weigh the terms differently: the code divides the squared distance by the number of components (the paper sums
 * them) and takes the mean of both views' variance terms (the paper their sum). We follow the code. Its biases in front of batch
 * norms, which the norms cancel, are left out.
 */
import { z } from 'zod';
import type { Transform } from '../../../augment/index.js';
import { fullPrecision, type Generator, ops, type Tensor } from '../../../engine/index.js';
import { standardizedImages } from '../../encoders.js';
import { type ProjectionHead, projectionHead } from '../../heads/projection-head.js';
import { offDiagonal } from '../../losses/off-diagonal.js';
import { defineMethod, type MethodContext, type Outcome } from '../../method.js';
import * as option from '../../options.js';
import { both, byolViews, type Pair, type PairViews } from '../../views/two-views.js';
import { type Comparison, PairMethod } from './pair-method.js';
import { card } from './vicreg.card.js';

const options = z.object({
  invarianceWeight: option.weight(25, 'Weight of the squared distance between the two views'),
  varianceWeight: option.weight(25, 'Weight of the hinge on the deviation of each component; without it all collapses'),
  covarianceWeight: option.weight(1, 'Weight of the squared covariances between different components'),
  deviation: option.positive(1, 'Gamma: the standard deviation that each component is to reach'),
  projectionSize: option.whole(8192, 'Components of the embedding', { min: 2 }),
  hiddenSize: option.hiddenSize(8192, 'the expander'),
  projectionLayers: option.whole(3, 'Linear layers of the expander'),
  minimumScale: option.minimumScale(0.08),
  useBlur: option.useByolBlur(),
});

type Options = z.output<typeof options>;

export class VICReg extends PairMethod<Options> {
  readonly projection: ProjectionHead;
  private readonly augments: readonly [Transform, Transform];

  constructor(context: MethodContext<Options>) {
    super(context);
    this.projection = projectionHead(this.backbone, this.options, 'weights');
    this.augments = byolViews({ ...this.options, size: this.spec.height });
  }

  protected override draw(samples: Tensor, random: Generator): Pair {
    return both(this.augments, (augment) => augment(samples, random));
  }

  override loss({ images: [first, second] }: PairViews): Outcome {
    const features = this.backbone.features(first); // (N, D)
    const z1 = this.projection.forward(features); // (N, d)
    const z2 = this.projection.forward(this.backbone.features(second));
    const { invarianceWeight, varianceWeight, covarianceWeight } = this.options;
    const { invariance, variance, covariance, deviation } = vicregTerms(z1, z2, this.options.deviation);
    const spread = variance.mul(varianceWeight);
    const loss = invariance.mul(invarianceWeight).add(spread).add(covariance.mul(covarianceWeight));
    return { loss, metrics: { invariance, variance, covariance, deviation }, features };
  }

  protected override compare(first: Tensor, second: Tensor): Comparison {
    const [z1, z2] = both([first, second], (view) => this.projection.forward(this.backbone.features(view)));
    return {
      title: 'Which two belong together?',
      explanation:
        'Every image is cropped and recolored twice; both embeddings should be one point, while the points of different images spread. Shown is the second view nearest to view 1.',
      similarity: ops.cdist(z1, z2, 2).neg(),
    };
  }
}

/** Keeps the root's gradient finite where a component is constant. */
const EPSILON = 1e-4;

/**
 * The three terms for embeddings (N, d) of two views, N at least 2.
 *
 * Invariance: mean squared difference. Variance (equation 1): mean of max(0, gamma - sqrt(Var(z_j) + 1e-4)), averaged over the
 * views. Covariance (equations 3 and 4): sum over i != j of Cov(z)_ij^2 / d, added over the views. `deviation` is the mean
 * standard deviation of the first view's components, for watching.
 */
export function vicregTerms(first: Tensor, second: Tensor, gamma: number) {
  return fullPrecision(first.device, () => {
    const [one, two] = both([first, second], (z) => {
      const [count, size] = z.shape as [number, number];
      const centered = z.to('float32').sub(z.to('float32').mean([0], true));
      const products = centered.t().matmul(centered);
      const covariances = products.div(count - 1); // (d, d)
      const deviations = covariances.diagonal().add(EPSILON).sqrt();
      return {
        deviations,
        variance: deviations.neg().add(gamma).relu().mean(),
        covariance: offDiagonal(covariances).square().sum().div(size),
      };
    });
    return {
      invariance: ops.mseLoss(first.to('float32'), second.to('float32')),
      variance: one.variance.add(two.variance).div(2),
      covariance: one.covariance.add(two.covariance),
      deviation: one.deviations.mean(),
    };
  });
}

export const vicreg = defineMethod({
  ...card,
  options,
  smallOptions: { projectionSize: 512, hiddenSize: 512, useBlur: false },
  smallestBatch: 2,
  encoder: standardizedImages(() => ({ zeroInitResidual: true })),
  create: (context) => new VICReg(context),
});
