/**
 * DeeperCluster: DeepCluster and RotNet in one task, with clusters within clusters.
 *
 * Caron, Bojanowski, Mairal, Joulin, "Unsupervised Pre-Training of Image Features on Non-Curated Data", ICCV 2019,
 * https://arxiv.org/abs/1905.01278; code: github.com/facebookresearch/DeeperCluster.
 *
 * The images are sorted into a few large clusters, and the images of each of these into many small ones. Together with the four
 * rotations the large clusters make the super-classes (4 x 4 = 16). A first layer predicts the super-class of a rotated image; each
 * super-class has a layer that predicts the small cluster. This spares one layer over all pairs, with millions of outputs.
 *
 * In the code each process works on one super-class, so that all come equally often; here the images of a batch are drawn evenly
 * over the small clusters and each is turned at random. The code fills an empty cluster from a random one, moved by 1e-7; here as in
 * DeepCluster, from a large one rather than from a small one. All layers have momentum here as in the code, and begin anew, with
 * their optimizer, when the clusters change.
 */
import { z } from 'zod';
import { inGroups, rotate90 } from '../../../augment/index.js';
import { membersByGroup } from '../../../data/groups.js';
import { fullPrecision, type Generator, ops, scope, type Tensor, withoutGraph } from '../../../engine/index.js';
import { init, Linear } from '../../../engine/nn/index.js';
import { expected } from '../../../errors.js';
import { kMeans } from '../../clusters/k-means.js';
import { sobelImages } from '../../encoders.js';
import { indexTensor } from '../../index-tensor.js';
import { accuracy } from '../../losses/accuracy.js';
import type { Batch, EpochContext, EpochPlan, MethodContext, OptimizerGroup, Outcome } from '../../method.js';
import { defineMethod } from '../../method.js';
import * as option from '../../options.js';
import { clusterCount } from './cluster-labels.js';
import { ClusteredMethod, type Clustering, networkOptions } from './clustered-method.js';
import { card } from './deeper-cluster.card.js';

/** Quarter turns. */
const ROTATIONS = 4;

const options = z.object({
  clusters: option.wholeOrNull('Small clusters (320,000 in the paper); null takes one per 300 images, at least 100'),
  superClusters: option.whole(4, 'Large clusters that hold the small ones; each makes four super-classes, by rotation'),
  reassignEvery: option.whole(3, 'Epochs between two clusterings'),
  pcaSize: option.whole(4096, 'Dimensions to which features are reduced before k-means'),
  iterations: option.whole(10, 'Updates of the centroids in each k-means'),
  ...networkOptions,
});

type Options = z.output<typeof options>;
/** Rotated images (N, C, S, S), the super-class of each (N), and its small cluster within the large one (N). */
type DeeperViews = { images: Tensor; superClasses: Tensor; labels: Tensor };

/** In the paper: 96 million in 320,000. */
const IMAGES_PER_CLUSTER = 300;

export class DeeperCluster extends ClusteredMethod<Options, DeeperViews> {
  /** Predicts the super-class of a rotated image: the large cluster times 4 plus the quarter turns. */
  readonly superHead: Linear;
  /** Predicts the small cluster within a super-class: the layers of all super-classes below each other. */
  readonly subHead: Linear;
  /** The large cluster of each image, int64 (count). */
  readonly superLabels: Tensor;
  /** The small cluster of each image, counted within its large one; int64 (count). */
  readonly subLabels: Tensor;

  constructor(context: MethodContext<Options>) {
    const { count } = context;
    const { superClusters, clusters } = context.options;
    const all = clusterCount(clusters, count, IMAGES_PER_CLUSTER);
    if (all < superClusters)
      throw expected(`at least as many clusters as superClusters (${superClusters})`, 'clusters', all);
    super(context, all);
    this.superHead = new Linear(this.embeddingSize, superClusters * ROTATIONS);
    this.subHead = new Linear(this.embeddingSize, superClusters * ROTATIONS * Math.floor(all / superClusters));
    this.superLabels = this.buffer('superLabels', ops.zeros([count], { dtype: 'int64' }));
    this.subLabels = this.buffer('subLabels', ops.zeros([count], { dtype: 'int64' }));
  }

  /** New labels from the features of the upright images, and new layers for them. */
  override onEpochStart(context: EpochContext): EpochPlan {
    const { progress, random, batchSize } = context;
    const isDue = progress.epoch % this.options.reassignEvery === 0;
    if (isDue) {
      this.relabel(context, (points) => this.cluster(points, random));
      const bound = 1 / Math.sqrt(this.embeddingSize); // PyTorch's default for linear layers
      for (const { weight, bias } of [this.superHead, this.subHead])
        for (const values of [weight, bias!]) init.uniform_(values, -bound, bound, random);
    }
    return { order: this.clusters.uniformOrder(random, batchSize), resetGroups: isDue ? ['heads'] : [] };
  }

  override get clusteringProducts(): number {
    const { reassignEvery, iterations, pcaSize, superClusters } = this.options;
    const clusters = superClusters + this.smallClusters; // a point meets the large ones, and the small ones in its own
    return (iterations * this.clusters.labels.numel * clusters * pcaSize) / reassignEvery;
  }

  /** Number of small clusters in each large one. */
  private get smallClusters(): number {
    return this.subHead.outFeatures / this.superHead.outFeatures;
  }

