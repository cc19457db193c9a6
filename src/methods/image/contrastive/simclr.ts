/**
 * SimCLR: two random views of an image must find each other among the views of all other images of the batch.
 *
 * Chen, Kornblith, Norouzi, Hinton, "A Simple Framework for Contrastive Learning of Visual Representations", ICML 2020,
 * https://arxiv.org/abs/2002.05709; code: github.com/google-research/simclr.
 *
 * Crops make the task semantic (a part must be recognized from another part), color distortion keeps color histograms from
 * solving it. The loss acts on a projection that is thrown away; the representation before it is kept.
 *
 * Batch norm takes its statistics over all devices, that is over the whole batch: statistics of a part with both views of an
 * image would reveal which views belong together. `normGroups` brings that leak back as an ablation. The norm that ends the head has
 * a scale and no shift, as in the code.
 */
import { z } from 'zod';
import type { Transform } from '../../../augment/index.js';
import { compose, distortion, randomResizedCrop, STRONG_JITTER, toFloat } from '../../../augment/index.js';
import { firstSamples } from '../../../data/index.js';
import { type Generator, ops, type Tensor } from '../../../engine/index.js';
import { plainImages } from '../../encoders.js';
import { inNormGroups } from '../../heads/norm-groups.js';
import { type ProjectionHead, projectionHead } from '../../heads/projection-head.js';
import { cosineMatrix } from '../../losses/cosine.js';
import { ntXent } from '../../losses/nt-xent.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { pairPreview } from '../../previews/pair-preview.js';
import { inHalves } from '../../views/two-views.js';
import { card } from './simclr.card.js';

const options = z.object({
  temperature: option.positive(0.1, 'Divides the cosine similarities; 0.1 on ImageNet, 0.5 on CIFAR'),
  projectionSize: option.projectionSize(128),
  projectionLayers: option.whole(2, 'Linear layers of the head: 2 in version 1, 3 in version 2, 1 in the ablation'),
  hiddenSize: option.wholeOrNull('Width of the hidden layers of the head; null takes that of the representation'),
  normGroups: option.normGroups(1),
  minimumScale: option.minimumScale(0.08),
  colorStrength: option.colorStrength(1, '0.8s, 0.8s, 0.8s, 0.2s; 0.5 on CIFAR'),
  grayProbability: option.grayProbability(0.2),
  blurProbability: option.blurProbability(0.5, '; 0 on CIFAR'),
  useFlip: option.useFlip(),
});

type Options = z.output<typeof options>;
/** The first views of all images, then the second ones: (2N, C, H, W). */
type Doubled = { images: Tensor };

export class SimCLR extends Method<Options, Doubled> {
  readonly projection: ProjectionHead;
  private readonly augment: Transform;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { options, spec } = this;
    this.projection = projectionHead(this.backbone, options, 'unshifted-norm');
    this.augment = compose(
      randomResizedCrop({ size: spec.height, scale: [options.minimumScale, 1], flip: options.useFlip ? 0.5 : 0 }),
      distortion(STRONG_JITTER, options),
    );
  }

  override views({ samples }: Batch, random: Generator): Doubled {
    // One call on the doubled batch: every view draws its own parameters.
    return { images: this.augment(toFloat(ops.cat([samples, samples], 0)), random) };
  }

  override loss({ images }: Doubled): Outcome {
    const features = this.inParts(images, (x) => this.backbone.features(x)); // (2N, D)
    const projected = this.inParts(features, (x) => this.projection.forward(x)); // (2N, d)
    const { loss, accuracy } = ntXent(...inHalves(projected), this.options.temperature);
    return { loss, metrics: { accuracy }, features };
  }

  /** Results (2N, d) for both views (2N, ...). As on a device, the two views of an image are in the same part of the batch. */
  private inParts(views: Tensor, forward: (x: Tensor) => Tensor): Tensor {
    if (this.options.normGroups === 1 || !this.isTraining) return forward(views);
    const pairs = ops.stack(views.chunk(2, 0), 1); // (N, 2, ...)
    const results = inNormGroups(pairs, this.options.normGroups, (part) =>
      forward(part.flatten(0, 1)).unflatten(0, [part.size(0), 2]),
    ); // (N, 2, d)
    return results.transpose(0, 1).flatten(0, 1);
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const samples = firstSamples(batch.samples, 8);
    const { images } = this.views({ ...batch, samples }, random);
    const [first, second] = inHalves(images);
    const [z1, z2] = inHalves(this.projection.forward(this.backbone.features(images)));
    return pairPreview({
      title: 'Which two belong together?',
      explanation:
        'Every image is cropped and recolored twice. For view 1 the network looks for view 2 among those of all images shown.',
      ...{ samples, first, second, similarity: cosineMatrix(z1, z2) },
    });
  }
}

export const simclr = defineMethod({
  ...card,
  options,
  smallOptions: { temperature: 0.5, colorStrength: 0.5, blurProbability: 0 },
  smallestBatch: 2,
  // As the official code: [0, 1] without mean and standard deviation, and each residual block starts as the identity.
  encoder: plainImages(() => ({ zeroInitResidual: true })),
  create: (context) => new SimCLR(context),
});
