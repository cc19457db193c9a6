/** What methods that label a data set by clustering share: features of all images, the labels, and the order of an epoch. */
import { GroupSampler } from '../../../data/sampler.js';
import { type Generator, ops, scope, type Tensor, withoutGraph } from '../../../engine/index.js';
import { Module } from '../../../engine/nn/index.js';
import { expected } from '../../../errors.js';
import { normalizedMutualInformation } from '../../clusters/nmi.js';
import { indexTensor } from '../../index-tensor.js';
import type { EpochContext } from '../../method.js';

/** Images per forward pass over the whole data set. */
const BATCH = 256;

/**
 * One row for every image of the data set: float32 (count, D), without a graph. Batches are freed as they pass; the rows
 * themselves stay in memory (21 GB for ImageNet's 1.28 million images at D = 4096, as in DeepCluster's code).
 *
 * @param embed raw samples (N, ...) to rows (N, D)
 */
export function embedAll(
  { count, samples }: Pick<EpochContext, 'count' | 'samples'>,
  embed: (samples: Tensor) => Tensor,
): Tensor {
  return withoutGraph(() => {
    let all: Tensor | null = null;
    for (let from = 0; from < count; from += BATCH) {
      const indices = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => from + i);
      const rows = scope(() => embed(samples(indices)).to('float32'));
      all ??= ops.empty([count, rows.size(1)], { dtype: 'float32', device: rows.device });
      all.narrow(0, from, indices.length).copy_(rows);
      rows.dispose();
    }
    return all!;
  });
}

/**
 * The given number of clusters, or one per `imagesPerCluster` images, clamped to [100, images / 10]; where these bounds cross, the
 * upper one holds, but there are always two clusters.
 *
 * @throws AutodidactError `USAGE` for more clusters than images
 */
export function clusterCount(given: number | null, images: number, imagesPerCluster: number): number {
  if (given === null)
    return Math.max(2, Math.min(Math.floor(images / 10), Math.max(100, Math.round(images / imagesPerCluster))));
  if (given <= images) return given;
  throw expected(`at most as many clusters as there are images (${images})`, 'clusters', given);
}

/** The cluster of every image as its label, until the next clustering. */
export class ClusterLabels extends Module {
  /** int64 (count), from 0 without gaps; balanced and arbitrary before the first clustering. */
  readonly labels: Tensor;
  /** Normalized mutual information of the last two labelings, scalar; 0 until there are two. */
  readonly nmi: Tensor;
  /** Share of the images in the largest cluster, scalar. */
  readonly largestShare: Tensor;
  /** Number of labelings so far, int64 scalar. */
  readonly rounds: Tensor;

  constructor(count: number, clusters: number) {
    super();
    const arbitrary = ops.arange(0, count, 1, { dtype: 'int64' }).remainder(clusters);
    this.labels = this.buffer('labels', arbitrary);
    this.nmi = this.buffer('nmi', ops.zeros([], { dtype: 'float32' }));
    this.largestShare = this.buffer('largestShare', ops.full([], 1 / clusters, { dtype: 'float32' }));
    this.rounds = this.buffer('rounds', ops.zeros([], { dtype: 'int64' }));
  }

  /**
   * Takes over a new labeling. Labels are numbered from 0 without gaps for empty clusters, and are not matched with those before.
   *
   * @param clusters int64 (count)
   */
  replace(clusters: Tensor): void {
    withoutGraph(() => {
      const [, labels, sizes] = clusters.unique(true, true, true);
      const nmi =
        this.rounds.item() === 0 ? 0 : normalizedMutualInformation(this.labels.toNumbers(), labels.toNumbers());
      this.labels.copy_(labels);
      this.rounds.add_(1);
      this.nmi.fill_(nmi);
      this.largestShare.fill_(sizes.amax().item() / labels.numel);
    });
  }

  get metrics(): Record<'nmi' | 'largestShare', Tensor> {
    return { nmi: this.nmi, largestShare: this.largestShare };
  }

  /** Number of labels. */
  get count(): number {
    return this.labels.amax().item() + 1;
  }

  /** The labels of these images, int64 (N). */
  of(indices: readonly number[]): Tensor {
    return this.labels.indexSelect(0, indexTensor(indices, this.labels));
  }

  /** An epoch with as many draws from every cluster, in all as many as there are images (section 3.3 of DeepCluster's paper). */
  uniformOrder(random: Generator, batchSize: number): number[] {
    const seed = scope(() =>
      ops.randint(0, 2 ** 31, [1], { generator: random, dtype: 'int64', device: random.device }).item(),
    );
    return Array.from(new GroupSampler(this.labels.toNumbers(), { batchSize, seed }).epoch(0));
  }
}
