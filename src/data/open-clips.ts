import { createHash } from 'node:crypto';
import { AutodidactError, expected } from '../errors.js';
import { makeCachePath } from './cache.js';
import { ClipDataset, type ClipForm, fitsClip, type Stretch } from './clip-dataset.js';
import { noSplit } from './dataset.js';
import { FrameTargets } from './frame-targets.js';
import { joinLabels } from './join-labels.js';
import { PACK_VERSION, type Pack, PackWriter, readPack, targetsOf } from './pack-file.js';
import { PackedVideos } from './packed-videos.js';
import { Prng } from './prng.js';
import type { Skipped, Split } from './sources/source.js';
import { isSyntheticSprites, spriteSource } from './sources/synthetic-sprites.js';
import type { FrameSink, VideoSource } from './sources/video-source.js';

export interface OpenClipsOptions {
  /** Frames of a clip. Default 16, or as many as the shortest video has, if that is shorter. */
  frames?: number;
  /** Frames per second of a clip. Default: that of the videos, at most 10. */
  fps?: number;
  /** Side of the square frames in pixels. */
  size?: number;
  /** Largest side to choose where `size` is left out. */
  mostSize?: number;
  split?: Split | 'all';
  /** Take only so many videos, drawn at random with a fixed seed. */
  limit?: number;
  labels?: string;
  cacheFolder?: string;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Raised whenever the same videos would give another pack. */
const READER = 'clips-1';
const DEFAULT_FRAMES = 16;
const MOST_DEFAULT_FPS = 10;

/** Whether a data spec names videos. */
export async function namesVideos(spec: string): Promise<boolean> {
  return isSyntheticSprites(spec);
}

/**
 * Opens videos: `synthetic:sprites?count=1000`. Packed at the first opening.
 *
 * @throws AutodidactError `DATA` when no video can be read or none is long enough for a clip, `USAGE` for options out of range, `IO`,
 *   `INTERRUPTED`
 */
export async function openClips(spec: string, options: OpenClipsOptions = {}): Promise<ClipDataset> {
  checkAsked(options);
  const dataset = await openVideos(await openVideoSource(spec, options), options);
  return options.labels === undefined ? dataset : joinLabels(dataset, options.labels);
}

/** @throws AutodidactError `USAGE` for options out of range */
export function checkAsked({ frames, limit, size, fps }: OpenClipsOptions): void {
  for (const [name, value] of Object.entries({ frames, limit, size }))
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw expected('a whole number from 1', name, value);
  if (fps !== undefined && !(fps > 0 && fps <= 1000)) throw expected('a number above 0 and at most 1000', 'fps', fps);
}

/**
 * The videos of a source, packed at the first opening.
 *
 * @throws AutodidactError `DATA`, `IO`, `INTERRUPTED`
 */
export async function openVideos(source: VideoSource, options: OpenClipsOptions): Promise<ClipDataset> {
  const { frames, fps, split = 'all', limit } = options;
  const pack = await packed(source, options);
  const whole = datasetOf(pack, source, { frames, fps });
  const isOn = (own: Split | null) => split === 'all' || own === split || (split === 'train' && own === null);
  const positions = [...whole.splits.keys()].filter((i) => isOn(whole.splits[i]!));
  if (positions.length === 0) throw noSplit(source.name, split as Split, whole.plural);
  const chosen = limit === undefined || limit >= positions.length ? positions : drawn(positions, limit);
  return chosen.length === whole.count ? whole : whole.subset(chosen);
}

/** Whether a source of videos has this side of a division of its own, without reading them. */
export async function videosHaveSplit(spec: string, split: Split): Promise<boolean> {
  const { entries } = await openVideoSource(spec, {});
  return entries.some((entry) => entry.split === split);
}

async function openVideoSource(spec: string, { size }: OpenClipsOptions): Promise<VideoSource> {
  return spriteSource(spec, { size });
}

/** `count` of the positions, drawn at random with a fixed seed, in their order. */
function drawn(positions: readonly number[], count: number): number[] {
  const order = new Prng(0, positions.length).shuffle(Int32Array.from(positions));
  return [...order.slice(0, count)].sort((a, b) => a - b);
}

async function packed(source: VideoSource, options: OpenClipsOptions): Promise<Pack> {
  const { cacheFolder, onProgress, signal } = options;
  const folder = await makeCachePath('packs', cacheFolder);
  const { entries, classes, kind, identity, shape, skipped, bytes } = source;
  const described = [READER, PACK_VERSION, kind, identity, shape, classes, entries, skipped];
  const key = createHash('sha256').update(JSON.stringify(described)).digest('hex').slice(0, 32);
  const found = await readPack(folder, key);
  if (found !== null) return found;
  const layout = { dtype: 'uint8' as const, shape: [shape.height, shape.width, shape.channels], isVarying: true };
  const writer = await PackWriter.create(folder, key, layout, bytes);
  try {
    const kept: { id: string; split: Split | null; label: number }[] = [];
    const flawed: Skipped[] = [...skipped];
    const sink: FrameSink = {
      async append(pixels, times) {
        checkSignal(signal);
        await writer.append(pixels);
        writer.addTimes(Float64Array.from(times));
      },
    };
    for (const [i, entry] of entries.entries()) {
      checkSignal(signal);
      const result = await source.read(i, sink, signal);
      if ('reason' in result) flawed.push({ id: entry.id, reason: result.reason });
      else {
        writer.endRecord();
        kept.push({ ...entry, label: result.label ?? entry.label });
      }
      onProgress?.(i + 1, entries.length);
    }
    return await writer.commit({
      kind: 'videos',
      count: kept.length,
      details: {},
      ids: kept.map(({ id }) => id),
      labels: classes && kept.map(({ label }) => label),
      classes,
      masks: null,
      splits: kept.map(({ split }) => split),
      skipped: flawed,
    });
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

function checkSignal(signal?: AbortSignal): void {
  if (signal?.aborted) throw new AutodidactError('INTERRUPTED', 'Packing the videos was interrupted; nothing was kept');
}

function datasetOf(pack: Pack, source: VideoSource, asked: Partial<ClipForm>): ClipDataset {
  const videos = new PackedVideos(pack);
  const { ids, splits, skipped, fingerprint, count } = pack.index;
  const rows = Int32Array.from({ length: count }, (_, i) => i);
  const form = formFor(videos, asked);
  const short: Skipped[] = [];
  const fitting: number[] = [];
  for (const row of rows) {
    const times = videos.timesOf(row);
    if (fitsClip(times, form)) fitting.push(row);
    else short.push({ id: ids[row]!, reason: `${lasts(times)}, too short for a clip of ${inWords(form)}` });
  }
  if (fitting.length === 0)
    throw new AutodidactError('DATA', `No video of ${source.name} is long enough for a clip of ${inWords(form)}`, {
      remedy: `Take fewer --frames or a higher --fps; the longest has ${lasts(longest(videos))}.`,
    });
  const known = (source.targets ?? []).map(({ kind, read }) => new FrameTargets(kind, read, rows));
  const targets = [...targetsOf(pack), ...known].map((part) => part.subset(fitting));
  const info = {
    ...{ name: source.name, note: null, fingerprint, targets },
    ids: fitting.map((row) => ids[row]!),
    splits: fitting.map((row) => splits[row]!),
    skipped: [...skipped, ...short],
  };
  const stretches = fitting.map((video): Stretch => ({ video, from: 0, to: videos.timesOf(video).length }));
  return new ClipDataset(info, videos, form, stretches);
}

/** What was asked for, or what fits most videos. */
function formFor(videos: PackedVideos, { frames, fps }: Partial<ClipForm>): ClipForm {
  const all = Array.from({ length: videos.count }, (_, i) => videos.timesOf(i)).filter(({ length }) => length > 1);
  const rates = all.map((times) => (times.length - 1) / (times.at(-1)! - times[0]!)).sort((a, b) => a - b);
  const usual = rates[rates.length >> 1] ?? MOST_DEFAULT_FPS;
  // Rates from times are off in the last digits.
  const rate = fps ?? Number(Math.min(MOST_DEFAULT_FPS, usual).toPrecision(6));
  const shortest = all.reduce(
    (least, times) => Math.min(least, Math.floor((times.at(-1)! - times[0]!) * rate + 1.5)),
    DEFAULT_FRAMES,
  );
  return { frames: frames ?? Math.max(1, shortest), fps: rate };
}

function longest(videos: PackedVideos): Float64Array {
  const all = Array.from({ length: videos.count }, (_, i) => videos.timesOf(i));
  const seconds = (times: Float64Array): number => times.at(-1)! - times[0]!;
  return all.reduce((best, times) => (seconds(times) > seconds(best) ? times : best));
}

const inWords = ({ frames, fps }: ClipForm): string => `${frames} frames at ${Number(fps.toPrecision(4))} a second`;

function lasts(times: Float64Array): string {
  return times.length === 1 ? 'one frame' : `${times.length} frames over ${(times.at(-1)! - times[0]!).toFixed(2)} s`;
}
