/**
 * Local aggregation: draw every image towards those that were clustered with it, relative to all that are near.
 *
 * Zhuang, Zhai, Yamins, "Local Aggregation for Unsupervised Learning of Visual Embeddings", ICCV 2019,
 * https://arxiv.org/abs/1903.12355; code: github.com/neuroailab/LocalAggregation.
 *
 * It begins as instance discrimination and shares its memory of all embeddings. Then each epoch clusters the memories several times
 * from different starts. The background neighbors B of an image are the memories nearest to its embedding; its close neighbors C
 * are those that any of the clusterings put into its own cluster. The loss is the probability of C, seen from B:
 *
 *   L = - log P(C and B | v) / P(B | v),   P(A | v) = sum over A of exp(memory v / temperature)
 *
 * Far images play no part: the space is ordered locally, and clusters may have any shape.
 *
 * The code first trains a model by instance discrimination for 10 epochs and loads it into a second run of 200; here both are
 * stages of one run. The paper's clusters are as many for every clustering; so they are here.
 */
import { z } from 'zod';
import type { Backbone } from '../../../backbones/backbone.js';
import { fullPrecision, type Generator, noGrad, ops, scope, type Tensor, tensor } from '../../../engine/index.js';
import { kMeans } from '../../clusters/k-means.js';
import {
  type Batch,
  type DataDescription,
  defineMethod,
  type EpochContext,
  type EpochPlan,
  type Outcome,
  type Preview,
  type Progress,
  type Stage,
  type Views,
} from '../../method.js';
import { InstanceDiscrimination, instanceOptions } from '../contrastive/instance-discrimination.js';
import { ClusterLabels, clusterCount } from './cluster-labels.js';
import { NeighborSheet } from './neighbor-sheet.js';

const options = instanceOptions.extend({
  clusters: z
    .number()
    .int()
    .min(2)
    .nullable()
    .default(null)
    .describe(
      'Clusters in each clustering (30,000 on ImageNet in the paper); null takes one per 43 images, at least 100',
    ),
  clusterings: z.number().int().min(1).default(10).describe('Clusterings whose clusters make the close neighbors'),
  backgroundNeighbors: z
    .number()
    .int()
    .min(1)
    .default(4096)
    .describe('Memories nearest to an embedding that are its background; at most all'),
  warmStart: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('Share of the run that is instance discrimination (the paper: 10 epochs before 200)'),
});

type Options = z.output<typeof options>;

/** The code's guard of the logarithm, for images none of whose close neighbors are near. */
const EPSILON = 1e-7;
/** Images per cluster in the paper: 1,281,167 in 30,000. */
const IMAGES_PER_CLUSTER = 43;
const ITERATIONS = 20;

export class LocalAggregation extends InstanceDiscrimination<Options> {
  override readonly stages: readonly Stage[];
  readonly clusterings: readonly ClusterLabels[];
  readonly clusterCount: number;
  readonly sheet: NeighborSheet;

  constructor(options: Options, backbone: Backbone, data: DataDescription) {
    super(options, backbone, data);
    const { clusterings, warmStart } = options;
    this.clusterCount = clusterCount(options.clusters, data.count, IMAGES_PER_CLUSTER);
    this.clusterings = Array.from({ length: clusterings }, () => new ClusterLabels(data.count, this.clusterCount));
    this.sheet = new NeighborSheet(data);
    this.stages = [
      { name: 'instance discrimination', share: warmStart },
      { name: 'local aggregation', share: 1 - warmStart },
    ];
  }

  /** Clusters the memories anew, from other starts each time. */
  override onEpochStart({ progress, random, count, samples }: EpochContext): EpochPlan {
    if (progress.stage !== AGGREGATION) return {};
    const { features } = this.memory;
    noGrad(() =>
      scope(() => {
        for (const labels of this.clusterings)
          labels.replace(kMeans(features, { clusters: this.clusterCount, iterations: ITERATIONS, random }).assignments);
        const shown = tensor(NeighborSheet.chosen(count), { dtype: 'int64' }).to(features.device);
        const similarity = features.indexSelect(0, shown).matmul(features.t()); // (rows, n)
        const all = ops.arange(0, count, 1, { dtype: 'int64', device: features.device }).expandAs(similarity);
        this.sheet.keep(similarity, this.areClose(shown, all), samples);
      }),
    );
    return {};
  }

