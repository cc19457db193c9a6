/** Frames with the masks of what moves in them as a data set: mined once from videos, and kept in the cache. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { makeCachePath } from '../data/cache.js';
import { type ClipDataset, drawPart, ImageDataset, openClips, type Split } from '../data/index.js';
import { joinLabels } from '../data/join-labels.js';
import { videoNames, videosHaveSplit } from '../data/open-clips.js';
import { PACK_VERSION, type Pack, PackWriter, readPack, recordsOf } from '../data/pack-file.js';
import { PairDataset } from '../data/pair-dataset.js';
import { PackedRecords, recordBytes } from '../data/records.js';
import { scope } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { type MinedSpec, parseMinedSpec, resolveMinedSpec } from './mined-spec.js';
import { movingMask } from './moving-masks.js';
import { type OpenPatchesOptions, samplesIn } from './open-patches.js';
import { grayPictures } from './picture.js';
import { type MaskOptions, maskOptions } from './settings.js';

export const MOVING_PREFIX = 'moving:';

export type OpenMovingMasksOptions = OpenPatchesOptions;

const share = z.coerce.number().min(0).max(1);

/** Options of `moving:<videos>?...`; what is not named here belongs to the videos. */
const options = z.object({
  rate: z.coerce.number().positive().max(1000).default(10).describe('Frames per second that are compared, at most'),
  every: z.coerce.number().int().min(1).max(10_000).default(10).describe('Frames from one sample to the next'),
  reach: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(5)
    .describe('Frames before and after that a frame is compared with'),
  least: z.coerce.number().min(0).max(10_000).default(0.5).describe('Pixels from which on a pixel moves by itself'),
  window: z.coerce.number().int().min(1).max(255).default(9).describe('Averaging window of the flow in pixels'),
  fewest: share.default(0.005).describe('Frames with a smaller share of moving pixels are dropped'),
  most: share.default(0.5).describe('Frames with a larger share are dropped'),
  cameraMotion: z.enum(['remove', 'keep']).default('remove').describe('Whether the motion of the camera is taken away'),
});

type MovingQuery = z.output<typeof options>;

/** Votes from which on a pixel counts as moving when frames are chosen. */
const MAJORITY = 128;
/** Raised whenever the same videos would give other masks. */
const MINER = 'moving-2';

/** Whether a data spec names frames with masks of what moves. */
export const namesMovingMasks = (spec: string): boolean => spec.startsWith(MOVING_PREFIX);

const parsed = (spec: string): MinedSpec<typeof options> => parseMinedSpec(MOVING_PREFIX, options, spec);

/** The spec with the path of its videos made absolute. */
export const resolveMovingSpec = (spec: string): string => resolveMinedSpec(MOVING_PREFIX, parsed(spec));

/** Whether the videos have this side of a division of their own. */
export const movingHaveSplit = (spec: string, split: Split): Promise<boolean> =>
  videosHaveSplit(parsed(spec).videos, split);

/**
 * Opens aligned pairs of what moves in a frame, one channel from 0 to 255, and the frame: `moving:<videos>?every=10`, with videos as in
 * `openClips`. They are found once, see `movingMask`, and kept in a pack under a key of the videos and all parameters. Ids are those of the
 * videos and the frame's time.
 *
 * @throws AutodidactError `DATA` when nothing moves by itself, `USAGE`, and what `openClips` throws
 */
export async function openMovingMasks(spec: string, asked: OpenMovingMasksOptions = {}): Promise<PairDataset> {
  const { limit, labels, ...others } = asked;
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1))
    throw expected('a whole number from 1', 'limit', limit);
  const { videos, query } = parsed(spec);
  const { onProgress: _, ...quiet } = others;
  const clips = await openClips(videos, { ...quiet, frames: 1, fps: query.rate });
  const pack = await packMasks(clips, query, others);
  const all = PairDataset.aligned(masksOf(pack, clips), framesOf(pack, clips));
  const dataset = limit === undefined || all.count <= limit ? all : all.subset(drawPart(all.count, limit));
  return labels === undefined
    ? dataset
    : joinLabels(dataset, labels, [...all.ids, ...(await videoNames(videos, quiet))]);
}

function framesOf(pack: Pack, clips: ClipDataset): ImageDataset {
  const { ids, fingerprint, details } = pack.index;
  const info = { ...clips.infoOf(samplesIn(details)), name: `frames of ${clips.name}`, ids, fingerprint };
  return new ImageDataset(info, recordsOf(pack));
}

function masksOf({ index, path }: Pack, clips: ClipDataset): ImageDataset {
  const { ids, fingerprint, layout, count, details } = index;
  const [height, width] = layout.shape as [number, number];
  const shape = { dtype: 'uint8' as const, shape: [height, width, 1], isVarying: false };
  const own = createHash('sha256').update(`${fingerprint} ${details.miner}`).digest('hex');
  const info = {
    ...clips.infoOf(samplesIn(details)),
    ...{
      name: `what moves in ${clips.name}`,
      note: null,
      ids,
      fingerprint: own,
      skipped: [],
      partial: [],
      targets: [],
    },
  };
  return new ImageDataset(info, new PackedRecords(`${path}.masks`, shape, count));
}

