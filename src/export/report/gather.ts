import sharp, { type Sharp } from 'sharp';
import { shownChannels } from '../../data/channels.js';
import type { ImageDataset } from '../../data/dataset.js';
import { Prng } from '../../data/prng.js';
import { scope } from '../../engine/index.js';
import { expected } from '../../errors.js';
import { extractFeatures } from '../../evaluate/features.js';
import { writeAtomically } from '../../files.js';
import type { Encoder } from '../../methods/method.js';
import type { RunFolder } from '../../train/run-folder.js';
import { dataUri } from './html.js';
import type { MapData, Sprite } from './map.js';
import type { Neighbor } from './neighbors.js';
import { project } from './projection.js';

/** What the report shows of an encoder's features; JSON-safe, saved as `embedding.json`. */
export interface Embedding extends MapData {
  format: 1;
  /** Name and size of the data set that the images were drawn from. */
  dataset: string;
  total: number;
  seed: number;
  /** A few images and what lies nearest to them: positions in `ids`. */
  neighbors: { query: number; items: Neighbor[] }[];
  /** The images of `neighbors` as data URIs, by position. */
  pictures: Record<number, string>;
  /** How often one of the k nearest images has the class of the image, and how often one drawn at random has; null without labels. */
  agreement: { share: number; chance: number; k: number } | null;
}

export interface GatherOptions {
  /** Most images on the map, up to 10,000. Default 2000, which takes seconds. */
  limit?: number;
  /** Seed of the sample and of the map. Default 0. */
  seed?: number;
  onProgress?: (done: number, total: number) => void;
}

type Source = Pick<ImageDataset, 'name' | 'count' | 'ids' | 'labels' | 'classes' | 'size' | 'channels' | 'batch'>;

const LIMIT = 2000;
/** Beyond this the map takes minutes, and its points cover each other. */
const MOST = 10_000;
const QUERIES = 8;
const NEIGHBORS = 8;
/** Longest side of a thumbnail on the map, and of a picture among the neighbors, in pixels. */
const THUMBNAIL = 48;
const PICTURE = 128;
const CHUNK = 256;

/**
 * Everything that the report shows of an encoder's features: a map of a random sample of the images, thumbnails for it, and
 * the nearest neighbors of a few of them, one of each class where there are labels.
 *
 * @throws AutodidactError `USAGE` for a limit out of range, `DATA` without images or with features that are not finite
 */
export async function gatherEmbedding(
  encoder: Encoder,
  dataset: Source,
  options: GatherOptions = {},
): Promise<Embedding> {
  const { limit = LIMIT, seed = 0, onProgress } = options;
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MOST))
    throw expected(`a whole number from 1 to ${MOST}`, 'limit', limit);
  // In random order, so that no class is drawn on top of the others.
  const chosen = [...new Prng(seed).permutation(dataset.count)].slice(0, limit);
  const sample = {
    count: chosen.length,
    batch: (indices: ArrayLike<number>) => dataset.batch(Array.from(indices, (i) => chosen[i]!)),
  };
  const features = await extractFeatures(encoder, sample, { onProgress });
  const { points, neighbors } = await project(features, seed);
  features.dispose();

  const { labels: all, classes } = dataset;
  const labels = all === null ? null : chosen.map((i) => all[i]!);
  const shown = queriesOf(labels, chosen.length).map((query) => ({
    query,
    items: neighbors[query]!.slice(0, NEIGHBORS).map(({ index, cosine }) => ({ index, cosine: round(cosine) })),
  }));
  const pictured = [...new Set(shown.flatMap(({ query, items }) => [query, ...items.map(({ index }) => index)]))];
  return {
    format: 1,
    dataset: dataset.name,
    total: dataset.count,
    seed,
    ids: chosen.map((i) => dataset.ids[i]!),
    labels,
    classes: labels === null ? null : classes,
    points,
    sprite: await makeSprite(dataset, chosen),
    neighbors: shown,
    pictures: await makePictures(dataset, chosen, pictured),
    agreement: labels === null ? null : agreementOf(labels, neighbors),
  };
}

/** Puts the embedding into the run folder, where `writeReport` finds it. */
export function saveEmbedding(folder: RunFolder, embedding: Embedding): void {
  writeAtomically(folder.file('embedding.json'), `${JSON.stringify(embedding)}\n`);
}