  override loss(views: Views, _turn?: string, progress?: Progress): Outcome {
    const { nmi } = this.clusterings[0]!;
    if (progress?.stage !== AGGREGATION) {
      const outcome = super.loss(views);
      return { ...outcome, metrics: { ...outcome.metrics, nmi } };
    }
    const { features, embeddings } = this.embed(views);
    return fullPrecision(embeddings.device, () => {
      const { similarity, memories } = this.background(embeddings);
      const isClose = this.areClose(views.labels as Tensor, memories);
      const share = closeShare(similarity.div(this.options.temperature), isClose);
      return {
        loss: share.add(EPSILON).log().mean().neg(),
        metrics: {
          closeShare: share.detach().mean(),
          closeNeighbors: isClose.sum([1]).mean(null, false, { dtype: 'float32' }),
          nmi,
        },
        features,
      };
    });
  }

  /** The memories nearest to each embedding: cosines (N, b) and the images that they belong to, int64 (N, b). */
  private background(embeddings: Tensor): { similarity: Tensor; memories: Tensor } {
    const { count } = this.data;
    const all = embeddings.matmul(this.memory.features.t()); // (N, n)
    const [similarity, memories] = all.topk(Math.min(this.options.backgroundNeighbors, count), 1, true, false);
    return { similarity, memories };
  }

  /** Which of the memories (N, b) any clustering put into the cluster of image i of the labels (N). */
  private areClose(images: Tensor, memories: Tensor): Tensor {
    return noGrad(() =>
      this.clusterings
        .map(({ labels }) => {
          const own = labels.indexSelect(0, images).unsqueeze(1);
          return labels.indexSelect(0, memories.flatten()).viewAs(memories).eq(own);
        })
        .reduce((any, isClose) => any.logicalOr(isClose)),
    );
  }

  override preview(batch: Batch, random: Generator): Preview[] {
    const rows = this.sheet.tiles();
    if (rows.length === 0) return super.preview(batch, random);
    return [
      {
        title: 'Who belongs together?',
        explanation:
          'Each row begins with an image. Close neighbors were put into a cluster with it; background neighbors are those nearest to it that were not. The network draws the image towards the former. Numbers are cosines of the memories when they were clustered.',
        rows,
      },
    ];
  }
}

/** The stage after the warm start. */
const AGGREGATION = 1;

/**
 * P(C | v) / P(B | v): the share of the softmax over the background neighbors that falls on the close ones.
 *
 * @param logits similarities divided by the temperature (N, b)
 * @param isClose bool (N, b)
 * @returns (N), from 0 to 1
 */
export function closeShare(logits: Tensor, isClose: Tensor): Tensor {
  return logits.softmax(1).mul(isClose).sum([1]);
}

export const localAggregation = defineMethod({
  name: 'local-aggregation',
  title: 'Local aggregation',
  modality: 'image',
  family: 'automatic-labels',
  summary:
    'Cluster a memory of all images several times and draw each image towards those that share a cluster with it.',
  paper: {
    title: 'Local Aggregation for Unsupervised Learning of Visual Embeddings',
    authors: 'Chengxu Zhuang, Alex Lin Zhai, Daniel Yamins',
    year: 2019,
    url: 'https://arxiv.org/abs/1903.12355',
    code: 'https://github.com/neuroailab/LocalAggregation',
  },
  score: { metric: 'nmi', name: 'NMI of successive clusterings', better: 'higher', isOfTrainingData: true },
  options,
  smallOptions: { temperature: 0.1, negatives: 0, backgroundNeighbors: 512, clusterings: 3, warmStart: 0.2 },
  recipes: {
    // The code's ResNets: the rate falls by 10 after epochs 160 and 190 of 200.
    paper: {
      backbone: 'resnet18',
      epochs: 210,
      batchSize: 128,
      optimizer: 'sgd',
      learningRate: 0.03,
      momentum: 0.9,
      weightDecay: 1e-4,
      schedule: 'step',
      milestones: [0.81, 0.952],
      gamma: 0.1,
    },
    small: {
      backbone: 'resnet18',
      width: 32,
      epochs: 200,
      batchSize: 128,
      optimizer: 'sgd',
      learningRate: 0.03,
      momentum: 0.9,
      weightDecay: 5e-4,
      schedule: 'step',
      milestones: [0.6, 0.8],
      gamma: 0.1,
    },
  },
  smallestBatch: 2,
  create: ({ options, backbone, data }) => new LocalAggregation(options, backbone, data),
});
