import { reestimateBatchNorm } from '../backbones/statistics.js';
import { drawPart, evenParts, shuffledPositions } from '../data/draw.js';
import { type ClassTargets, type Dataset, samplesTo, type Targets } from '../data/index.js';
import { noGrad, scope, type Tensor } from '../engine/index.js';
import type { Encoder } from '../methods/method.js';
import { modalityOf } from '../modalities/registry.js';
import { initialize, samplesToLookAt } from '../train/initialization.js';
import { deviceOf, extractFor, fingerprint, rowsAt } from './features.js';
import { type FinetuneOptions, type FinetuneRequest, type FinetuneResult, finetune } from './finetune.js';
import { seenBy } from './inputs.js';
import { knn } from './knn.js';
import { DEFAULT_L2, probing } from './linear.js';
import { hasPlaces } from './reading.js';
import { inTurns, type Steps, scoped } from './steps.js';
import { type Frozen, type Labeled, pick, scoreOf, type Task } from './task.js';
import { classification } from './tasks/classification.js';

/**
 * Makes the same networks with a random initialization; the same seed gives the same weights.
 * @param isOrdinary whether the backbone starts as its architecture does, without what the method asks of its initialization
 */
export type MakeFresh = (seed: number, isOrdinary?: boolean) => Encoder;

export interface BaselineOptions {
  /** Samples per forward pass. Default 256. */
  batchSize?: number;
  /** The layer that is read; the last by default. */
  layer?: string;
  signal?: AbortSignal;
}

/**
 * The network at random initialization with the statistics of its batch norms estimated on training samples, in eval mode.
 * Left as they are (mean 0, variance 1), the norms would do nothing; that is another network, whose deep features can be better
 * or worse.
 *
 * @param data training samples, labels not needed
 * @throws AutodidactError `DATA` when a network with batch norm gets no samples
 */
export function randomEncoder(
  makeFresh: MakeFresh,
  seed: number,
  data: Dataset,
  { isOrdinary, batchSize = 256 }: BaselineOptions & { isOrdinary?: boolean } = {},
): Encoder {
  const encoder = makeFresh(seed, isOrdinary);
  encoder.backbone.eval();
  reestimateBatchNorm(encoder.backbone, preparedBatches(encoder, data, batchSize));
  return encoder;
}

/** How an untrained network is run. */
export interface RandomStart {
  /** As its architecture does, or with what the method asks of its initialization. */
  initialization: 'ordinary' | "the method's own";
  batchNorm: 'estimated' | 'as made';
}

/** Samples with maps on which untrained networks are compared. */
const MOST_MAPS = 200;

/**
 * The strongest of the ways to run an untrained network: with its ordinary initialization or the method's own, with its batch
 * norms as they were made or with their statistics estimated. Which is best depends on the network by more than ten points, so
 * that a fixed choice would flatter the pretrained encoder now and then. Chosen among the training samples, with more labels than
 * any probe gets: by k-NN, or by a linear probe where the task has no class per sample.
 *
 * @param samples training samples; the ordinary network with estimated statistics where none of them has a target
 */
export async function chooseRandom<T extends Targets, P>(
  task: Task<T, P>,
  makeFresh: MakeFresh,
  seed: number,
  samples: { data: Dataset; targets: T | null },
  options: BaselineOptions = {},
): Promise<{ encoder: Encoder; start: RandomStart }> {
  const { data, targets } = samples;
  const known = Int32Array.from(data.ids.keys()).filter((position) => targets?.isKnown(position) === true);
  const used = hasPlaces(task) ? rowsOf(known, drawPart(known.length, MOST_MAPS)) : known;
  const labeled =
    targets === null || used.length < 2 ? null : { data: data.subset(used), targets: pick(targets, used) };
  let best: { encoder: Encoder; start: RandomStart; score: number } | null = null;
  const seen = new Set<string>();
  for (const start of STARTS) {
    const isOrdinary = start.initialization === 'ordinary';
    const encoder =
      start.batchNorm === 'as made'
        ? asMade(makeFresh, seed, isOrdinary)
        : randomEncoder(makeFresh, seed, data, { ...options, isOrdinary });
    const print = fingerprint(encoder.backbone);
    if (seen.has(print)) {
      disposeEncoder(encoder);
      continue;
    }
    seen.add(print);
    const score = labeled === null ? 0 : await amongThemselves(task, encoder, labeled, options);
    const isBest = best === null || (task.better === 'higher' ? score > best.score : score < best.score);
    const loser = isBest ? best?.encoder : encoder;
    if (loser !== undefined) disposeEncoder(loser);
    if (isBest) best = { encoder, start, score };
    if (labeled === null) break;
  }
  const { encoder, start } = best!;
  return { encoder, start };
}

