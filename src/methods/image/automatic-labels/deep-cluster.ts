/**
 * DeepCluster: cluster the features of all images and learn to classify them by cluster, in turn.
 *
 * Caron, Bojanowski, Joulin, Douze, "Deep Clustering for Unsupervised Learning of Visual Features", ECCV 2018,
 * https://arxiv.org/abs/1807.05520; code: github.com/facebookresearch/deepcluster.
 *
 * Each epoch begins with new labels: the features of all images, without augmentation, are whitened, scaled to unit length and
 * clustered by k-means from a new start. Nothing matches the clusters with those of the epoch before, so the top layer starts anew,
 * with its optimizer. Two trivial solutions are kept out: empty clusters get half of a full one, and every cluster is drawn
 * equally often, so that none can win by its size alone. Color would be an easy way to sort images: the network sees two fixed
 * gradients (Sobel) of the gray image only.
 *
 * The top layer has plain SGD without momentum, as in the code; the paper does not say. The code ends each k-means with 20
 * updates from k random images; here it stops earlier when nothing moves any more, which gives the same clusters. AlexNet and VGG are
 * clustered by fc7 before its ReLU, as in the code; networks without such layers (`hiddenSize` 0) by their features.
 */
import { z } from 'zod';
import { fullPrecision, type Generator, ops, type Tensor } from '../../../engine/index.js';
import { init, Linear } from '../../../engine/nn/index.js';
import { kMeans } from '../../clusters/k-means.js';
import { sobelImages } from '../../encoders.js';
import { accuracy } from '../../losses/accuracy.js';
import type { Batch, EpochContext, EpochPlan, MethodContext, OptimizerGroup, Outcome } from '../../method.js';
import { defineMethod } from '../../method.js';
import * as option from '../../options.js';
import { clusterCount } from './cluster-labels.js';
import { ClusteredMethod, networkOptions } from './clustered-method.js';
import { card } from './deep-cluster.card.js';

const options = z.object({
  clusters: option.wholeOrNull('k, best ten times the classes; null: one per 128 images, at least 100', { min: 2 }),
  reassignEvery: option.whole(1, 'Epochs between two clusterings'),
  pcaSize: option.whole(256, 'Dimensions to which features are reduced before k-means'),
  iterations: option.whole(20, 'Updates of the centroids in each k-means'),
  ...networkOptions,
});

type Options = z.output<typeof options>;
type Labeled = { images: Tensor; labels: Tensor };

/** In the paper: 1,281,167 in 10,000. */
const IMAGES_PER_CLUSTER = 128;

export class DeepCluster extends ClusteredMethod<Options, Labeled> {
  /** The top layer, which starts anew with every clustering. */
  readonly head: Linear;

  constructor(context: MethodContext<Options>) {
    const clusters = clusterCount(context.options.clusters, context.count, IMAGES_PER_CLUSTER);
    super(context, clusters);
    this.head = new Linear(this.embeddingSize, clusters);
  }

  /** New labels for all images from the features of the moment, a new top layer, and an even share of every cluster. */
  override onEpochStart(context: EpochContext): EpochPlan {
    const { progress, random, batchSize } = context;
    const { reassignEvery, iterations } = this.options;
    const isDue = progress.epoch % reassignEvery === 0;
    if (isDue) {
      this.relabel(context, (points) => kMeans(points, { clusters: this.head.outFeatures, iterations, random }));
      init.normal_(this.head.weight, 0, 0.01, random);
      init.constant_(this.head.bias!, 0);
    }
    return { order: this.clusters.uniformOrder(random, batchSize), resetGroups: isDue ? ['head'] : [] };
  }

  override get clusteringProducts(): number {
    const { reassignEvery, iterations, pcaSize } = this.options;
    return (iterations * this.clusters.labels.numel * this.head.outFeatures * pcaSize) / reassignEvery;
  }

  override views({ samples, indices }: Batch, random: Generator): Labeled {
    return { images: this.prepare(this.crop(samples, random)), labels: this.clusters.of(indices) };
  }

  override loss({ images, labels }: Labeled): Outcome {
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
  override optimizerGroups(): OptimizerGroup[] {
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
  ...card,
  options,
  smallOptions: { hiddenSize: 0, pcaSize: 64, minimumScale: 0.25 },
  smallestBatch: 2,
  encoder: sobelImages,
  create: (context) => new DeepCluster(context),
});
