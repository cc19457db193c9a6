/**
 * What DeepCluster and DeeperCluster share: the network with its fixed Sobel input, the features of the whole data set, whitened and
 * of unit length, and the pictures.
 */
import type { z } from 'zod';
import { randomResizedCrop, type Transform } from '../../../augment/index.js';
import { type Generator, scope, type Tensor } from '../../../engine/index.js';
import type { Module } from '../../../engine/nn/index.js';
import { FullyConnected } from '../../../networks/fully-connected.js';
import type { KMeans } from '../../clusters/k-means.js';
import { pca } from '../../clusters/pca.js';
import { l2Normalize } from '../../losses/nt-xent.js';
import { type Batch, type EpochContext, Method, type MethodContext, type Preview, type Views } from '../../method.js';
import * as option from '../../options.js';
import { ClusterLabels, embedAll } from './cluster-labels.js';
import { ClusterSheet, clusterTiles } from './cluster-sheet.js';

export const networkOptions = {
  hiddenSize: option.count(4096, 'Units of fc6 and fc7, the layers behind the backbone; 0 for none, as in ResNets'),
  useSobel: option.useSobel(),
  minimumScale: option.minimumScale(0.08),
  useFlip: option.useFlip(),
};

/** The cluster of each point, int64 (N), and the squared distance from its centroid (N). */
export type Clustering = Pick<KMeans, 'assignments' | 'distances'>;

type SharedOptions = z.output<z.ZodObject<typeof networkOptions>> & { pcaSize: number };

export abstract class ClusteredMethod<Options extends SharedOptions, V extends Views> extends Method<Options, V> {
  override readonly previewSamples = 96;
  /** fc6 and fc7; null when the backbone's features are clustered as they are. */
  readonly hidden: FullyConnected | null;
  readonly clusters: ClusterLabels;
  readonly sheet: ClusterSheet;
  readonly crop: Transform;

  constructor(context: MethodContext<Options>, clusters: number) {
    super(context);
    const { backbone, spec } = this;
    const { hiddenSize, minimumScale, useFlip } = this.options;
    this.hidden = hiddenSize > 0 ? new FullyConnected(backbone, spec.height, hiddenSize) : null;
    this.clusters = new ClusterLabels(context.count, clusters);
    this.sheet = new ClusterSheet(spec);
    const crop = { size: spec.height, scale: [minimumScale, 1], flip: useFlip ? 0.5 : 0 } as const;
    this.crop = randomResizedCrop({ ...crop, interpolation: 'bilinear' });
  }

  /** All modules but the top layers. */
  protected get network(): Module[] {
    return this.hidden === null ? [this.backbone] : [this.backbone, this.hidden];
  }

  protected get embeddingSize(): number {
    return this.hidden?.size ?? this.backbone.featureSize;
  }

  /** The backbone's features, and what is clustered: (N, D), fc7 before its ReLU. */
  protected embed(images: Tensor): { features: Tensor; embedding: Tensor } {
    if (this.hidden === null) {
      const features = this.backbone.features(images);
      return { features, embedding: features };
    }
    const map = this.backbone.maps(images);
    return { features: map.mean([2, 3]), embedding: this.hidden.forward(map) };
  }

  /** An embedding as the input of the top layers. */
  protected activate(embedding: Tensor): Tensor {
    return this.hidden === null ? embedding : embedding.relu();
  }

  /**
   * Labels all images anew: features of the images as they are, in eval mode and without a graph, are reduced by PCA, whitened,
   * scaled to unit length, and given to `cluster`.
   */
  protected relabel(context: EpochContext, cluster: (points: Tensor) => Clustering): void {
    const wasTraining = this.isTraining;
    this.eval();
    scope(() => {
      const features = embedAll(context, (samples) => this.embed(this.prepare(samples)).embedding);
      const { assignments, distances } = cluster(whiten(features, this.options.pcaSize));
      this.clusters.replace(assignments);
      this.sheet.keep(this.clusters.labels.toNumbers(), distances.toNumbers(), context.samples);
    });
    this.train(wasTraining);
  }

  /** The predicted cluster of each of the prepared images (N, C, H, W). */
  abstract predict(images: Tensor): readonly number[];

  override preview({ samples }: Batch, random: Generator): Preview[] {
    const rows = this.sheet.tiles((raw) => this.predict(this.prepare(raw)));
    if (rows.length > 0) {
      const explanation =
        'Each row shows the images nearest to the center of one cluster. The network learns to name the cluster of an image, then the images are clustered anew by what it sees in them. A tick marks those that it names rightly by now.';
      return [{ title: 'Clusters as labels', explanation, rows, chance: 1 / this.clusters.count }];
    }
    const { embedding } = this.embed(this.prepare(samples));
    const points = whiten(embedding, Math.min(this.options.pcaSize, FEW));
    const explanation =
      'Each row shows the images nearest to the center of one cluster of random features. The network will learn to name the cluster of an image, then the images are clustered anew.';
    return [{ title: 'Clusters of an untrained network', explanation, rows: clusterTiles(samples, points, random) }];
  }
}

/** Components for the few images of a preview: with as many as there are images, all would be equally far from each other. */
const FEW = 16;

/** Points of unit length with the identity as their covariance before the scaling. */
function whiten(features: Tensor, size: number): Tensor {
  return l2Normalize(pca(features, { size, useWhitening: true }));
}
