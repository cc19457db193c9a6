import { drawPart, shuffledPositions } from '../data/draw.js';
import type { Dataset } from '../data/index.js';
import { Generator } from '../engine/index.js';
import type { Encoder } from '../methods/method.js';
import type { Augment } from '../modalities/modality.js';
import { modalityOf } from '../modalities/registry.js';
import { extractFeatures, type LabeledFeatures, selectRows } from './features.js';
import { seenBy } from './inputs.js';
import { knn } from './knn.js';
import { alignment, labelFreeScores, viewRetrieval } from './scores.js';

/** Samples on which scores are measured, and those among which their neighbors are looked for. */
const SCORED = 512;
const BANK = 1024;
/** Samples that a measurement looks at, at most. */
export const MOST_WATCHED = SCORED + BANK;
/** The same two views of every sample each time, so that only the encoder moves the curve. */
const VIEW_SEED = 77;

/** How an encoder in training is doing, by name; see `labelFreeScores`, `alignment`, `viewRetrieval`, `knn`. */
export type MonitorScores = Record<string, number>;

/** The samples that are watched. */
interface Watched {
  scored: Dataset;
  /** Rows of `scored` with a label. */
  queries: Int32Array;
  /** Labeled samples. */
  bank: Dataset;
}

/**
 * Watches an encoder while it trains, on at most 1,536 samples drawn from the data: the spread and uniformity of the features and
 * their effective rank (RankMe, between 1 and their number); where the samples have other views (two crops of an image), how far
 * apart these lie and how often one finds the other. When the samples have labels, the share of them that their nearest neighbors
 * classify rightly is reported too; the labels choose nothing. The encoder and the state of training are left as they were, so that a
 * measurement before the first step says what training adds.
 *
 * @param data training samples; all of them are used when there are fewer
 * @throws AutodidactError `INTERRUPTED` on `signal`
 */
export function monitor(
  data: Dataset,
  { signal }: { signal?: AbortSignal } = {},
): (encoder: Encoder) => Promise<MonitorScores> {
  let watched: Watched | null = null;
  return async (encoder) => {
    watched ??= watch(seenBy(encoder, data));
    const { scored, queries, bank } = watched;
    const options = { signal };
    const features = await extractFeatures(encoder, scored, options);
    try {
      const { spread, uniformity, rankMe } = scored.count > 1 ? labelFreeScores(features) : SINGLE;
      const scores = { spread, uniformity, rankMe, ...(await ofViews(encoder, scored, options)) };
      if (bank.count < 2 || queries.length === 0) return scores;
      const test = selectRows({ features, labels: scored.labels! }, queries);
      try {
        return { ...scores, knnAccuracy: await knnOf(encoder, bank, test, options) };
      } finally {
        test.features.dispose();
      }
    } finally {
      features.dispose();
    }
  };
}

const SINGLE = { spread: 0, uniformity: 0, rankMe: 1 };

function watch(data: Dataset): Watched {
  const drawn = drawPart(data.count, MOST_WATCHED);
  const order = shuffledPositions(drawn.length).map((rank) => drawn[rank]!);
  const { owners } = data.subset(order);
  const scores = ownersThatScore(owners);
  const side = (isScored: boolean) => order.filter((_, i) => scores.has(owners[i]!) === isScored);
  const [scored, others] = [data.subset(side(true)), data.subset(side(false))];
  return { scored, queries: labeledRows(scored), bank: others.subset(labeledRows(others)) };
}

/** The first owners, until a third of the samples are theirs: none of them is among the neighbors as well. */
function ownersThatScore(owners: readonly string[]): Set<string> {
  const sizes = new Map<string, number>();
  for (const owner of owners) sizes.set(owner, (sizes.get(owner) ?? 0) + 1);
  const found = new Set<string>();
  let count = 0;
  for (const [owner, size] of sizes) {
    if (3 * count >= owners.length) break;
    found.add(owner);
    count += size;
  }
  return found;
}

/** Alignment and retrieval of two views of each sample; nothing where the samples have no other views. */
async function ofViews(encoder: Encoder, data: Dataset, options: { signal?: AbortSignal }): Promise<MonitorScores> {
  const views = modalityOf(encoder.spec).views(encoder.spec);
  if (views === null) return {};
  const random = new Generator(VIEW_SEED);
  const [first, second] = [
    await extractFeatures(viewed(encoder, views, random), data, options),
    await extractFeatures(viewed(encoder, views, random), data, options),
  ];
  const scores = { alignment: alignment(first, second), viewRetrieval: viewRetrieval(first, second) };
  for (const features of [first, second]) features.dispose();
  return scores;
}

function viewed(encoder: Encoder, views: Augment, random: Generator): Encoder {
  const { spec, backbone, preparation } = encoder;
  return { spec, backbone, preparation, prepare: (samples) => encoder.prepare(views(samples, random)) };
}

async function knnOf(
  encoder: Encoder,
  bank: Dataset,
  test: LabeledFeatures,
  options: { signal?: AbortSignal },
): Promise<number> {
  const train = { features: await extractFeatures(encoder, bank, options), labels: bank.labels! };
  const { accuracy } = knn(train, test);
  train.features.dispose();
  return accuracy;
}

/** Positions of the samples that have a label. */
function labeledRows({ labels }: Dataset): Int32Array {
  return Int32Array.from(labels === null ? [] : [...labels.keys()].filter((i) => labels[i]! >= 0));
}
