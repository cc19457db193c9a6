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
import { compose, horizontalFlip, normalize, padAndCrop, rotate90, toFloat } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { type Generator, ops, type Tensor, tensor } from '../../../engine/index.js';
import { Linear } from '../../../engine/nn/index.js';
import { accuracy } from '../../losses/accuracy.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  Method,
  type Outcome,
  type Preview,
  type Views,
} from '../../method.js';

const options = z.object({
  angles: z
    .array(z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]))
    .min(2)
    .default([0, 90, 180, 270])
    .describe('Rotations to tell apart, in degrees counter-clockwise. The paper compares all four with pairs'),
  padding: z
    .number()
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe(
      'Pixels of zero padding before the random crop; null takes an eighth of the side (the paper: 4 at 32 pixels)',
    ),
  useFlip: z.boolean().default(true).describe('Random horizontal flip before the rotation, shared by the copies'),
});

type Options = z.output<typeof options>;

export class Rotation extends Method {
  readonly head: Linear;

  constructor(
    readonly options: Options,
    override readonly backbone: Backbone,
    readonly data: DataDescription,
  ) {
    super();
    this.head = new Linear(backbone.featureSize, options.angles.length);
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    const padding = this.options.padding ?? Math.round(this.data.imageSize / 8);
    const augment = compose(
      ...(padding > 0 ? [padAndCrop({ padding })] : []),
      ...(this.options.useFlip ? [horizontalFlip(0.5)] : []),
    );
    return this.rotated(augment(this.prepare(samples), random));
  }

  /** All rotations of each image: (A N, C, H, W), rotation by rotation, and the index of the angle of each. */
  private rotated(images: Tensor): { images: Tensor; labels: Tensor } {
    const { angles } = this.options;
    const turned = angles.map((angle) => rotate90(images, angle / 90));
    const count = images.size(0);
    const labels = tensor(
      angles.flatMap((_, label) => Array<number>(count).fill(label)),
      { dtype: 'int64' },
    );
    return { images: ops.cat(turned, 0), labels: labels.to(images.device) };
  }

  override loss(views: Views): Outcome {
    const { images, labels } = views as { images: Tensor; labels: Tensor };
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
    const shown = samples.narrow(0, 0, Math.min(6, samples.size(0)));
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
        explanation:
          'Each image is turned by every angle. The network sees one at a time and says by how much it was turned.',
        rows,
      },
    ];
  }
}

export const rotation = defineMethod({
  name: 'rotation',
  title: 'RotNet',
  modality: 'image',
  family: 'geometric',
  summary: 'Turn every image by 0, 90, 180 and 270 degrees and predict by how much each copy was turned.',
  paper: {
    title: 'Unsupervised Representation Learning by Predicting Image Rotations',
    authors: 'Spyros Gidaris, Praveer Singh, Nikos Komodakis',
    year: 2018,
    url: 'https://arxiv.org/abs/1803.07728',
    code: 'https://github.com/gidariss/FeatureLearningRotNet',
  },
  score: { metric: 'accuracy', name: 'rotation accuracy', better: 'higher' },
  options,
  recipes: {
    // The paper's CIFAR recipe: SGD 0.1 with Nesterov momentum, times 0.2 at epochs 60, 120 and 160 of 200.
    paper: {
      backbone: 'nin',
      epochs: 200,
      batchSize: 128,
      optimizer: 'sgd',
      learningRate: 0.1,
      momentum: 0.9,
      useNesterov: true,
      weightDecay: 5e-4,
      schedule: 'step',
      milestones: [0.3, 0.6, 0.8],
      gamma: 0.2,
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 30,
      batchSize: 128,
      optimizer: 'sgd',
      learningRate: 0.1,
      momentum: 0.9,
      useNesterov: true,
      weightDecay: 5e-4,
      schedule: 'cosine',
      warmupEpochs: 0.5,
    },
  },
  create: ({ options, backbone, data }) => new Rotation(options, backbone, data),
});