/** The first image of each class, then any others, up to the number of rows. */
function queriesOf(labels: readonly number[] | null, count: number): number[] {
  const everything = [...Array(count).keys()];
  const firsts = labels === null ? [] : everything.filter((i) => labels[i]! >= 0 && labels.indexOf(labels[i]!) === i);
  return [...new Set([...firsts, ...everything])].slice(0, QUERIES);
}

function agreementOf(labels: readonly number[], neighbors: readonly Neighbor[][]): Embedding['agreement'] {
  const labeled = [...labels.keys()].filter((i) => labels[i]! >= 0);
  const counts = new Map<number, number>();
  for (const i of labeled) counts.set(labels[i]!, (counts.get(labels[i]!) ?? 0) + 1);
  const total = labeled.length;
  let [same, pairs] = [0, 0];
  for (const i of labeled)
    for (const { index } of neighbors[i]!.slice(0, NEIGHBORS)) {
      if (labels[index]! < 0) continue;
      pairs++;
      if (labels[index] === labels[i]) same++;
    }
  if (pairs === 0) return null;
  const chance = [...counts.values()].reduce((sum, count) => sum + (count * (count - 1)) / (total * (total - 1)), 0);
  return { share: same / pairs, chance, k: Math.min(NEIGHBORS, labels.length - 1) };
}

/** The images at these positions of the data set, each uint8 H x W x C. */
function* imagesOf(dataset: Source, indices: readonly number[]): Iterable<Uint8Array> {
  const { height, width } = dataset.size;
  const bytes = height * width * dataset.channels;
  for (let from = 0; from < indices.length; from += CHUNK) {
    const all = scope(() =>
      dataset
        .batch(indices.slice(from, from + CHUNK))
        .permute([0, 2, 3, 1])
        .toBytes(),
    );
    for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
  }
}

/** The image, shrunk where its longer side exceeds `side`. */
function shrink(pixels: Uint8Array, { size: { height, width }, channels: all }: Source, side: number): Sharp {
  const { image, channels } = shownChannels(pixels, all);
  const raw = sharp(image, { raw: { width, height, channels } });
  if (Math.max(width, height) <= side) return raw;
  const scale = side / Math.max(width, height);
  const scaled = (length: number): number => Math.max(1, Math.round(length * scale));
  return raw.resize(scaled(width), scaled(height), { fit: 'fill' });
}

async function makeSprite(dataset: Source, indices: readonly number[]): Promise<Sprite> {
  const columns = Math.ceil(Math.sqrt(indices.length));
  const rows = Math.ceil(indices.length / columns);
  let canvas = new Uint8Array();
  let tile = { width: 0, height: 0 };
  let i = 0;
  for (const image of imagesOf(dataset, indices)) {
    const { data, info } = await shrink(image, dataset, THUMBNAIL)
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (i === 0) {
      tile = info;
      canvas = new Uint8Array(columns * tile.width * rows * tile.height * 3);
    }
    const [left, top] = [(i % columns) * tile.width, Math.floor(i / columns) * tile.height];
    for (let y = 0; y < tile.height; y++)
      for (let x = 0; x < tile.width; x++)
        for (let c = 0; c < 3; c++)
          canvas[((top + y) * columns * tile.width + left + x) * 3 + c] =
            data[(y * tile.width + x) * info.channels + (info.channels === 1 ? 0 : c)]!;
    i++;
  }
  const webp = await sharp(canvas, { raw: { width: columns * tile.width, height: rows * tile.height, channels: 3 } })
    .webp({ quality: 82, smartSubsample: true })
    .toBuffer();
  return { image: dataUri('image/webp', webp), columns, rows, width: tile.width, height: tile.height };
}

async function makePictures(
  dataset: Source,
  chosen: readonly number[],
  positions: readonly number[],
): Promise<Record<number, string>> {
  const pictures: Record<number, string> = {};
  let at = 0;
  for (const image of imagesOf(
    dataset,
    positions.map((i) => chosen[i]!),
  )) {
    const webp = await shrink(image, dataset, PICTURE).webp({ quality: 88, smartSubsample: true }).toBuffer();
    pictures[positions[at++]!] = dataUri('image/webp', webp);
  }
  return pictures;
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;
