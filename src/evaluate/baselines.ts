import { reestimateBatchNorm } from '../backbones/statistics.js';
import type { ImageDataset } from '../data/dataset.js';
import { noGrad, scope, type Tensor } from '../engine/index.js';
import { Module } from '../engine/nn/index.js';
import type { Encoder } from '../methods/method.js';
import { imagesToLookAt, initialize } from '../train/initialization.js';
import { deviceOf, extractFeatures, selectRows } from './features.js';
import { type FinetuneOptions, type FinetuneResult, type FinetuneTask, finetune } from './finetune.js';
import { knn } from './knn.js';

/** Makes the same networks with a random initialization; the same seed gives the same weights. */
export type MakeFresh = (seed: number) => Encoder;

/**
 * The network at random initialization with the statistics of its batch norms estimated on training images, in eval mode:
 * the baseline that a pretrained encoder has to beat. Left as they are (mean 0, variance 1), the norms would do nothing; that
 * is another network, whose deep features can be better or worse.
 *
 * @param images training images, labels not needed
 * @throws AutodidactError `DATA` when a network with batch norm gets no images
 */
export function randomEncoder(
  makeFresh: MakeFresh,
  seed: number,
  images: Pick<ImageDataset, 'count' | 'batch'>,
  options: { batchSize?: number } = {},
): Encoder {
  const encoder = makeFresh(seed);
  encoder.backbone.eval();
  reestimateBatchNorm(encoder.backbone, preparedBatches(encoder, images, options.batchSize ?? 256));
  return encoder;
}

/**
 * The stronger of two ways to run a random network: with its batch norms as they were initialized, or with their statistics
 * estimated. Which is better depends on the network by more than ten points, so that a fixed choice would flatter the
 * pretrained encoder now and then. Chosen by k-NN among the training images, with more labels than any probe gets.
 *
 * @param images training images; those without a label only serve for statistics
 */
export async function strongerRandomEncoder(
  makeFresh: MakeFresh,
  seed: number,
  images: ImageDataset,
  options: { batchSize?: number; layer?: string } = {},
): Promise<Encoder> {
  const initial = makeFresh(seed);
  initial.backbone.eval();
  const estimated = randomEncoder(makeFresh, seed, images, options);
  const isLabeled = images.labels?.some((label) => label >= 0) ?? false;
  const labeled = isLabeled ? images.labeled() : images;
  const scores = [];
  for (const encoder of [initial, estimated])
    scores.push(isLabeled ? await amongThemselves(encoder, labeled, options) : 0);
  const [chosen, other] = scores[0]! > scores[1]! ? [initial, estimated] : [estimated, initial];
  disposeEncoder(other);
  return chosen;
}

/**
 * The network with weights that fit these images (Krähenbühl et al. 2015, see `initializeFromData`) and batch statistics
 * estimated on them, in eval mode.
 *
 * @param images training images, labels not needed
 */
export function dataDependentEncoder(
  makeFresh: MakeFresh,
  seed: number,
  images: Pick<ImageDataset, 'count' | 'batch' | 'size'>,
  options: { batchSize?: number } = {},
): Encoder {
  const encoder = makeFresh(seed);
  const { backbone } = encoder;
  scope(() => {
    const samples = images.batch(imagesToLookAt(images.count, images.size.height)).to(deviceOf(backbone));
    initialize(
      backbone,
      'data-dependent',
      noGrad(() => encoder.prepare(samples)),
      seed,
    );
  });
  backbone.eval();
  reestimateBatchNorm(backbone, preparedBatches(encoder, images, options.batchSize ?? 256));
  return encoder;
}

/** k-NN accuracy of every second image among the others. */
async function amongThemselves(
  encoder: Encoder,
  images: ImageDataset,
  options: { batchSize?: number; layer?: string },
): Promise<number> {
  if (images.count < 2) return 0;
  const features = await extractFeatures(encoder, images, options);
  const all = { features, labels: images.labels! };
  const halves = [0, 1].map((parity) => {
    const rows = Int32Array.from({ length: Math.ceil((images.count - parity) / 2) }, (_, i) => 2 * i + parity);
    return selectRows(all, rows);
  });
  const { accuracy } = knn(halves[0]!, halves[1]!);
  for (const { features: part } of [all, ...halves]) part.dispose();
  return accuracy;
}

/** The batches of a data set as the backbone takes them; each is freed when the next is asked for. */
function* preparedBatches(
  encoder: Encoder,
  images: Pick<ImageDataset, 'count' | 'batch'>,
  batchSize: number,
): Generator<Tensor, void, undefined> {
  const device = deviceOf(encoder.backbone);
  for (let from = 0; from < images.count; from += batchSize) {
    const indices = Int32Array.from({ length: Math.min(batchSize, images.count - from) }, (_, i) => from + i);
    const batch = scope(() => noGrad(() => encoder.prepare(images.batch(indices).to(device))));
    yield batch;
    batch.dispose();
  }
}

/**
 * Supervised training from scratch on the same labels and the same budget: `finetune` of the whole network from its random
 * initialization, with the same search for the learning rate.
 */
export async function supervised(
  makeFresh: MakeFresh,
  task: Omit<FinetuneTask, 'network' | 'from' | 'part'>,
  options: FinetuneOptions = {},
): Promise<FinetuneResult> {
  const network = makeFresh(task.seed);
  try {
    return await finetune({ ...task, network, from: null, part: 'all' }, options);
  } finally {
    disposeEncoder(network);
  }
}

/** Frees the networks of an encoder that was made for one measurement. */
export function disposeEncoder(encoder: Encoder): void {
  if (encoder instanceof Module) encoder.dispose();
  else encoder.backbone.dispose();
}
