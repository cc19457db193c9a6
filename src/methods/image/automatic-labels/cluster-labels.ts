/** What methods that label a data set by clustering share: features of all images, the labels, and the order of an epoch. */
import { GroupSampler } from '../../../data/sampler.js';
import { type Generator, noGrad, ops, scope, type Tensor, tensor } from '../../../engine/index.js';
import { Module } from '../../../engine/nn/index.js';
import { expected } from '../../../errors.js';
import { normalizedMutualInformation } from '../../clusters/nmi.js';
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
  return noGrad(() =>
    scope(() => {
      let all: Tensor | null = null;
      for (let from = 0; from < count; from += BATCH) {
        const indices = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => from + i);
        const rows = scope(() => embed(samples(indices)).to('float32'));
        all ??= ops.empty([count, rows.size(1)], { dtype: 'float32', device: rows.device });
        all.narrow(0, from, indices.length).copy_(rows);
        rows.dispose();
      }
      return all!;
    }),
  );
}

/**
 * The number of clusters for a data set: the given one, or one for so many images, but at least 100 and, above all, no more than
 * one per 10 images.
 *
 * @throws AutodidactError `USAGE` for more clusters than images
 */
export function clusterCount(given: number | null, images: number, imagesPerCluster: number): number {
  if (given === null)
    return Math.max(2, Math.min(Math.floor(images / 10), Math.max(100, Math.round(images / imagesPerCluster))));
  if (given <= images) return given;
  throw expected(`at most as many clusters as there are images (${images})`, 'clusters', given);
}

/** The label of every image, which lasts until the next clustering and belongs to the checkpoint. */
export class ClusterLabels extends Module {
  /** int64 (count), from 0 without gaps; balanced and arbitrary before the first clustering. */
  readonly labels: Tensor;
  /** How far the last two labelings agree, 0 until there are two: normalized mutual information, scalar. */
  readonly nmi: Tensor;
  /** Share of the images in the largest cluster, scalar. */
  readonly largestShare: Tensor;
  /** Labelings so far, int64 scalar. */
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
   * Takes over a new labeling. Labels are numbered anew from 0, leaving no gap for empty clusters; they are never matched with
   * those before.
   *
   * @param clusters int64 (count)
   */
  replace(clusters: Tensor): void {
    noGrad(() =>
      scope(() => {
        const [, labels, sizes] = clusters.unique(true, true, true);
        const nmi =
          this.rounds.item() === 0 ? 0 : normalizedMutualInformation(this.labels.toNumbers(), labels.toNumbers());
        this.labels.copy_(labels);
        this.rounds.add_(1);
        this.nmi.fill_(nmi);
        this.largestShare.fill_(sizes.amax().item() / labels.numel);
      }),
    );
  }

  get metrics(): Record<'nmi' | 'largestShare', Tensor> {
    return { nmi: this.nmi, largestShare: this.largestShare };
  }

  /** The labels of these images, int64 (N). */
  of(indices: readonly number[]): Tensor {
    return this.labels.indexSelect(0, tensor(BigInt64Array.from(indices, BigInt), { device: this.labels.device }));
  }

  /** An epoch in which every cluster comes equally often: as many draws as images (section 3.3 of DeepCluster's paper). */
  uniformOrder(random: Generator, batchSize: number): number[] {
    const seed = scope(() =>
      ops.randint(0, 2 ** 31, [1], { generator: random, dtype: 'int64', device: random.device }).item(),
    );
    return Array.from(new GroupSampler(this.labels.toNumbers(), { batchSize, seed }).epoch(0));
  }
}
