import type { Dataset } from '../../data/index.js';
import { Prng } from '../../data/prng.js';
import { expected } from '../../errors.js';
import { extractFeatures, fingerprint } from '../../evaluate/features.js';
import type { Encoder } from '../../methods/method.js';
import { type Neighbor, nearestNeighbors } from './neighbors.js';
import { project } from './projection.js';
import { type Sprite, spriteOf, type Thumbnail, thumbnailsOf } from './thumbnails.js';

/** What the report shows of an encoder's features; JSON-safe, saved as `embedding.json`. */
export interface Embedding {
  format: 2;
  /** Fingerprint of the encoder, and the step at which it stood; null when it belongs to no run. */
  encoder: string;
  step: number | null;
  data: {
    name: string;
    fingerprint: string;
    /** Number of samples in the data set, of which `ids` are some. */
    count: number;
    /** What several samples are called: "images". */
    plural: string;
  };
  seed: number;
  /** [N] names. */
  ids: readonly string[];
  /** [N] index into `classes`, -1 without a label; null when nothing is labeled. */
  labels: readonly number[] | null;
  classes: readonly string[] | null;
  /** [N] positions in the unit square. */
  points: readonly (readonly [number, number])[];
  /** What the map shows of each sample: thumbnails in one picture, or [N] texts. */
  sprite: Sprite | string[];
  /** A few samples and what lies nearest to them, parts of the same owner left out: positions in `ids`. */
  neighbors: { query: number; items: Neighbor[] }[];
  /** The samples of `neighbors`, by position. */
  shown: Record<string, Thumbnail>;
  /**
   * How often one of the k nearest samples has the class of the sample, and how often one drawn at random has; null without labels. Parts of the
   * same owner are left out of both.
   */
  agreement: { share: number; chance: number; k: number } | null;
  /** Whether several of the samples are parts of one, such as frames of a video; left out of earlier files. */
  hasParts?: boolean;
}

export interface GatherOptions {
  /** Most samples on the map, up to 10,000. Default 2000, which takes seconds. */
  limit?: number;
  /** Seed of the sample and of the map. Default 0. */
  seed?: number;
  /** Step of the run at which the encoder stands. */
  step?: number;
  onProgress?: (done: number, total: number) => void;
}

export const USUAL_LIMIT = 2000;
/** Beyond this the map takes minutes, and its points cover each other. */
const MOST = 10_000;
const QUERIES = 8;
const NEIGHBORS = 8;
/** Longest text in characters on the map, and among the neighbors. */
const MAP_TEXT = 160;
const NEIGHBOR_TEXT = 400;

/**
 * Everything that the report shows of an encoder's features: a map of a random sample of the data, thumbnails for it, and
 * the nearest neighbors of a few samples, one of each class where there are labels.
 *
 * @param dataset samples as the encoder takes them
 * @throws AutodidactError `USAGE` for a limit out of range, `DATA` without samples or with features that are not finite
 */
export async function gatherEmbedding(
  encoder: Encoder,
  dataset: Dataset,
  options: GatherOptions = {},
): Promise<Embedding> {
  const { limit = USUAL_LIMIT, seed = 0, step = null, onProgress } = options;
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MOST))
    throw expected(`a whole number from 1 to ${MOST}`, 'limit', limit);
  // In random order, so that no class is drawn on top of the others.
  const sample = dataset.subset([...new Prng(seed).permutation(dataset.count)].slice(0, limit));
  const features = await extractFeatures(encoder, sample, { onProgress });
  const { points, neighbors: nearest } = await project(features, seed);
  const { ids, classes, owners } = sample;
  const hasParts = new Set(owners).size < sample.count;
  // Parts of one owner are much alike: finding each other says nothing of what an encoder has learnt.
  const neighbors = hasParts ? nearestNeighbors(features, [...ids.keys()], NEIGHBORS, owners) : nearest;
  features.dispose();

  const labels = sample.labels === null ? null : [...sample.labels];
  const rows = queriesOf(labels, sample.count).map((query) => ({
    query,
    items: neighbors[query]!.slice(0, NEIGHBORS).map(({ index, cosine }) => ({ index, cosine: round(cosine) })),
  }));
  const pictured = [...new Set(rows.flatMap(({ query, items }) => [query, ...items.map(({ index }) => index)]))];
  const thumbnails = await thumbnailsOf(sample, pictured);
  const sprite = await spriteOf(sample, [...ids.keys()]);
  const { name, count, plural } = dataset;
  return {
    format: 2,
    encoder: fingerprint(encoder.backbone),
    step,
    data: { name, fingerprint: dataset.fingerprint, count, plural },
    ...{ seed, ids, labels, classes: labels === null ? null : classes, points },
    sprite: Array.isArray(sprite) ? sprite.map((text) => cut(text, MAP_TEXT)) : sprite,
    neighbors: rows,
    shown: Object.fromEntries(thumbnails.map((thumbnail, i) => [pictured[i]!, excerpt(thumbnail)])),
    agreement: labels === null ? null : agreementOf(labels, owners, neighbors),
    hasParts,
  };
}

/** The first sample of each class, then any others, up to the number of rows. */
function queriesOf(labels: readonly number[] | null, count: number): number[] {
  const everything = [...Array(count).keys()];
  const firsts = labels === null ? [] : everything.filter((i) => labels[i]! >= 0 && labels.indexOf(labels[i]!) === i);
  return [...new Set([...firsts, ...everything])].slice(0, QUERIES);
}

function agreementOf(
  labels: readonly number[],
  owners: readonly string[],
  neighbors: readonly Neighbor[][],
): Embedding['agreement'] {
  const labeled = [...labels.keys()].filter((i) => labels[i]! >= 0);
  let [same, pairs] = [0, 0];
  for (const i of labeled)
    for (const { index } of neighbors[i]!.slice(0, NEIGHBORS)) {
      if (labels[index]! < 0) continue;
      pairs++;
      if (labels[index] === labels[i]) same++;
    }
  if (pairs === 0) return null;
  const k = neighbors.reduce((most, { length }) => Math.max(most, Math.min(NEIGHBORS, length)), 0);
  return { share: same / pairs, chance: chanceOf(labeled, labels, owners), k };
}

/** The share of pairs of one class among all pairs of labeled samples of different owners. */
function chanceOf(labeled: readonly number[], labels: readonly number[], owners: readonly string[]): number {
  // Of all ordered pairs, those within an owner are taken away.
  const pairsBy = (keyOf: (i: number) => string) => {
    const counts = new Map<string, number>();
    for (const i of labeled) counts.set(keyOf(i), (counts.get(keyOf(i)) ?? 0) + 1);
    return [...counts.values()].reduce((sum, count) => sum + count * count, 0);
  };
  const sameClass = pairsBy((i) => String(labels[i])) - pairsBy((i) => `${labels[i]} ${owners[i]}`);
  return sameClass / (labeled.length ** 2 - pairsBy((i) => owners[i]!));
}

function excerpt(thumbnail: Thumbnail): Thumbnail {
  return thumbnail.kind === 'text' ? { kind: 'text', text: cut(thumbnail.text, NEIGHBOR_TEXT) } : thumbnail;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;
