import { randomResizedCrop } from '../augment/index.js';
import type { ImageDataset } from '../data/dataset.js';
import { Generator, noGrad, type Tensor } from '../engine/index.js';
import type { Encoder } from '../methods/method.js';
import { extractFeatures, type LabeledFeatures, selectRows } from './features.js';
import { knn } from './knn.js';
import { alignment, labelFreeScores } from './scores.js';

/** Images on which scores are measured, and those among which their neighbors are looked for. */
const SCORED = 512;
const BANK = 1024;
/** The same two crops of every image each time, so that only the encoder moves the curve. */
const VIEW_SEED = 77;

/** How an encoder in training is doing, by name; see `labelFreeScores`, `alignment`, `knn`. */
export type MonitorScores = Record<string, number>;

/**
 * Watches an encoder while it trains, on at most 1,536 images spread evenly over the data: the spread and uniformity of the
 * features, their effective rank (RankMe, between 1 and their number), and the alignment of two crops that cover at least half
 * of an image. When the images have labels, the share of them that their nearest neighbors name rightly is told too; the labels
 * choose nothing. The encoder and the state of training are left as they were.
 *
 * @param data training images; all of them are used when there are fewer
 */
export function monitor(data: ImageDataset): (encoder: Encoder) => Promise<MonitorScores> {
  const used = Math.min(SCORED + BANK, data.count);
  const positions = Array.from({ length: used }, (_, i) => Math.floor((i * data.count) / used));
  // Every third is scored, so that both parts spread over the data alike.
  const scored = data.subset(positions.filter((_, i) => i % 3 === 0));
  const others = data.subset(positions.filter((_, i) => i % 3 !== 0));
  const [bank, queries] = [labeledRows(others), labeledRows(scored)];
  const banked = others.subset(bank);
  return async (encoder) => {
    const features = await extractFeatures(encoder, scored);
    try {
      const { spread, uniformity, rankMe } = scored.count > 1 ? labelFreeScores(features) : SINGLE;
      const scores: MonitorScores = { spread, uniformity, rankMe, alignment: await alignmentOfCrops(encoder, scored) };
      if (bank.length < 2 || queries.length === 0) return scores;
      const test = selectRows({ features, labels: scored.labels! }, queries);
      try {
        return { ...scores, knnAccuracy: await knnOf(encoder, banked, test) };
      } finally {
        test.features.dispose();
      }
    } finally {
      features.dispose();
    }
  };
}

const SINGLE = { spread: 0, uniformity: 0, rankMe: 1 };

async function alignmentOfCrops(encoder: Encoder, images: ImageDataset): Promise<number> {
  const random = new Generator(VIEW_SEED);
  const crop = randomResizedCrop({ size: images.size.height, scale: [0.5, 1], flip: 0.5 });
  const cropped = { backbone: encoder.backbone, prepare: (samples: Tensor) => encoder.prepare(toBytes(samples)) };
  const toBytes = (samples: Tensor): Tensor =>
    noGrad(() => crop(samples.to('cpu'), random).mul(255).round().to('uint8').to(samples.device));
  const [first, second] = [await extractFeatures(cropped, images), await extractFeatures(cropped, images)];
  const value = alignment(first, second);
  for (const features of [first, second]) features.dispose();
  return value;
}

async function knnOf(encoder: Encoder, bank: ImageDataset, test: LabeledFeatures): Promise<number> {
  const train = { features: await extractFeatures(encoder, bank), labels: bank.labels! };
  const { accuracy } = knn(train, test);
  train.features.dispose();
  return accuracy;
}

/** Positions of the images that have a label. */
function labeledRows({ labels }: ImageDataset): Int32Array {
  return Int32Array.from(labels === null ? [] : [...labels.keys()].filter((i) => labels[i]! >= 0));
}
