/**
 * DeeperCluster: DeepCluster and RotNet in one task, with clusters within clusters.
 *
 * Caron, Bojanowski, Mairal, Joulin, "Unsupervised Pre-Training of Image Features on Non-Curated Data", ICCV 2019,
 * https://arxiv.org/abs/1905.01278; code: github.com/facebookresearch/DeeperCluster.
 *
 * The images are sorted into a few large clusters, and the images of each of these into many small ones. Together with the four
 * rotations the large clusters make the super-classes (4 x 4 = 16). A first layer tells the super-class of a rotated image; a layer
 * of each super-class of its own tells the small cluster. That spares one layer over all pairs, with millions of outputs.
 *
 * In the code each process works on one super-class, so that all come equally often; here the images of a batch are drawn evenly
 * over the small clusters and each is turned at random. The code fills an empty cluster from a random one, moved by 1e-7; here as in
 * DeepCluster, from a large one rather than from a small one. All layers have momentum here as in the code, and begin anew, with
 * their optimizer, when the clusters change.
 */
import { z } from 'zod';
import { inGroups, rotate90 } from '../../../augment/index.js';
import type { Backbone } from '../../../backbones/backbone.js';
import { membersByGroup } from '../../../data/groups.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor, tensor } from '../../../engine/index.js';
import { init, Linear } from '../../../engine/nn/index.js';
import { expected } from '../../../errors.js';
import { type KMeans, kMeans } from '../../clusters/k-means.js';
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

/** Quarter turns. */
const ROTATIONS = 4;

const options = z.object({
  clusters: z
    .number()
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Small clusters in all (320,000 for 96 million images in the paper); null takes one per 300 images, at least 100',
    ),
  superClusters: z
    .number()
    .int()
    .min(1)
    .default(4)
    .describe('Large clusters into which the small ones are sorted; with four rotations each is four super-classes'),
  reassignEvery: z.number().int().min(1).default(3).describe('Epochs between two clusterings'),
  pcaSize: z.number().int().min(1).default(4096).describe('Dimensions to which features are reduced before k-means'),
  iterations: z.number().int().min(1).default(10).describe('Updates of the centroids in each k-means'),
  ...networkOptions,
});

type Options = z.output<typeof options>;

/** In the paper: 96 million in 320,000. */
const IMAGES_PER_CLUSTER = 300;

export class DeeperCluster extends ClusteredMethod<Options> {
  /** Tells the super-class of a rotated image: the large cluster times 4 plus the quarter turns. */
  readonly superHead: Linear;
  /** Tells the small cluster within a super-class: the layers of all super-classes below each other. */
  readonly subHead: Linear;
  /** The large cluster of each image, int64 (count). */
  readonly superLabels: Tensor;
  /** The small cluster of each image, counted within its large one; int64 (count). */
  readonly subLabels: Tensor;

  constructor(options: Options, backbone: Backbone, data: DataDescription) {
    const { superClusters } = options;
    const all = clusterCount(options.clusters, data.count, IMAGES_PER_CLUSTER);
    if (all < superClusters)
      throw expected(`at least as many clusters as superClusters (${superClusters})`, 'clusters', all);
    super(options, backbone, data, all);
    this.superHead = new Linear(this.embeddingSize, superClusters * ROTATIONS);
    this.subHead = new Linear(this.embeddingSize, superClusters * ROTATIONS * Math.floor(all / superClusters));
    this.superLabels = this.buffer('superLabels', ops.zeros([data.count], { dtype: 'int64' }));
    this.subLabels = this.buffer('subLabels', ops.zeros([data.count], { dtype: 'int64' }));
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
    return { order: this.clusters.uniformOrder(random, batchSize), resetTurns: isDue ? ['heads'] : [] };
  }

  /** Small clusters in each large one. */
  private get smallClusters(): number {
    return this.subHead.outFeatures / this.superHead.outFeatures;
  }

  /** k-means, and k-means again within every cluster; a large cluster of fewer images than small clusters has one for each image. */
  private cluster(points: Tensor, random: Generator): Pick<KMeans, 'assignments' | 'distances'> {
    const { superClusters, iterations } = this.options;
    const each = this.smallClusters;
    return noGrad(() =>
      scope(() => {
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
        return { assignments: large.mul(each).add(this.subLabels), distances };
      }),
    );
  }

  override views({ samples, indices }: Batch, random: Generator): Views {
    const { device } = samples;
    const rows = tensor(BigInt64Array.from(indices, BigInt), { device });
    const upright = this.crop(samples, random);
    const drawn = ops.randint(0, ROTATIONS, [indices.length], {
      generator: random,
      dtype: 'int64',
      device: random.device,
    });
    const turned = inGroups(
      upright,
      drawn.toNumbers(),
      Array.from({ length: ROTATIONS }, (_, turns) => (part: Tensor) => rotate90(part, turns)),
    );
    return {
      images: this.prepare(turned),
      superClasses: this.superLabels.indexSelect(0, rows).mul(ROTATIONS).add(drawn.to(device)),
      labels: this.subLabels.indexSelect(0, rows),
    };
  }

