/** What the learning runs of clustering methods measure: how far clusters of features agree with the classes. */
import type { ImageDataset } from '../../src/data/index.js';
import { Generator } from '../../src/engine/index.js';
import { normalizedMutualInformation } from '../../src/methods/clusters/nmi.js';
import type { ClusterLabels } from '../../src/methods/image/automatic-labels/cluster-labels.js';
import type { Method } from '../../src/methods/method.js';
import { estimateStatistics, freshMethod, type Learned } from './support.js';

type Clustered = Method & { readonly clusters: ClusterLabels };

export interface Spread {
  mean: number;
  /** Standard deviation over the repetitions. */
  deviation: number;
}

/** Clusters the method's features of the moment several times, from other starts, and compares the clusters with the classes. */
export function nmiWithClasses(method: Clustered, dataset: ImageDataset, repetitions = 5): Spread {
  const scores = Array.from({ length: repetitions }, (_, seed) => {
    method.onEpochStart({
      progress: { step: 0, totalSteps: 1, epoch: 0, totalEpochs: 1, stage: 0 },
      random: new Generator(100 + seed),
      count: dataset.count,
      batchSize: 1,
      samples: (indices) => dataset.collate(indices),
    });
    return normalizedMutualInformation(method.clusters.labels.toNumbers(), dataset.labels!);
  });
  const mean = scores.reduce((sum, score) => sum + score, 0) / repetitions;
  const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (repetitions - 1);
  return { mean, deviation: Math.sqrt(variance) };
}

/** The same for the network at random initialization, with its batch statistics as they are made or as estimated: the better one. */
export function bestRandom(learned: Learned, dataset: ImageDataset): Spread {
  const untrained = freshMethod(learned, 7) as Clustered;
  const raw = nmiWithClasses(untrained, dataset);
  estimateStatistics(untrained.encoder, dataset);
  const estimated = nmiWithClasses(untrained, dataset);
  return raw.mean > estimated.mean ? raw : estimated;
}
