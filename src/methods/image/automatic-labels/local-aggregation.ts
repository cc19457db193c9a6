/**
 * Local aggregation: draw every image towards those that were clustered with it, relative to all that are near.
 *
 * Zhuang, Zhai, Yamins, "Local Aggregation for Unsupervised Learning of Visual Embeddings", ICCV 2019,
 * https://arxiv.org/abs/1903.12355; code: github.com/neuroailab/LocalAggregation.
 *
 * It begins as instance discrimination and shares its memory of all embeddings. Then each epoch clusters the memories several times
 * from different starts. The background neighbors B of an image are the memories nearest to its embedding; its close neighbors C
 * are those that share a cluster with it in any of the clusterings. The loss is the probability of C, seen from B:
 *
 *   L = - log P(C and B | v) / P(B | v),   P(A | v) = sum over A of exp(memory v / temperature)
 *
 * Far images play no part: the space is ordered locally, and clusters may have any shape.
 *
 * The code first trains a model by instance discrimination for 10 epochs and loads it, step count included, into a run of 200; here
 * both are stages of one run. As in the paper, every clustering uses the same number of clusters.
 */
import type { z } from 'zod';
import { fullPrecision, type Generator, noGrad, ops, type Tensor, withoutGraph } from '../../../engine/index.js';
import { kMeans } from '../../clusters/k-means.js';
import { standardizedImages } from '../../encoders.js';
import { indexTensor } from '../../index-tensor.js';
import type { Batch, EpochContext, EpochPlan, MethodContext, Outcome, Preview, Progress, Stage } from '../../method.js';
import { defineMethod } from '../../method.js';
import * as option from '../../options.js';
import type { InstanceCarry, InstanceViews } from '../contrastive/instance-discrimination.js';
import { InstanceDiscrimination, instanceOptions, memoryBytes } from '../contrastive/instance-discrimination.js';
import { ClusterLabels, clusterCount } from './cluster-labels.js';
import { card } from './local-aggregation.card.js';
import { NeighborSheet } from './neighbor-sheet.js';

const options = instanceOptions.extend({
  clusters: option.wholeOrNull('Clusters of each (ImageNet: 30,000); null: 1 per 43 images, at least 100', { min: 2 }),
  clusterings: option.whole(10, 'Clusterings whose clusters make the close neighbors'),
  backgroundNeighbors: option.whole(4096, 'Memories nearest to an embedding that are its background; at most all'),
  warmStart: option.share(
    0.05,
    'Share of the run that is instance discrimination (the code: the first 10 of 200 epochs)',
  ),
});

type Options = z.output<typeof options>;

/** The code's guard of the logarithm, for images none of whose close neighbors are near. */
const EPSILON = 1e-7;
/** Images per cluster in the paper: 1,281,167 in 30,000. */
const IMAGES_PER_CLUSTER = 43;
const ITERATIONS = 20;
/** The stage after the warm start. */
const AGGREGATION = 1;

export class LocalAggregation extends InstanceDiscrimination<Options> {
  override readonly stages: readonly Stage[];
  readonly clusterings: readonly ClusterLabels[];
  readonly clusterCount: number;
  readonly sheet: NeighborSheet;

  constructor(context: MethodContext<Options>) {
    super(context);
    const { clusterings, clusters, warmStart } = this.options;
    this.clusterCount = clusterCount(clusters, context.count, IMAGES_PER_CLUSTER);
    this.clusterings = Array.from({ length: clusterings }, () => new ClusterLabels(context.count, this.clusterCount));
    this.sheet = new NeighborSheet(this.spec);
    this.stages = [
      { name: 'instance discrimination', share: warmStart },
      { name: 'local aggregation', share: 1 - warmStart },
    ];
  }

  /** Clusters the memories anew, from other starts each time. */
  override onEpochStart({ progress, random, count, samples }: EpochContext): EpochPlan {
    if (progress.stage !== AGGREGATION) return {};
    const { features } = this.memory;
    withoutGraph(() => {
      for (const labels of this.clusterings)
        labels.replace(kMeans(features, { clusters: this.clusterCount, iterations: ITERATIONS, random }).assignments);
      const shown = indexTensor(NeighborSheet.chosen(count), features);
      const similarity = features.indexSelect(0, shown).matmul(features.t()); // (rows, n)
      const all = ops.arange(0, count, 1, { dtype: 'int64', device: features.device }).expandAs(similarity);
      this.sheet.keep(similarity, this.areClose(shown, all), samples);
    });
    return {};
  }

  override get clusteringProducts(): number {
    const { clusterings, projectionSize, warmStart } = this.options;
    return (1 - warmStart) * clusterings * ITERATIONS * this.count * this.clusterCount * projectionSize;
  }

  override loss(views: InstanceViews, _group?: string, progress?: Progress): Outcome<InstanceCarry> {
    const { nmi } = this.clusterings[0]!;
    if (progress?.stage !== AGGREGATION) {
      const outcome = super.loss(views);
      return { ...outcome, metrics: { ...outcome.metrics, nmi } };
    }
    const { features, embeddings, carry } = this.embed(views);
    return fullPrecision(embeddings.device, () => {
      const { similarity, memories } = this.background(embeddings);
      const isClose = this.areClose(views.labels, memories);
      const share = closeShare(similarity.div(this.options.temperature), isClose);
      const closeNeighbors = isClose.sum([1]).mean(null, false, { dtype: 'float32' });
      const metrics = { closeShare: share.detach().mean(), closeNeighbors, nmi };
      return { loss: share.add(EPSILON).log().mean().neg(), metrics, features, carry };
    });
  }

  /** The memories nearest to each embedding: cosines (N, b) and the images that they belong to, int64 (N, b). */
  private background(embeddings: Tensor): { similarity: Tensor; memories: Tensor } {
    const all = embeddings.matmul(this.memory.features.t()); // (N, n)
    const most = Math.min(this.options.backgroundNeighbors, this.count);
    const [similarity, memories] = all.topk(most, 1, true, false);
    return { similarity, memories };
  }

  /** Which of the memories (N, b) share a cluster with image i of the images (N) in any clustering. */
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
    const explanation =
      'Each row begins with an image. Close neighbors were put into a cluster with it; background neighbors are those nearest to it that were not. The network draws the image towards the former. Numbers are cosines of the memories when they were clustered.';
    return [{ title: 'Who belongs together?', explanation, rows }];
  }
}

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
  ...card,
  options,
  smallOptions: { temperature: 0.1, negatives: 0, backgroundNeighbors: 512, clusterings: 3, warmStart: 0.2 },
  smallestBatch: 2,
  encoder: standardizedImages(),
  bytesPerSample: memoryBytes,
  create: (context) => new LocalAggregation(context),
});
