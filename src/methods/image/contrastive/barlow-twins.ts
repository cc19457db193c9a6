/**
 * Barlow Twins: make the cross-correlation matrix between the embeddings of two views the identity.
 *
 * Zbontar, Jing, Misra, LeCun, Deny, "Barlow Twins: Self-Supervised Learning via Redundancy Reduction", ICML 2021,
 * https://arxiv.org/abs/2103.03230; code: github.com/facebookresearch/barlowtwins.
 *
 * A 1 on the diagonal means that a component does not depend on the distortion, a 0 elsewhere that no component repeats another;
 * without the second term all would become the same. There are no negatives, no predictor and no momentum copy.
 *
 * Paper and code differ slightly: weight of the redundancy term 0.005 and 0.0051, weight decay 1.5e-6 and 1e-6. We follow the code.
 */
import { z } from 'zod';
import type { Transform } from '../../../augment/index.js';
import { fullPrecision, type Generator, ops, type Tensor } from '../../../engine/index.js';
import { standardizedImages } from '../../encoders.js';
import { type ProjectionHead, projectionHead } from '../../heads/projection-head.js';
import { cosineMatrix } from '../../losses/cosine.js';
import { offDiagonal } from '../../losses/off-diagonal.js';
import type { Batch, MethodContext, OptimizerGroup, Outcome, Preview } from '../../method.js';
import { defineMethod } from '../../method.js';
import * as option from '../../options.js';
import { type PartMean, stepMean } from '../../targets/step-mean.js';
import { both, byolViews, type Pair, type PairViews } from '../../views/two-views.js';
import { card } from './barlow-twins.card.js';
import { type Comparison, PairMethod } from './pair-method.js';

const options = z.object({
  redundancyWeight: option.weight(0.0051, 'Lambda: weight of the squared correlations between different components'),
  projectionSize: option.whole(8192, 'Components of the embedding', { min: 2 }),
  hiddenSize: option.hiddenSize(8192, 'the projector'),
  projectionLayers: option.whole(3, 'Linear layers of the projector'),
  minimumScale: option.minimumScale(0.08),
  useBlur: option.useByolBlur(),
});

type Options = z.output<typeof options>;

/** Components of which the preview shows the correlations. */
const SHOWN = 48;

export class BarlowTwins extends PairMethod<Options, PartMean> {
  readonly projection: ProjectionHead;
  /** The cross-correlation matrix of the last step, its first components only; zero before the first step. */
  readonly correlation: Tensor;
  private readonly augments: readonly [Transform, Transform];

  constructor(context: MethodContext<Options>) {
    super(context);
    this.projection = projectionHead(this.backbone, this.options, 'weights');
    const shown = Math.min(SHOWN, this.options.projectionSize);
    this.correlation = this.buffer('correlation', ops.zeros([shown, shown]));
    this.augments = byolViews({ ...this.options, size: this.spec.height });
  }

  /** Norms and biases take 0.0048 where weights take 0.2. */
  override optimizerGroups(): OptimizerGroup[] {
    return [{ name: 'main', modules: [this], normAndBiasRateFactor: 0.0048 / 0.2 }];
  }

  protected override draw(samples: Tensor, random: Generator): Pair {
    return both(this.augments, (augment) => augment(samples, random));
  }

  override loss({ images: [first, second] }: PairViews): Outcome<PartMean> {
    const features = this.backbone.features(first); // (N, D)
    const z1 = this.projection.forward(features); // (N, d)
    const z2 = this.projection.forward(this.backbone.features(second));
    const { loss, invariance, redundancy, correlation } = barlowLoss(z1, z2, this.options.redundancyWeight);
    const shown = this.correlation.size(0);
    const mean = correlation.detach().narrow(0, 0, shown).narrow(1, 0, shown);
    return { loss, metrics: { invariance, redundancy }, features, carry: { mean, count: first.size(0) } };
  }

  override afterStep(carries: readonly PartMean[]): void {
    this.correlation.copy_(stepMean(carries));
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    return [this.correlationPreview(), ...super.preview(batch, random)];
  }

  protected override compare(first: Tensor, second: Tensor): Comparison {
    const [z1, z2] = both([first, second], (view) => this.projection.forward(this.backbone.features(view)));
    return {
      title: 'Which two belong together?',
      explanation:
        'Every image is cropped and recolored twice. Shown is the second view whose embedding is most similar to that of view 1.',
      similarity: cosineMatrix(z1, z2),
    };
  }

  private correlationPreview(): Preview {
    const shown = this.correlation.size(0);
    const hasBegun = this.correlation.any().item() === 1;
    const tile = (matrix: Tensor, caption: string) => ({ image: matrix.abs().clamp(0, 1).unsqueeze(0), caption });
    const last = tile(this.correlation, hasBegun ? `last step, first ${shown} components` : 'training has not begun');
    const goal = tile(ops.eye(shown, { device: this.correlation.device }), 'the goal');
    const explanation =
      'Each cell is the correlation of two components of the embedding between two views of the same images: white is 1, black is 0. The diagonal should be white, all else black.';
    return { title: 'Agree on every component, repeat none', explanation, rows: [[last, goal]] };
  }
}

/**
 * Equation 1: sum over i of (1 - C_ii)^2 plus `weight` times the sum over i != j of C_ij^2, where C is the cross-correlation of the
 * components of two embeddings (N, d) over the batch. Components are standardized as by batch norm without scale and shift.
 */
export function barlowLoss(first: Tensor, second: Tensor, weight: number) {
  return fullPrecision(first.device, () => {
    const correlation = standardize(first).t().matmul(standardize(second)).div(first.size(0)); // (d, d)
    const invariance = correlation.diagonal().sub(1).square().sum();
    const redundancy = offDiagonal(correlation).square().sum();
    return { loss: invariance.add(redundancy.mul(weight)), invariance, redundancy, correlation };
  });
}

/** Columns (N, d) with mean 0 and variance 1 over the batch, with batch norm's 1e-5 beside the variance. */
function standardize(z: Tensor): Tensor {
  const centered = z.to('float32').sub(z.to('float32').mean([0], true));
  return centered.div(centered.square().mean([0], true).add(1e-5).sqrt());
}

export const barlowTwins = defineMethod({
  ...card,
  options,
  smallOptions: { projectionSize: 512, hiddenSize: 512, useBlur: false },
  smallestBatch: 2,
  encoder: standardizedImages(() => ({ zeroInitResidual: true })),
  create: (context) => new BarlowTwins(context),
});
