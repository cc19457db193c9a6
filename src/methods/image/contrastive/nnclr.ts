/**
 * NNCLR: SimCLR whose positives are other images: the nearest neighbor of a view among earlier embeddings stands in for it.
 *
 * Dwibedi, Aytar, Tompson, Sermanet, Zisserman, "With a Little Help from My Friends: Nearest-Neighbor Contrastive Learning of
 * Visual Representations", ICCV 2021, https://arxiv.org/abs/2104.14548.
 *
 * Distortions show the same object in other crops and colors; a neighbor shows another object of its kind, which no distortion
 * can. The neighbor is a constant: gradients reach the network through the other view's prediction only. The queue takes the
 * first views' embeddings after each step, so that no view can be its own neighbor.
 */
import { z } from 'zod';
import {
  colorJitter,
  compose,
  gaussianBlur,
  grayscale,
  normalize,
  randomResizedCrop,
  type Transform,
  toFloat,
} from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, ops, type Tensor } from '../../../engine/index.js';
import { ProjectionHead } from '../../heads/projection-head.js';
import { accuracy } from '../../losses/accuracy.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { FeatureQueue } from '../../memory/queue.js';
import {
  type Batch,
  defineMethod,
  Method,
  type MethodContext,
  type Outcome,
  type Preview,
  type Views,
} from '../../method.js';
import { pairRows } from '../../previews/pair-rows.js';

const options = z.object({
  temperature: z.number().positive().default(0.1).describe('Divides the cosine similarities'),
  queueSize: z
    .number()
    .int()
    .min(1)
    .default(98304)
    .describe('Embeddings of earlier images that can stand in for a view'),
  projectionSize: z.number().int().min(1).default(256).describe('Dimensions of the embedding'),
  hiddenSize: z.number().int().min(1).default(2048).describe('Width of the hidden layers of the projector'),
  projectionLayers: z.number().int().min(1).default(3).describe('Linear layers of the projector'),
  predictorSize: z.number().int().min(1).default(4096).describe('Width of the hidden layer of the predictor'),
  useNeighbors: z
    .boolean()
    .default(true)
    .describe('Whether neighbors stand in for the views; without them the views themselves do, as in SimCLR'),
  colorStrength: z
    .number()
    .min(0)
    .default(1)
    .describe('Strength of the color jitter, as in SimCLR; 0.5 on small images, 0 for none'),
  grayProbability: z.number().min(0).max(1).default(0.2).describe('Share of views that lose their color'),
  minimumScale: z.number().min(0.01).max(1).default(0.08).describe('Smallest share of the image that a crop covers'),
  useBlur: z.boolean().default(true).describe('Whether views are blurred with probability 0.5; not on small images'),
});

type Options = z.output<typeof options>;

export class NNCLR extends Method {
  override readonly backbone: Backbone;
  readonly projection: ProjectionHead;
  readonly predictor: ProjectionHead;
  readonly queue: FeatureQueue;
  readonly options: Options;
  private readonly data: MethodContext<Options>['data'];
  private readonly augment: Transform;

  constructor({ options, backbone, data, batchSize }: MethodContext<Options>) {
    super();
    this.options = options;
    this.data = data;
    this.backbone = backbone;
    const { projectionSize, queueSize } = options;
    this.projection = new ProjectionHead({
      inputSize: backbone.featureSize,
      hiddenSize: options.hiddenSize,
      outputSize: projectionSize,
      layers: options.projectionLayers,
      useOutputNorm: true,
    });
    this.predictor = new ProjectionHead({
      inputSize: projectionSize,
      hiddenSize: options.predictorSize,
      outputSize: projectionSize,
      layers: 2,
      useOutputNorm: false,
    });
    this.queue = new FeatureQueue({ capacity: queueSize, size: projectionSize, batch: batchSize, name: 'queueSize' });
    const s = options.colorStrength;
    this.augment = compose(
      randomResizedCrop({ size: data.imageSize, scale: [options.minimumScale, 1], flip: 0.5 }),
      ...(s > 0
        ? [colorJitter({ brightness: 0.8 * s, contrast: 0.8 * s, saturation: 0.8 * s, hue: 0.2 * s, p: 0.8 })]
        : []),
      ...(options.grayProbability > 0 ? [grayscale(options.grayProbability)] : []),
      ...(options.useBlur ? [gaussianBlur({ p: 0.5 })] : []),
    );
  }

  override prepare(samples: Tensor): Tensor {
    return normalize(this.data.mean, this.data.std)(toFloat(samples));
  }

  override views({ samples }: Batch, random: Generator): Views {
    return { images: [0, 1].map(() => this.prepare(this.augment(samples, random))) };
  }

