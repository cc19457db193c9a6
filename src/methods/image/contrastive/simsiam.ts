/**
 * SimSiam: predict the embedding of one view from the other; nothing is pushed apart.
 *
 * Chen, He, "Exploring Simple Siamese Representation Learning", CVPR 2021, https://arxiv.org/abs/2011.10566;
 * code: github.com/facebookresearch/simsiam.
 *
 * Both views go through the same network. A small predictor on one side must reach the other side's embedding, which is taken as
 * a constant (stop-gradient). Without it the loss falls to its minimum at once and all images get one embedding (section 4.1).
 *
 * In the paper all hidden layers of the projector have 2048 units; the code takes the width of the representation, which is the
 * same for ResNet-50. We follow the code. The predictor's learning rate does not decay (the flag of the published command).
 */
import { z } from 'zod';
import { mocoV2View, type Transform } from '../../../augment/index.js';
import type { Generator, Tensor } from '../../../engine/index.js';
import { BatchNorm, Sequential } from '../../../engine/nn/index.js';
import { standardizedImages } from '../../encoders.js';
import { type ProjectionHead, predictionHead, projectionHead } from '../../heads/projection-head.js';
import { cosineMatrix, cosines } from '../../losses/cosine.js';
import { directionSpread } from '../../losses/direction-spread.js';
import { defineMethod, type MethodContext, type OptimizerGroup, type Outcome } from '../../method.js';
import * as option from '../../options.js';
import { both, type Pair, type PairViews, twice } from '../../views/two-views.js';
import { type Comparison, PairMethod } from './pair-method.js';
import { card } from './simsiam.card.js';

const options = z.object({
  projectionSize: option.projectionSize(2048, 'the embeddings that are compared'),
  projectionLayers: option.whole(3, 'Linear layers of the projector; 2 on CIFAR'),
  hiddenSize: option.wholeOrNull('Width of the hidden layers of the projector; null takes that of the representation'),
  predictorSize: option.whole(512, "Width of the predictor's bottleneck: a quarter of the embedding in the paper"),
  usePredictorDecay: option.flag(false, "Whether the predictor's learning rate follows the schedule, too"),
  useStopGradient: option.flag(true, 'Whether the target is a constant; without it everything collapses (section 4.1)'),
  minimumScale: option.minimumScale(0.2),
  useBlur: option.useBlur(),
});

type Options = z.output<typeof options>;

export class SimSiam extends PairMethod<Options> {
  readonly projection: Sequential;
  readonly predictor: ProjectionHead;
  private readonly augment: Transform;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { backbone, options, spec } = this;
    // The output norm has no scale and shift, so every embedding dimension has variance 1 over the batch.
    const norm = new BatchNorm(options.projectionSize, { affine: false });
    this.projection = new Sequential(projectionHead(backbone, options, 'weights'), norm);
    this.predictor = predictionHead(options.projectionSize, options.predictorSize);
    this.augment = mocoV2View({ ...options, size: spec.height });
  }

  override optimizerGroups(): OptimizerGroup[] {
    return [{ name: 'main', modules: [this], constantRate: this.options.usePredictorDecay ? [] : [this.predictor] }];
  }

  protected override draw(samples: Tensor, random: Generator): Pair {
    return twice(() => this.augment(samples, random));
  }

  override loss({ images }: PairViews): Outcome {
    const [one, two] = both(images, (view) => {
      const features = this.backbone.features(view); // (N, D)
      const z = this.projection.forward(features); // (N, d)
      return { features, z, p: this.predictor.forward(z) };
    });
    const target = (z: Tensor): Tensor => (this.options.useStopGradient ? z.detach() : z);
    const loss = negativeCosine(one.p, target(two.z))
      .add(negativeCosine(two.p, target(one.z)))
      .div(2);
    return { loss, metrics: { spread: directionSpread(one.z) }, features: one.features };
  }

  protected override compare(first: Tensor, second: Tensor): Comparison {
    const [z1, z2] = both([first, second], (view) => this.projection.forward(this.backbone.features(view)));
    return {
      title: 'Predict the other view',
      explanation:
        'Every image is cropped and recolored twice. From view 1 the network predicts the embedding of view 2; shown is the view that fits the prediction best.',
      similarity: cosineMatrix(this.predictor.forward(z1), z2),
    };
  }
}

/** Equation 1: minus the cosine of predictions and targets (N, d), averaged over the batch; from -1 to 1. */
export function negativeCosine(p: Tensor, z: Tensor): Tensor {
  return cosines(p, z).mean().neg();
}

export const simsiam = defineMethod({
  ...card,
  options,
  smallOptions: { projectionLayers: 2, useBlur: false },
  smallestBatch: 2,
  encoder: standardizedImages(() => ({ zeroInitResidual: true })),
  create: (context) => new SimSiam(context),
});