  /** The cross-entropy of the super-class, plus that of the small cluster in the layer of the true super-class. */
  override loss(views: Views): Outcome {
    const { images, superClasses, labels } = views as Record<'images' | 'superClasses' | 'labels', Tensor>;
    const { features, embedding } = this.embed(images);
    const active = this.activate(embedding); // (N, D)
    const superLogits = this.superHead.forward(active).to('float32'); // (N, 4 M)
    const layers = this.layers();
    const parts = membersByGroup(superClasses.toNumbers()).map(([superClass, members]) => {
      const rows = tensor(BigInt64Array.from(members, BigInt), { device: images.device });
      const logits = layers[superClass]!(active.indexSelect(0, rows)).to('float32'); // (n, k / M)
      return { logits, truth: labels.indexSelect(0, rows) };
    });
    return fullPrecision(embedding.device, () => {
      const count = images.size(0);
      const superLoss = ops.crossEntropy(superLogits, superClasses);
      const sums = parts.map(({ logits, truth }) => ops.crossEntropy(logits, truth).mul(truth.numel / count));
      const subLoss = ops.stack(sums).sum();
      const hits = parts.map(({ logits, truth }) => accuracy(logits, truth).mul(truth.numel / count));
      return {
        loss: superLoss.add(subLoss),
        metrics: {
          superLoss: superLoss.detach(),
          subLoss: subLoss.detach(),
          superAccuracy: accuracy(superLogits, superClasses),
          subAccuracy: ops.stack(hits).sum(),
          ...this.clusters.metrics,
        },
        features,
      };
    });
  }

  /** The layer of each super-class, embeddings (n, D) to logits (n, k / M). */
  private layers(): ((active: Tensor) => Tensor)[] {
    const split = (values: Tensor): Tensor[] => values.unflatten(0, [-1, this.smallClusters]).unbind(0);
    const biases = split(this.subHead.bias!);
    return split(this.subHead.weight).map((weight, i) => (active) => ops.linear(active, weight, biases[i]));
  }

  override turns(): Turn[] {
    return [
      { name: 'main', modules: this.network },
      { name: 'heads', modules: [this.superHead, this.subHead], sharesLoss: true },
    ];
  }

  /** The likeliest super-class of each of the prepared images: the large cluster times 4 plus the quarter turns. */
  superClasses(images: Tensor): number[] {
    return this.superHead
      .forward(this.activate(this.embed(images).embedding))
      .argmax(1)
      .toNumbers();
  }

  /** For upright images: the likeliest large cluster, and in it the likeliest small one. */
  override predict(images: Tensor): readonly number[] {
    const active = this.activate(this.embed(images).embedding);
    const large = this.superHead.forward(active).unflatten(1, [-1, ROTATIONS]).select(2, 0).argmax(1).toNumbers();
    const labels = this.clusters.labels.toNumbers();
    const [superLabels, subLabels] = [this.superLabels.toNumbers(), this.subLabels.toNumbers()];
    const label = new Map(labels.map((name, i) => [`${superLabels[i]} ${subLabels[i]}`, name]));
    const layers = this.layers();
    return large.map((cluster, i) => {
      const small = layers[cluster * ROTATIONS]!(active.narrow(0, i, 1))
        .argmax(1)
        .item();
      return label.get(`${cluster} ${small}`) ?? -1;
    });
  }
}

export const deeperCluster = defineMethod({
  name: 'deeper-cluster',
  title: 'DeeperCluster',
  modality: 'image',
  family: 'automatic-labels',
  summary: 'Turn every image and predict its rotation together with its cluster, in two levels of clusters.',
  paper: {
    title: 'Unsupervised Pre-Training of Image Features on Non-Curated Data',
    authors: 'Mathilde Caron, Piotr Bojanowski, Julien Mairal, Armand Joulin',
    year: 2019,
    url: 'https://arxiv.org/abs/1905.01278',
    code: 'https://github.com/facebookresearch/DeeperCluster',
  },
  score: { metric: 'superAccuracy', name: 'super-class accuracy', better: 'higher', isOfTrainingData: true },
  options,
  smallOptions: { hiddenSize: 0, pcaSize: 64, minimumScale: 0.25 },
  recipes: {
    // The code's defaults; 64 processes of 48 images each.
    paper: {
      backbone: 'vgg16',
      epochs: 100,
      batchSize: 3072,
      optimizer: 'sgd',
      learningRate: 0.1,
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
      learningRate: 0.1,
      momentum: 0.9,
      weightDecay: 1e-5,
      schedule: 'constant',
    },
  },
  smallestBatch: 2,
  backboneOptions: sobelChannels,
  create: ({ options, backbone, data }) => new DeeperCluster(options, backbone, data),
});