  /** k-means, and k-means again within every cluster; a large cluster of fewer images than small clusters has one for each image. */
  private cluster(points: Tensor, random: Generator): Clustering {
    const { superClusters, iterations } = this.options;
    const each = this.smallClusters;
    return withoutGraph(() => {
      const large = kMeans(points, { clusters: superClusters, iterations, random }).assignments;
      const distances = ops.zeros([points.size(0)], { device: points.device });
      this.superLabels.copy_(large);
      for (let cluster = 0; cluster < superClusters; cluster++)
        scope(() => {
          const members = large.eq(cluster).nonzero().flatten();
          if (members.numel === 0) return;
          const within = points.indexSelect(0, members);
          const small = kMeans(within, { clusters: Math.min(each, members.numel), iterations, random });
          this.subLabels.indexCopy_(0, members, small.assignments);
          distances.indexCopy_(0, members, small.distances);
        });
      return { assignments: this.pairs(large), distances };
    });
  }

  /** One number for the large and the small cluster of each image (count). */
  private pairs(large: Tensor): Tensor {
    return large.mul(this.smallClusters).add(this.subLabels);
  }

  override views({ samples, indices }: Batch, random: Generator): DeeperViews {
    const rows = indexTensor(indices, samples);
    const upright = this.crop(samples, random);
    const { device } = random;
    const drawn = ops.randint(0, ROTATIONS, [indices.length], { generator: random, dtype: 'int64', device });
    const turns = Array.from({ length: ROTATIONS }, (_, quarters) => (part: Tensor) => rotate90(part, quarters));
    const turned = inGroups(upright, drawn.toNumbers(), turns);
    return {
      images: this.prepare(turned),
      superClasses: this.superLabels.indexSelect(0, rows).mul(ROTATIONS).add(drawn.to(rows.device)),
      labels: this.subLabels.indexSelect(0, rows),
    };
  }

  /** The cross-entropy of the super-class, plus that of the small cluster in the layer of the true super-class. */
  override loss({ images, superClasses, labels }: DeeperViews): Outcome {
    const { features, embedding } = this.embed(images);
    const active = this.activate(embedding); // (N, D)
    const superLogits = this.superHead.forward(active).to('float32'); // (N, 4 M)
    const layers = this.layers();
    const parts = membersByGroup(superClasses.toNumbers()).map(([superClass, members]) => {
      const rows = indexTensor(members, images);
      const logits = layers[superClass]!(active.indexSelect(0, rows)).to('float32'); // (n, k / M)
      return { logits, truth: labels.indexSelect(0, rows) };
    });
    const mean = (of: (logits: Tensor, truth: Tensor) => Tensor): Tensor =>
      ops.stack(parts.map(({ logits, truth }) => of(logits, truth).mul(truth.numel / images.size(0)))).sum();
    return fullPrecision(embedding.device, () => {
      const superLoss = ops.crossEntropy(superLogits, superClasses);
      const subLoss = mean(ops.crossEntropy);
      const losses = { superLoss: superLoss.detach(), subLoss: subLoss.detach() };
      const accuracies = { superAccuracy: accuracy(superLogits, superClasses), subAccuracy: mean(accuracy) };
      const metrics = { ...losses, ...accuracies, ...this.clusters.metrics };
      return { loss: superLoss.add(subLoss), metrics, features };
    });
  }

  /** The layer of each super-class, embeddings (n, D) to logits (n, k / M). */
  private layers(): ((active: Tensor) => Tensor)[] {
    const split = (values: Tensor): Tensor[] => values.unflatten(0, [-1, this.smallClusters]).unbind(0);
    const biases = split(this.subHead.bias!);
    return split(this.subHead.weight).map((weight, i) => (active) => ops.linear(active, weight, biases[i]));
  }

  override optimizerGroups(): OptimizerGroup[] {
    return [
      { name: 'main', modules: this.network },
      { name: 'heads', modules: [this.superHead, this.subHead], sharesLoss: true },
    ];
  }

  /** The likeliest super-class of each of the prepared images: the large cluster times 4 plus the quarter turns. */
  superClasses(images: Tensor): number[] {
    const active = this.activate(this.embed(images).embedding);
    return this.superHead.forward(active).argmax(1).toNumbers();
  }

  /** For upright images: the likeliest large cluster, and in it the likeliest small one. */
  override predict(images: Tensor): readonly number[] {
    const active = this.activate(this.embed(images).embedding);
    const large = this.superHead.forward(active).unflatten(1, [-1, ROTATIONS]).select(2, 0).argmax(1).toNumbers();
    const pairs = this.pairs(this.superLabels).toNumbers();
    const names = new Map(this.clusters.labels.toNumbers().map((label, i) => [pairs[i]!, label]));
    const layers = this.layers();
    return large.map((cluster, i) => {
      const logits = layers[cluster * ROTATIONS]!(active.narrow(0, i, 1));
      const small = logits.argmax(1).item();
      return names.get(cluster * this.smallClusters + small) ?? -1;
    });
  }
}

export const deeperCluster = defineMethod({
  ...card,
  options,
  smallOptions: { hiddenSize: 0, pcaSize: 64, minimumScale: 0.25 },
  smallestBatch: 2,
  encoder: sobelImages,
  create: (context) => new DeeperCluster(context),
});
