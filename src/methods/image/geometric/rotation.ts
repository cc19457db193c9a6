/**
 * RotNet: predict by which multiple of 90 degrees an image was turned.
 *
 * Gidaris, Singh, Komodakis, "Unsupervised Representation Learning by Predicting Image Rotations", ICLR 2018,
 * https://arxiv.org/abs/1803.07728; code: github.com/gidariss/FeatureLearningRotNet.
 *
 * To say how an object is turned a network must know what it is and where its parts are. All rotations of an image go into the
 * same batch; crop and flip come before the rotation and are shared by the copies, and pixels are moved, never interpolated,
 * so that no artifact gives the answer away.
 */
import { z } from 'zod';
import { compose, halfFlipped, padAndCrop, rotate90, type Transform, toFloat } from '../../../augment/index.js';
import { firstSamples } from '../../../data/index.js';
import { type Generator, ops, type Tensor } from '../../../engine/index.js';
import { Linear } from '../../../engine/nn/index.js';
import { standardizedImages } from '../../encoders.js';
import { accuracy } from '../../losses/accuracy.js';
import { type Batch, defineMethod, Method, type MethodContext, type Outcome, type Preview } from '../../method.js';
import * as option from '../../options.js';
import { card } from './rotation.card.js';

const options = z.object({
  angles: z
    .array(z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]))
    .min(2)
    .default([0, 90, 180, 270])
    .describe('Rotations to classify, in degrees counter-clockwise. The paper compares all four with pairs'),
  padding: option.wholeOrNull('Pixels of zero padding; null: an eighth of the side (the paper: 4 of 32)', { min: 0 }),
  useFlip: option.useFlip('the image before the rotation, shared by the copies'),
});

type Options = z.output<typeof options>;
type Rotated = { images: Tensor; labels: Tensor };

export class Rotation extends Method<Options, Rotated> {
  readonly head: Linear;
  private readonly augment: Transform;

  constructor(context: MethodContext<Options>) {
    super(context);
    const padding = this.options.padding ?? Math.round(this.spec.height / 8);
    this.augment = compose(...(padding > 0 ? [padAndCrop({ padding })] : []), halfFlipped(this.options.useFlip));
    this.head = new Linear(this.backbone.featureSize, this.options.angles.length);
  }

  override views({ samples }: Batch, random: Generator): Rotated {
    return this.rotated(this.prepare(this.augment(samples, random)));
  }

  /** All rotations of each image: (A N, C, H, W), rotation by rotation, and the index of the angle of each. */
  private rotated(images: Tensor): Rotated {
    const { angles } = this.options;
    const turned = angles.map((angle) => rotate90(images, angle / 90));
    const labels = ops.arange(0, angles.length, 1, { dtype: 'int64', device: images.device });
    return { images: ops.cat(turned, 0), labels: labels.repeatInterleave(images.size(0)) };
  }

  override loss({ images, labels }: Rotated): Outcome {
    const features = this.backbone.features(images); // (A N, D)
    const logits = this.head.forward(features); // (A N, A)
    return {
      loss: ops.crossEntropy(logits, labels),
      metrics: { accuracy: accuracy(logits, labels) },
      features,
    };
  }

  override preview({ samples }: Batch): Preview[] {
    const { angles } = this.options;
    const shown = firstSamples(samples, 6);
    const { images } = this.rotated(this.prepare(shown));
    const guesses = this.head.forward(this.backbone.features(images)).argmax(1).toNumbers();
    const pictures = this.rotated(toFloat(shown)).images;
    const count = shown.size(0);
    const rows = Array.from({ length: count }, (_, image) =>
      angles.map((angle, label) => {
        const guess = guesses[label * count + image]!;
        return {
          image: pictures.select(0, label * count + image),
          caption: `${angle}°, says ${angles[guess]}°`,
          isCorrect: guess === label,
        };
      }),
    );
    return [
      {
        title: 'Which way is up?',
        explanation: 'Each image is turned by every angle. The network sees one copy at a time and names its angle.',
        rows,
        chance: 1 / angles.length,
      },
    ];
  }
}

export const rotation = defineMethod({
  ...card,
  options,
  encoder: standardizedImages(),
  create: (context) => new Rotation(context),
});