async function packMasks(
  clips: ClipDataset,
  query: MovingQuery,
  { cacheFolder, onProgress, signal }: OpenMovingMasksOptions,
): Promise<Pack> {
  const folder = await makeCachePath('packs', cacheFolder);
  const miner = JSON.stringify([MINER, query]);
  const parts = [miner, PACK_VERSION, clips.fingerprint];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
  const found = await readPack(folder, key);
  if (found !== null) return found;
  const { height, width, channels } = clips.clipForm;
  const layout = { dtype: 'uint8' as const, shape: [height, width, channels], isVarying: false };
  const starts = (sample: number): number[] => startsIn(clips.timesOf(sample).length, query);
  const most = Array.from({ length: clips.count }, (_, sample) => starts(sample).length);
  const writer = await PackWriter.create(folder, key, layout, recordBytes(layout) * most.reduce((a, b) => a + b, 0));
  const finder = { ...maskOptions.parse(query), isCameraRemoved: query.cameraMotion === 'remove' };
  try {
    const made: { id: string; sample: number }[] = [];
    const dropped: Dropped = { still: 0, everything: 0, unknown: 0 };
    for (let sample = 0; sample < clips.count; sample++) {
      if (signal?.aborted)
        throw new AutodidactError('INTERRUPTED', 'Looking for what moves was interrupted; nothing was kept');
      const times = clips.timesOf(sample);
      for (const { frame, bytes, mask } of await masksIn(clips, sample, {
        starts: starts(sample),
        finder,
        query,
        dropped,
      })) {
        await writer.append(bytes);
        await writer.appendMasks(mask);
        made.push({ id: `${clips.ids[sample]}@${times[frame]!.toFixed(3)}`, sample });
      }
      onProgress?.(sample + 1, clips.count);
    }
    if (made.length === 0) throw nothingMoves(clips, dropped);
    return await writer.commit({
      ...{
        kind: 'moving',
        count: made.length,
        details: { miner, samples: JSON.stringify(made.map(({ sample }) => sample)) },
      },
      ids: made.map(({ id }) => id),
      ...{ labels: null, classes: null, splits: made.map(() => null), skipped: [] },
      masks: { classes: ['still', 'moving'], shape: [height, width] },
    });
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** Frames that became no sample, by the reason. */
type Dropped = Record<'still' | 'everything' | 'unknown', number>;

/** Frames that are looked at, in the middle of parts of equal length. */
function startsIn(length: number, { every }: MovingQuery): number[] {
  return Array.from({ length: Math.floor(length / every) }, (_, i) => i * every + (every >> 1));
}

/** The frames of a video in which something moves by itself, (H, W, C), with their votes (H, W). */
async function masksIn(
  clips: ClipDataset,
  sample: number,
  how: { starts: readonly number[]; finder: MaskOptions; query: MovingQuery; dropped: Dropped },
): Promise<{ frame: number; bytes: Uint8Array; mask: Uint8Array }[]> {
  const { starts, finder, query, dropped } = how;
  const frames = clips.allFrames(sample);
  try {
    const pictures = grayPictures(frames);
    const found = await Promise.all(starts.map((frame) => movingMask(pictures, frame, finder)));
    return starts.flatMap((frame, i) => {
      const mask = found[i]!;
      const reason = mask === null ? 'unknown' : whyDropped(mask, query);
      if (reason !== null) dropped[reason]++;
      if (mask === null || reason !== null) return [];
      const bytes = scope(() => frames.select(0, frame).permute([1, 2, 0]).contiguous().toBytes());
      return [{ frame, bytes, mask }];
    });
  } finally {
    frames.dispose();
  }
}

function whyDropped(mask: Uint8Array, { fewest, most }: MovingQuery): 'still' | 'everything' | null {
  const moving = mask.reduce((count, votes) => count + (votes >= MAJORITY ? 1 : 0), 0) / mask.length;
  if (moving < fewest) return 'still';
  return moving > most ? 'everything' : null;
}

function nothingMoves(clips: ClipDataset, { still, everything, unknown }: Dropped): AutodidactError {
  const total = still + everything + unknown;
  const why =
    total === 0
      ? 'no video is long enough'
      : `of ${total} frames looked at, in ${still} too little moves, in ${everything} too much, and in ${unknown} the motion of the camera is not known`;
  return new AutodidactError('DATA', `Nothing that moves by itself was found in ${clips.name}: ${why}`, {
    remedy:
      'Take videos in which single things move, fewer frames from one sample to the next (every=5), or other shares (fewest, most).',
  });
}