  override loss(views: Views): Outcome {
    const [first, second] = (views.images as readonly Tensor[]).map((images) => {
      const features = this.backbone.features(images); // (N, D)
      const z = this.projection.forward(features); // (N, d)
      const unit = l2Normalize(z.detach().to('float32'));
      return { features, unit, p: this.predictor.forward(z), friend: this.friend(unit) };
    }) as [Sides, Sides];
    views.embeddings = first.unit; // for the queue, once the step is done
    const one = contrast(first.friend, second.p, this.options.temperature);
    const two = contrast(second.friend, first.p, this.options.temperature);
    return {
      loss: one.loss.add(two.loss).div(2),
      metrics: {
        accuracy: one.accuracy,
        // How far the stand-in is from the view itself: 1 would be the view.
        similarity: noGrad(() => first.friend.mul(first.unit).sum([1]).mean()),
      },
      features: first.features,
    };
  }

  /** What stands in for unit embeddings (N, d): their nearest neighbors in the queue. */
  private friend(unit: Tensor): Tensor {
    return this.options.useNeighbors ? nearest(unit, this.queue.features) : unit;
  }

  override afterStep(views: Views): void {
    this.queue.push(views.embeddings as Tensor);
  }

  override readonly previewSamples = 64;

  override preview(batch: Batch, random: Generator): Preview[] {
    const known = toFloat(batch.samples); // among these are the neighbors
    const originals = known.narrow(0, 0, Math.min(8, known.size(0)));
    const [first, second] = [this.augment(originals, random), this.augment(originals, random)];
    const embed = (images: Tensor): Tensor => this.projection.forward(this.backbone.features(this.prepare(images)));
    const self = ops.eye(known.size(0), { dtype: 'bool', device: known.device }).narrow(0, 0, originals.size(0));
    const embedded = l2Normalize(embed(known));
    const friends = l2Normalize(embed(first)).matmul(embedded.t()).maskedFill(self, -Infinity).argmax(1);
    const predictions = l2Normalize(this.predictor.forward(embed(second)));
    const similarity = embedded.indexSelect(0, friends).matmul(predictions.t()); // (N, N)
    const neighbors = known.indexSelect(0, friends);
    const rows = pairRows({ originals, first, second, similarity }).map((row, i) =>
      row
        .with(3, { ...row[3]!, caption: 'fits the neighbor best' })
        .toSpliced(2, 0, { image: neighbors.select(0, i), caption: 'its neighbor stands in' }),
    );
    return [
      {
        title: 'A neighbor instead of the image',
        explanation: `The nearest other image stands in for view 1, and view 2 must fit it better than the views of all other images. Neighbors here are among ${known.size(0)} images; in training they come from a long queue.`,
        rows,
      },
    ];
  }
}

interface Sides {
  features: Tensor;
  unit: Tensor;
  p: Tensor;
  friend: Tensor;
}

/** The rows of `known` (Q, d) that are most similar to each of these (N, d); all of unit length. */
export function nearest(unit: Tensor, known: Tensor): Tensor {
  return noGrad(() =>
    fullPrecision(unit.device, () => known.indexSelect(0, unit.matmul(known.t()).argmax(1)).to('float32')),
  );
}

/**
 * Equation 3: -log exp(friend_i p_i / t) / sum over the batch of exp(friend_i p_k / t), mean over the batch.
 *
 * @param friends (N, d), of unit length
 * @param predictions (N, d), of any length
 */
export function contrast(friends: Tensor, predictions: Tensor, temperature: number) {
  return fullPrecision(friends.device, () => {
    const logits = friends.matmul(l2Normalize(predictions.to('float32')).t()).div(temperature); // (N, N)
    const labels = ops.arange(0, logits.size(0), 1, { dtype: 'int64', device: logits.device });
    return { loss: ops.crossEntropy(logits, labels), accuracy: accuracy(logits, labels) };
  });
}

export const nnclr = defineMethod({
  name: 'nnclr',
  title: 'NNCLR',
  modality: 'image',
  family: 'contrastive',
  summary: 'Match each view with the nearest neighbor of the other view among earlier images.',
  paper: {
    title: 'With a Little Help from My Friends: Nearest-Neighbor Contrastive Learning of Visual Representations',
    authors: 'Debidatta Dwibedi, Yusuf Aytar, Jonathan Tompson, Pierre Sermanet, Andrew Zisserman',
    year: 2021,
    url: 'https://arxiv.org/abs/2104.14548',
  },
  score: { metric: 'accuracy', name: 'contrastive accuracy', better: 'higher' },
  options,
  smallOptions: {
    queueSize: 4096,
    hiddenSize: 512,
    projectionSize: 128,
    predictorSize: 512,
    colorStrength: 0.5,
    useBlur: false,
  },
  recipes: {
    // ImageNet: LARS at 0.3 per 256 images, 10 epochs of warm-up, cosine.
    paper: {
      backbone: 'resnet50',
      epochs: 1000,
      batchSize: 4096,
      optimizer: 'lars',
      learningRate: 4.8,
      momentum: 0.9,
      weightDecay: 1e-6,
      schedule: 'cosine',
      warmupEpochs: 10,
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 200,
      batchSize: 256,
      optimizer: 'sgd',
      learningRate: 0.06,
      momentum: 0.9,
      weightDecay: 5e-4,
      schedule: 'cosine',
      warmupEpochs: 1,
    },
  },
  smallestBatch: 2,
  backboneOptions: () => ({ zeroInitResidual: true }),
  create: (context) => new NNCLR(context),
});
