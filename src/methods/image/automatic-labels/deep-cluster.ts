/**
 * DeepCluster: cluster the features of all images, then learn to tell the clusters apart, in turn.
 *
 * Caron, Bojanowski, Joulin, Douze, "Deep Clustering for Unsupervised Learning of Visual Features", ECCV 2018,
 * https://arxiv.org/abs/1807.05520; code: github.com/facebookresearch/deepcluster.
 *
 * Each epoch begins with new labels: the features of all images, without augmentation, are whitened, scaled to unit length and
 * clustered by k-means from a new start. Clusters have no memory, so that nothing matches them with those before; the top layer is
 * made anew with its optimizer. Two trivial solutions are kept out: empty clusters are given half of a full one, and every cluster
 * is drawn equally often, so that none can win by its size alone.
 *
 * Color would be an easy way to sort images: the network sees two fixed gradients (Sobel) of the gray image only.
 *
 * The top layer has plain SGD without momentum, as in the code; the paper does not say. The code ends each k-means with 20
 * updates from k random images; here it stops earlier when nothing moves any more, which gives the same clusters. AlexNet and VGG are
 * clustered by fc7 before its ReLU, as in the code; networks without such layers (`hiddenSize` 0) by the features that they
 * give.
 */
import { z } from 'zod';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, ops, type Tensor } from '../../../engine/index.js';
import { init, Linear } from '../../../engine/nn/index.js';
import { kMeans } from '../../clusters/k-means.js';
import { accuracy } from '../../losses/accuracy.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  type EpochContext,
  type EpochPlan,
  type Outcome,
  type Turn,
  type Views,
} from '../../method.js';
import { clusterCount } from './cluster-labels.js';
import { ClusteredMethod, networkOptions, sobelChannels } from './clustered-method.js';

const options = z.object({
  clusters: z
    .number()
    .int()
    .min(2)
    .nullable()
    .default(null)
    .describe(
      'k, ten times the number of classes or more; null takes one per 128 images (10,000 on ImageNet), at least 100',
    ),
  reassignEvery: z.number().int().min(1).default(1).describe('Epochs between two clusterings'),
  pcaSize: z.number().int().min(1).default(256).describe('Dimensions to which features are reduced before k-means'),
  iterations: z.number().int().min(1).default(20).describe('Updates of the centroids in each k-means'),
  ...networkOptions,
});

type Options = z.output<typeof options>;

/** In the paper: 1,281,167 in 10,000. */
const IMAGES_PER_CLUSTER = 128;

export class DeepCluster extends ClusteredMethod<Options> {
  /** The top layer, made anew with every clustering. */
  readonly head: Linear;

  constructor(options: Options, backbone: Backbone, data: DataDescription) {
    const clusters = clusterCount(options.clusters, data.count, IMAGES_PER_CLUSTER);
    super(options, backbone, data, clusters);
    this.head = new Linear(this.embeddingSize, clusters);
  }

  /** New labels for all images from the features of the moment, a new top layer, and an even share of every cluster. */
  override onEpochStart(context: EpochContext): EpochPlan {
    const { progress, random, batchSize } = context;
    const isDue = progress.epoch % this.options.reassignEvery === 0;
    if (isDue) {
      this.relabel(context, (points) =>
        kMeans(points, { clusters: this.head.outFeatures, iterations: this.options.iterations, random }),
      );
      init.normal_(this.head.weight, 0, 0.01, random);
      init.constant_(this.head.bias!, 0);
    }
    return { order: this.clusters.uniformOrder(random, batchSize), resetTurns: isDue ? ['head'] : [] };
  }

  override views({ samples, indices }: Batch, random: Generator): Views {
    return { images: this.prepare(this.crop(samples, random)), labels: this.clusters.of(indices) };
  }

  override loss(views: Views): Outcome {
    const { images, labels } = views as Record<'images' | 'labels', Tensor>;
    const { features, embedding } = this.embed(images);
    const logits = this.classify(embedding); // (N, k)
    return fullPrecision(logits.device, () => ({
      loss: ops.crossEntropy(logits, labels),
      metrics: { accuracy: accuracy(logits, labels), ...this.clusters.metrics },
      features,
    }));
  }

  private classify(embedding: Tensor): Tensor {
    return this.head.forward(this.activate(embedding)).to('float32');
  }

  /** One loss, two optimizers: that of the top layer begins anew with it. */
  override turns(): Turn[] {
    return [
      { name: 'main', modules: this.network },
      { name: 'head', modules: [this.head], optimizer: 'sgd', momentum: 0, sharesLoss: true },
    ];
  }

  override predict(images: Tensor): readonly number[] {
    return this.classify(this.embed(images).embedding).argmax(1).toNumbers();
  }
}

export const deepCluster = defineMethod({
  name: 'deep-cluster',
  title: 'DeepCluster',
  modality: 'image',
  family: 'automatic-labels',
  summary: 'Cluster the features of all images by k-means, learn to predict the clusters, and cluster again.',
  paper: {
    title: 'Deep Clustering for Unsupervised Learning of Visual Features',
    authors: 'Mathilde Caron, Piotr Bojanowski, Armand Joulin, Matthijs Douze',
    year: 2018,
    url: 'https://arxiv.org/abs/1807.05520',
    code: 'https://github.com/facebookresearch/deepcluster',
  },
  score: { metric: 'nmi', name: 'NMI of successive clusterings', better: 'higher', isOfTrainingData: true },
  options,
  smallOptions: { hiddenSize: 0, pcaSize: 64, minimumScale: 0.25 },
  recipes: {
    paper: {
      backbone: 'caffenet',
      epochs: 200,
      batchSize: 256,
      optimizer: 'sgd',
      learningRate: 0.05,
      momentum: 0.9,
      weightDecay: 1e-5,
      schedule: 'constant',
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 100,
      batchSize: 128,
      optimizer: 'sgd',
      learningRate: 0.05,
      momentum: 0.9,
      weightDecay: 1e-5,
      schedule: 'constant',
    },
  },
  smallestBatch: 2,
  backboneOptions: sobelChannels,
  create: ({ options, backbone, data }) => new DeepCluster(options, backbone, data),
});