/** The first of equals is taken. */
export const STARTS: readonly RandomStart[] = (['ordinary', "the method's own"] as const).flatMap((initialization) =>
  (['estimated', 'as made'] as const).map((batchNorm) => ({ initialization, batchNorm })),
);

function asMade(makeFresh: MakeFresh, seed: number, isOrdinary: boolean): Encoder {
  const encoder = makeFresh(seed, isOrdinary);
  encoder.backbone.eval();
  return encoder;
}

/** `chooseRandom` for classes: the strongest untrained network by k-NN among these samples. */
export async function strongerRandomEncoder(
  makeFresh: MakeFresh,
  seed: number,
  data: Dataset,
  options: BaselineOptions = {},
): Promise<Encoder> {
  const samples = { data, targets: data.target<ClassTargets>('classes') };
  return (await chooseRandom(classification, makeFresh, seed, samples, options)).encoder;
}

/**
 * The network with weights that fit these samples (Krähenbühl et al. 2015, see `initializeFromData`) and batch statistics
 * estimated on them, in eval mode.
 *
 * @param data training samples, labels not needed
 */
export function dataDependentEncoder(
  makeFresh: MakeFresh,
  seed: number,
  data: Dataset,
  { batchSize = 256 }: BaselineOptions = {},
): Encoder {
  const encoder = makeFresh(seed);
  const { backbone } = encoder;
  const seen = seenBy(encoder, data);
  const looked = samplesToLookAt(seen.count, modalityOf(encoder.spec).weight(encoder.spec)).length;
  scope(() => {
    const samples = samplesTo(seen.collate(drawPart(seen.count, looked)), deviceOf(backbone));
    initialize(
      backbone,
      'data-dependent',
      noGrad(() => encoder.prepare(samples)),
      seed,
    );
  });
  backbone.eval();
  reestimateBatchNorm(backbone, preparedBatches(encoder, data, batchSize));
  return encoder;
}

/** Score of one half of the samples, learnt from the other. */
async function amongThemselves<T extends Targets, P>(
  task: Task<T, P>,
  encoder: Encoder,
  { data, targets }: Labeled<T>,
  options: BaselineOptions,
): Promise<number> {
  const features = await extractFor(task, encoder, data, options);
  const order = shuffledPositions(data.count);
  const middle = Math.ceil(data.count / 2);
  const half = (rows: Int32Array): Frozen<T> => ({ features: rowsAt(features, rows), targets: pick(targets, rows) });
  const measuring = function* (): Steps<number> {
    const [train, test] = [half(order.slice(0, middle)), half(order.slice(middle))];
    if (task.classOf === undefined) {
      const { answers } = yield* probing(task, train, test, { l2: [DEFAULT_L2], tolerance: 1e-3, maxIterations: 200 });
      return scoreOf(task, answers);
    }
    const labeled = (part: Frozen<T>) => ({ features: part.features, labels: task.classOf!(part.targets) });
    return knn(labeled(train), labeled(test)).accuracy;
  };
  try {
    return await inTurns(scoped(measuring()), options.signal);
  } finally {
    features.dispose();
  }
}

/**
 * The batches of a data set as the backbone takes them; each is freed when the next is asked for. In a random order, since data are
 * often stored class by class, and a batch of one class varies less than all.
 */
function* preparedBatches(encoder: Encoder, data: Dataset, batchSize: number): Generator<Tensor, void, undefined> {
  const device = deviceOf(encoder.backbone);
  const seen = seenBy(encoder, data);
  const order = shuffledPositions(seen.count);
  for (const { from, to } of evenParts(seen.count, batchSize)) {
    const indices = order.slice(from, to);
    const batch = scope(() => noGrad(() => encoder.prepare(samplesTo(seen.collate(indices), device))));
    yield batch;
    batch.dispose();
  }
}

/**
 * Supervised training from scratch on the same samples: `finetune` of the whole network from its random initialization, with the
 * same search.
 */
export async function supervised<T extends Targets, P>(
  makeFresh: MakeFresh,
  request: Omit<FinetuneRequest<T, P>, 'network' | 'from' | 'part'>,
  options: FinetuneOptions = {},
): Promise<FinetuneResult<P>> {
  const network = makeFresh(request.seed);
  try {
    return await finetune({ ...request, network, from: null, part: 'all' }, options);
  } finally {
    disposeEncoder(network);
  }
}

/** Frees the network of an encoder that was made for one measurement. */
export function disposeEncoder({ backbone }: Encoder): void {
  backbone.dispose();
}

function rowsOf(positions: Int32Array, rows: Int32Array): Int32Array {
  return rows.map((row) => positions[row]!);
}
