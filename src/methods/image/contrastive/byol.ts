/**
 * BYOL: predict, from one view of an image, how a slowly moving copy of the network represents the other view. No negatives.
 *
 * Grill, Strub, Altché, Tallec, Richemond et al., "Bootstrap Your Own Latent: A New Approach to Self-Supervised Learning",
 * NeurIPS 2020, https://arxiv.org/abs/2006.07733; code: github.com/google-deepmind/deepmind-research, folder byol.
 *
 * A constant representation would solve the task. Three things prevent it: only the online network has a predictor, no gradient
 * enters the target, and batch norm sees each view's batch by itself. Options switch off the first two, as the paper's ablations.
 * The official code draws the target's first weights anew and reports no difference; here it starts as a copy.
 */
import { z } from 'zod';
import type { Transform } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { type Generator, type Tensor, withoutGraph } from '../../../engine/index.js';
import { standardizedImages } from '../../encoders.js';
import { ProjectionHead } from '../../heads/projection-head.js';
import { cosineMatrix, cosines } from '../../losses/cosine.js';
import { directionSpread } from '../../losses/direction-spread.js';
import { defineMethod, type MethodContext, type Outcome, type Progress } from '../../method.js';
import * as option from '../../options.js';
import { copyOfBackbone, moveByEma, risingDecay, startAsCopy } from '../../targets/ema.js';
import { both, byolViews, type Pair, type PairViews } from '../../views/two-views.js';
import { card } from './byol.card.js';
import { type Comparison, PairMethod } from './pair-method.js';

const options = z.object({
  decay: option.share(0.996, 'EMA decay of the target at the start, 0.99 for 300 epochs or less; rises to 1 (cosine)'),
  projectionSize: option.projectionSize(256, 'projections and predictions'),
  hiddenSize: option.hiddenSize(4096, 'projector and predictor'),
  usePredictor: option.flag(true, 'Whether the online network has a predictor; without one it collapses (ablation)'),
  useStopGradient: option.useStopGradient(),
  minimumScale: option.minimumScale(0.08),
  useBlur: option.useByolBlur(),
});

type Options = z.output<typeof options>;

export class BYOL extends PairMethod<Options> {
  protected override readonly shownImages = 6;
  readonly projection: ProjectionHead;
  readonly predictor: ProjectionHead | null;
  readonly targetBackbone: Backbone;
  readonly targetProjection: ProjectionHead;
  private readonly augments: readonly [Transform, Transform];

  constructor(context: MethodContext<Options>) {
    super(context);
    const { projectionSize: outputSize, hiddenSize, usePredictor } = this.options;
    // Linear, batch norm, ReLU, linear without bias.
    const head = (inputSize: number) =>
      new ProjectionHead({ inputSize, hiddenSize, outputSize, layers: 2, last: 'weights' });
    this.projection = head(this.backbone.featureSize);
    this.predictor = usePredictor ? head(outputSize) : null;
    this.targetBackbone = copyOfBackbone(this.backbone);
    this.targetProjection = startAsCopy(head(this.backbone.featureSize), this.projection);
    this.augments = byolViews({ ...this.options, size: this.spec.height });
  }

  /** Only the online network learns by gradient. */
  override optimizerGroups() {
    const predictor = this.predictor === null ? [] : [this.predictor];
    return [{ name: 'main', modules: [this.backbone, this.projection, ...predictor] }];
  }

  protected override draw(samples: Tensor, random: Generator): Pair {
    return both(this.augments, (augment) => augment(samples, random));
  }

  override loss({ images }: PairViews): Outcome {
    // Each view passes alone: its batch statistics do not depend on the other view.
    const [one, two] = both(images, (view) => this.online(view));
    const [target1, target2] = this.options.useStopGradient
      ? both(images, (view) => withoutGraph(() => this.target(view)))
      : [one.projection, two.projection];
    const loss = cosineDistance(one.prediction, target2).add(cosineDistance(two.prediction, target1)).mean();
    return { loss, metrics: { spread: directionSpread(one.projection) }, features: one.features };
  }

  private online(images: Tensor) {
    const features = this.backbone.features(images); // (N, D)
    const projection = this.projection.forward(features); // (N, d)
    return { features, projection, prediction: this.predictor?.forward(projection) ?? projection };
  }

  /** The target's projection (N, d). In training it normalizes by its own batch and gathers its own statistics, as in the code. */
  private target(images: Tensor): Tensor {
    return this.targetProjection.forward(this.targetBackbone.features(images));
  }

  /** The target follows the online network after each optimizer step, here before the next one. */
  override beforeStep(progress: Progress): void {
    const decay = risingDecay(this.options.decay, progress);
    moveByEma([this.targetBackbone, this.targetProjection], [this.backbone, this.projection], decay);
  }

  protected override compare(first: Tensor, second: Tensor): Comparison {
    const similarity = cosineMatrix(this.online(first).prediction, this.target(second)); // (N, N)
    const agreement = similarity.diagonal().toNumbers();
    return {
      title: 'How will the target represent the other view?',
      explanation:
        'From view 1 the online network predicts how its slowly moving copy represents view 2; the cosine measures how well. With one answer for everything, the last column would be chance.',
      similarity,
      captions: { second: (i) => `view 2, cosine ${agreement[i]!.toFixed(2)}` },
    };
  }
}

/** 2 - 2 cos of the angle between rows (N, d), equation 2: (N), from 0 for the same direction to 4. */
export function cosineDistance(first: Tensor, second: Tensor): Tensor {
  return cosines(first, second).mul(-2).add(2);
}

export const byol = defineMethod({
  ...card,
  options,
  smallOptions: { decay: 0.99, hiddenSize: 512, useBlur: false },
  // A batch of one has no variance for batch norm to divide by.
  smallestBatch: 2,
  encoder: standardizedImages(),
  create: (context) => new BYOL(context),
});
