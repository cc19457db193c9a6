/** What is mined from videos: found once, video by video, and kept in a pack in the cache. */
import { createHash } from 'node:crypto';
import { makeCachePath } from '../data/cache.js';
import { type ClipDataset, type Dataset, drawPart, type Split } from '../data/index.js';
import { joinLabels } from '../data/join-labels.js';
import { videoNames } from '../data/open-clips.js';
import { type Pack, type PackDescription, PackWriter, readPack } from '../data/pack-file.js';
import { type RecordLayout, recordBytes } from '../data/records.js';
import type { Tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';

export interface OpenMinedOptions {
  /** Side of the pictures in pixels, to which they are resized. */
  size?: number;
  /** Largest side to choose where `size` is left out. */
  mostSize?: number;
  /** 1 for gray; color by default. */
  channels?: 'auto' | number;
  split?: Split | 'all';
  /** Take only so many samples, drawn at random with a fixed seed. */
  limit?: number;
  labels?: string;
  cacheFolder?: string;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** A sample that was found in a video. */
export interface Mined {
  /** In seconds from the start of the video. */
  time: number;
  /** The sample as it lies in the file. */
  bytes(): Uint8Array;
  /** The mask beside it. */
  mask?: Uint8Array;
}

export interface Mining {
  /** What is being done: "Mining patches from the videos". */
  task: string;
  kind: string;
  /** Everything that decides what is found: another key, another pack. */
  key: readonly unknown[];
  layout: RecordLayout;
  masks?: PackDescription['masks'];
  /** Most samples that a video of so many frames may give. */
  mostIn(frames: number): number;
  /** @param frames of the video at this position, uint8 (T, C, H, W) */
  find(frames: Tensor, video: number): Promise<readonly Mined[]>;
  /** What else the pack has to keep of all that was found. */
  details?(): PackDescription['details'];
  /** The error where no video gives a sample. */
  nothing(): AutodidactError;
}

/**
 * The pack of what is found in these videos, made at the first time.
 *
 * @throws AutodidactError what `mining.nothing` makes, `INTERRUPTED`, `IO`
 */
export async function minedPack(
  clips: ClipDataset,
  mining: Mining,
  { cacheFolder, onProgress, signal }: Pick<OpenMinedOptions, 'cacheFolder' | 'onProgress' | 'signal'>,
): Promise<Pack> {
  const folder = await makeCachePath('packs', cacheFolder);
  const key = createHash('sha256').update(JSON.stringify(mining.key)).digest('hex').slice(0, 32);
  const known = await readPack(folder, key);
  if (known !== null) return known;
  const most = Array.from({ length: clips.count }, (_, video) => mining.mostIn(clips.lengthOf(video)));
  const bytes = recordBytes(mining.layout) * most.reduce((sum, count) => sum + count, 0);
  const writer = await PackWriter.create(folder, key, mining.layout, bytes);
  try {
    const made: { id: string; video: number }[] = [];
    for (let video = 0; video < clips.count; video++) {
      if (signal?.aborted) throw new AutodidactError('INTERRUPTED', `${mining.task} was interrupted; nothing was kept`);
      const frames = clips.allFrames(video);
      try {
        for (const { time, bytes, mask } of await mining.find(frames, video)) {
          await writer.append(bytes());
          if (mask !== undefined) await writer.appendMasks(mask);
          made.push({ id: `${clips.ids[video]}@${time.toFixed(3)}`, video });
        }
      } finally {
        frames.dispose();
      }
      onProgress?.(video + 1, clips.count);
    }
    if (made.length === 0) throw mining.nothing();
    const samples = JSON.stringify(made.map(({ video }) => video));
    return await writer.commit({
      ...{ kind: mining.kind, count: made.length, details: { samples, ...mining.details?.() } },
      ids: made.map(({ id }) => id),
      ...{ labels: null, classes: null, masks: mining.masks ?? null, splits: made.map(() => null), skipped: [] },
    });
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** The positions of the videos that the records of a pack are cut from. What is known of videos may change without the pack. */
export const samplesIn = ({ samples }: Pack['index']['details']): Int32Array =>
  Int32Array.from(JSON.parse(String(samples)) as number[]);

/** @throws AutodidactError `USAGE` for a number that is not whole */
export function checkWhole(asked: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(asked))
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw expected('a whole number from 1', name, value);
}

/** At most so many of the samples, with the labels of a table that names samples or their videos. */
export async function limitedAndLabeled<D extends Dataset>(
  all: D,
  { limit, labels, onProgress: _, ...quiet }: OpenMinedOptions,
  videos: string,
): Promise<D> {
  const dataset = limit === undefined || all.count <= limit ? all : (all.subset(drawPart(all.count, limit)) as D);
  if (labels === undefined) return dataset;
  const leftOut = [...all.ids, ...(await videoNames(videos, quiet))];
  return joinLabels<Dataset>(dataset, labels, leftOut) as Promise<D>;
}
