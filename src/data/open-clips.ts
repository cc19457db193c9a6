import { createHash } from 'node:crypto';
import { AutodidactError, expected } from '../errors.js';
import { ClipDataset, type ClipForm, fitsClip, type Stretch } from './clip-dataset.js';
import { type DatasetInfo, noSplit } from './dataset.js';
import { defaultLength } from './default-length.js';
import { FrameTargets } from './frame-targets.js';
import type { ImageDataset } from './image-dataset.js';
import { joinLabels } from './join-labels.js';
import type { Pack } from './pack-file.js';
import { PackedVideos } from './packed-videos.js';
import { Prng } from './prng.js';
import type { Skipped, Split } from './sources/source.js';
import type { KeptFrames, VideoPart, VideoSource } from './sources/video-source.js';
import { ClassTargets } from './targets.js';
import { type AskedShape, packVideos } from './video/pack-videos.js';
import { openVideoSource, parseVideoSpec } from './video/spec.js';

export interface OpenClipsOptions extends AskedShape {
  /** Frames of a clip. Default 16, or as many as nine of ten videos have, if that is less. */
  frames?: number;
  /** Frames per second of a clip. Default: that of the videos, at most 10. */
  fps?: number;
  split?: Split | 'all';
  /** Take only so many samples, drawn at random with a fixed seed. */
  limit?: number;
  labels?: string;
  cacheFolder?: string;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

const DEFAULT_FRAMES = 16;
const MOST_DEFAULT_FPS = 10;
/** Seconds of a sample, and clips, from which on a video is cut into several samples. */
const STRETCH = { seconds: 10, clips: 2 };

/**
 * Opens videos: a folder of them, with or without class folders; a folder with a folder of frames for each; a table (.csv, .tsv, .jsonl)
 * with the columns path and, optionally, label, split, start and end; one video; `synthetic:sprites?count=1000`. `clips:<path>?<options>`
 * takes options, see `parseVideoSpec`. Each file is decoded once, at the first opening, into a pack in the cache.
 *
 * @throws AutodidactError `DATA` when no video can be read or none is long enough for a clip, `USAGE` for options out of range, `NOT_FOUND`
 *   also where there is no FFmpeg and none can be fetched, `IO`, `INTERRUPTED`
 */
export async function openClips(spec: string, options: OpenClipsOptions = {}): Promise<ClipDataset> {
  checkAsked(options);
  const dataset = await openVideos(
    await openVideoSource(spec, options),
    options,
    parseVideoSpec(spec.startsWith('clips:') ? spec : '').stretch,
  );
  return options.labels === undefined ? dataset : joinLabels(dataset, options.labels, await videoNames(spec, options));
}

/**
 * The videos of a source, packed at the first opening.
 *
 * @param stretch seconds of a sample from which on a video is cut; 0 never cuts
 * @throws AutodidactError `DATA`, `IO`, `INTERRUPTED`
 */
export async function openVideos(
  source: VideoSource,
  options: OpenClipsOptions,
  stretch?: number,
): Promise<ClipDataset> {
  const { frames, fps, split = 'all', limit } = options;
  const isOn = ({ split: own }: VideoPart): boolean =>
    split === 'all' || own === split || (split === 'train' && own === null);
  const sides = source.entries.flatMap(({ parts }, entry) => parts.filter(isOn).map((part) => ({ entry, part })));
  if (sides.length === 0) throw noSplit(source.name, split as Split, 'videos');
  const chosen = drawn(sides, limit);
  const entries = [...new Set(chosen.map(({ entry }) => entry))];
  const pack = await packVideos(source, entries, { ...options, rate: fps ?? MOST_DEFAULT_FPS });
  const whole = datasetOf(pack, source, chosen, { frames, fps, stretch });
  // A few videos may give many samples.
  return limit === undefined || whole.count <= limit ? whole : whole.subset(drawn([...whole.ids.keys()], limit));
}

/** Every frame of videos as an image: `clips:./videos?frames`, two frames a second, `clips:./videos?frames&fps=10`. Throws as `openClips`. */
export async function openFrames(spec: string, options: OpenClipsOptions = {}): Promise<ImageDataset> {
  const { limit, labels, ...others } = options;
  const clips = await openClips(spec, { ...others, frames: 1, fps: parseVideoSpec(spec).fps });
  const images = clips.images();
  const dataset =
    limit === undefined || images.count <= limit ? images : images.subset(drawn([...images.ids.keys()], limit));
  return labels === undefined ? dataset : joinLabels(dataset, labels, await videoNames(spec, options));
}

/** What tables of labels call the videos of a source, whatever their split, without reading them. */
export async function videoNames(spec: string, options: OpenClipsOptions = {}): Promise<string[]> {
  const { entries } = await openVideoSource(spec, options);
  return entries.flatMap(({ parts }) => parts.map(({ id }) => id));
}

/** Whether a source of videos has this side of a division of its own, without reading them. */
export async function videosHaveSplit(spec: string, split: Split): Promise<boolean> {
  const { entries } = await openVideoSource(spec);
  return entries.some(({ parts }) => parts.some((part) => part.split === split));
}

/** @throws AutodidactError `USAGE` for options out of range */
export function checkAsked({ frames, limit, size, fps, channels = 'auto' }: OpenClipsOptions): void {
  for (const [name, value] of Object.entries({ frames, limit, size }))
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw expected('a whole number from 1', name, value);
  if (size !== undefined && size > 4096) throw expected('at most 4096 pixels', 'size', size);
  if (fps !== undefined && !(fps > 0 && fps <= 1000)) throw expected('a number above 0 and at most 1000', 'fps', fps);
  if (channels !== 'auto' && channels !== 1 && channels !== 3) throw expected('1, 3 or "auto"', 'channels', channels);
}

/** At most `count` of the items, drawn at random with a fixed seed, in their order. */
function drawn<T>(items: readonly T[], count = items.length): T[] {
  if (count >= items.length) return [...items];
  const order = new Prng(0, items.length).permutation(items.length);
  return Array.from(order.subarray(0, count).sort(), (i) => items[i]!);
}

/** A sample of the source with the number of its video in the pack. */
interface Placed {
  entry: number;
  video: number;
  part: VideoPart;
}

function datasetOf(
  pack: Pack,
  source: VideoSource,
  chosen: readonly { entry: number; part: VideoPart }[],
  { stretch, ...asked }: Partial<ClipForm> & { stretch: number | undefined },
): ClipDataset {
  const videos = new PackedVideos(pack);
  const numbers = new Map(pack.index.ids.map((id, video) => [id, video]));
  const placed = chosen.flatMap(({ entry, part }): Placed[] => {
    const video = numbers.get(source.entries[entry]!.id);
    return video === undefined ? [] : [{ entry, video, part }];
  });
  const ranges = placed.map(({ video, part }) => rangeOf(videos.timesOf(video), part));
  const form = formFor(
    placed.map(({ video }, i) => videos.timesOf(video).subarray(...ranges[i]!)),
    asked,
  );
  const seconds = stretch ?? Math.max(STRETCH.seconds, (STRETCH.clips * (form.frames - 1)) / form.fps);
  const short: Skipped[] = [];
  const samples: (Placed & { id: string; stretch: Stretch })[] = [];
  for (const [i, one] of placed.entries()) {
    const times = videos.timesOf(one.video);
    const cuts = cut(times, ranges[i]!, seconds);
    for (const [k, [from, to]] of cuts.entries()) {
      const id = cuts.length === 1 ? one.part.id : `${one.part.id}#${k}`;
      const own = times.subarray(from, to);
      if (fitsClip(own, form)) samples.push({ ...one, id, stretch: { video: one.video, from, to } });
      else short.push({ id, reason: `${lasts(own)}, too short for a clip of ${inWords(form)}` });
    }
  }
  if (samples.length === 0)
    throw new AutodidactError('DATA', `No video of ${source.name} is long enough for a clip of ${inWords(form)}`, {
      remedy: `Take fewer --frames or a higher --fps; ${short[0]!.id} has ${short[0]!.reason.split(',')[0]}.`,
    });
  const { skipped, flaws = [], fingerprint } = pack.index;
  const classes = source.classes && [
    new ClassTargets(
      source.classes,
      Int32Array.from(samples, ({ part }) => part.label),
    ),
  ];
  const rows = Int32Array.from(samples, ({ entry }) => entry);
  const [height, width, channels] = videos.shape;
  const packed = new Map(placed.map(({ entry, video }) => [entry, video]));
  const kept = (entry: number): KeptFrames => ({
    times: videos.timesOf(packed.get(entry)!),
    shape: { height, width, channels },
  });
  const known = (source.targets ?? []).map(
    ({ kind, read }) => new FrameTargets(kind, (entry, frames) => read(entry, frames, kept(entry)), rows),
  );
  const stretches = samples.map((sample) => sample.stretch);
  const hash = createHash('sha256')
    .update(fingerprint)
    .update(JSON.stringify(samples.map(({ id, stretch: own }) => [id, own])));
  const info: DatasetInfo = {
    ...{ name: source.name, note: source.note ?? null, fingerprint: hash.digest('hex') },
    ids: samples.map(({ id }) => id),
    splits: samples.map(({ part }) => part.split),
    labeledAs: samples.map(({ part }) => part.id),
    owners: samples.map(({ entry }) => source.entries[entry]!.id),
    targets: [...(classes ?? []), ...known],
    skipped: [...skipped, ...short],
    partial: flaws,
  };
  return new ClipDataset(info, videos, form, stretches);
}

/** The frames of a part of a video: from, to before. */
type Frames = [from: number, to: number];

/** Seconds by which times may be off. */
const CLOSE = 1e-3;

function rangeOf(times: Float64Array, { range }: VideoPart): Frames {
  if (range === undefined) return [0, times.length];
  const before = (end: number): number => countBefore(times, end - CLOSE);
  return [before(range.from), before(range.to)];
}

/** How many of ascending times lie before `end`. */
function countBefore(times: Float64Array, end: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < end) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Parts of about as many seconds; 0 never cuts. */
function cut(times: Float64Array, [from, to]: Frames, seconds: number): Frames[] {
  if (to <= from) return [[from, to]];
  const start = times[from]!;
  const length = times[to - 1]! - start;
  const parts = seconds > 0 ? Math.max(1, Math.floor(length / seconds)) : 1;
  const bounds = [from];
  for (let i = from; i < to; i++)
    while (bounds.length < parts && times[i]! >= start + (bounds.length * length) / parts) bounds.push(i);
  bounds.push(to);
  return bounds.slice(1).map((end, i): Frames => [bounds[i]!, end]);
}

/** What was asked for, or what fits most videos. */
function formFor(videos: readonly Float64Array[], { frames, fps }: Partial<ClipForm>): ClipForm {
  const long = videos.filter(({ length }) => length > 1);
  const rates = long.map((times) => (times.length - 1) / seconds(times)).sort((a, b) => a - b);
  const usual = rates[rates.length >> 1] ?? MOST_DEFAULT_FPS;
  // Rates from times are a little off.
  const own = usual > 0.95 * MOST_DEFAULT_FPS ? MOST_DEFAULT_FPS : Number(usual.toPrecision(3));
  const rate = fps ?? own;
  const counts = long.map((times) => Math.floor(seconds(times) * rate + 1.5));
  const most = counts.length === 0 ? DEFAULT_FRAMES : Math.max(1, defaultLength(counts));
  return { frames: frames ?? Math.min(DEFAULT_FRAMES, most), fps: rate };
}

const seconds = (times: Float64Array): number => times.at(-1)! - times[0]!;

const inWords = ({ frames, fps }: ClipForm): string => `${frames} frames at ${Number(fps.toPrecision(4))} a second`;

function lasts(times: Float64Array): string {
  if (times.length < 2) return times.length === 1 ? 'one frame' : 'no frame';
  return `${times.length} frames over ${seconds(times).toFixed(2)} s`;
}
