/** Moving patches as a data set: mined once from videos, and kept in the cache. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { resize } from '../augment/index.js';
import { makeCachePath } from '../data/cache.js';
import { type ClipDataset, drawPart, openClips, PatchesDataset, type Split } from '../data/index.js';
import { joinLabels } from '../data/join-labels.js';
import { videoNames, videosHaveSplit } from '../data/open-clips.js';
import { PACK_VERSION, type Pack, PackWriter, readPack, recordsOf } from '../data/pack-file.js';
import { recordBytes } from '../data/records.js';
import { scope, type Tensor } from '../engine/index.js';
import { AutodidactError, expected } from '../errors.js';
import { type MinedSpec, parseMinedSpec, resolveMinedSpec } from './mined-spec.js';
import { cutPatch, type Dropped, minePatches, type PatchPair } from './moving-patches.js';
import { type MinerOptions, minerOptions } from './settings.js';

export const PATCHES_PREFIX = 'patches:';

export interface OpenPatchesOptions {
  /** Side of the patches in pixels, to which they are resized. Default: as they were cut. */
  size?: number;
  /** Largest side to choose where `size` is left out. */
  mostSize?: number;
  /** 1 for gray; color by default. */
  channels?: 'auto' | number;
  split?: Split | 'all';
  /** Take only so many pairs, drawn at random with a fixed seed. */
  limit?: number;
  labels?: string;
  cacheFolder?: string;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

const number = (most: number) => z.coerce.number().min(0).max(most);

/** Options of `patches:<videos>?...`; what is not named here belongs to the videos. */
const options = z.object({
  frame: z.coerce
    .number()
    .int()
    .min(16)
    .max(4096)
    .optional()
    .describe('Side in pixels of the frames that are searched; by default as the videos are packed'),
  rate: z.coerce.number().positive().max(1000).default(30).describe('Frames per second that are searched, at most'),
  patch: z.coerce
    .number()
    .int()
    .min(8)
    .max(4096)
    .optional()
    .describe('Side of a patch in pixels of the frame; by default 227 / 448 of the frame'),
  track: z.coerce.number().int().min(1).max(10_000).default(30).describe('Frames that a patch is followed for'),
  every: z.coerce.number().int().min(1).max(10_000).default(30).describe('Frames from one start to the next'),
  least: number(10_000).default(0.5).describe('Pixels per frame from which on a point moves by itself'),
  // The paper's 0.25 leaves nothing of ordinary videos: most corners that are found lie on the ground.
  fewest: number(1).default(0.05).describe('Frames with a smaller share of moving points are dropped'),
  most: number(1).default(0.75).describe('Frames with a larger share are dropped'),
  camera: z.enum(['remove', 'keep']).default('remove').describe('Whether the motion of the camera is taken away'),
});

type PatchQuery = z.output<typeof options>;

/** Side of a patch over that of the frame: 227 pixels of 448, the shorter side of the frames in Wang and Gupta 2015. */
const PATCH_SHARE = 227 / 448;
/** Raised whenever the same videos would give other patches. */
const MINER = 'patches-3';

/** Whether a data spec names moving patches. */
export const namesPatches = (spec: string): boolean => spec.startsWith(PATCHES_PREFIX);

/** Takes `patches:<videos>?<options>` apart: options of its own, and the spec of the videos with all others. */
export const parsePatchesSpec = (spec: string): MinedSpec<typeof options> =>
  parseMinedSpec(PATCHES_PREFIX, options, spec);

/** The spec with the path of its videos made absolute. */
export const resolvePatchesSpec = (spec: string): string => resolveMinedSpec(PATCHES_PREFIX, parsePatchesSpec(spec));

/** Whether the videos have this side of a division of their own. */
export const patchesHaveSplit = (spec: string, split: Split): Promise<boolean> =>
  videosHaveSplit(parsePatchesSpec(spec).videos, split);

/**
 * Opens pairs of patches that show one moving thing at two times: `patches:<videos>?track=30`, with videos as in `openClips`. They are
 * mined once, see `minePatches`, and kept in a pack under a key of the videos and all parameters.
 *
 * @throws AutodidactError `DATA` when nothing moves by itself, `USAGE`, and what `openClips` throws
 */
export async function openPatches(spec: string, asked: OpenPatchesOptions = {}): Promise<PatchesDataset> {
  const { size, mostSize = Number.POSITIVE_INFINITY, limit, labels, channels, split, ...others } = asked;
  for (const [name, value] of Object.entries({ size, limit }))
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw expected('a whole number from 1', name, value);
  const { videos, query } = parsePatchesSpec(spec);
  const { onProgress: _, ...quiet } = others;
  const frame = query.frame === undefined ? {} : { size: query.frame };
  const clips = await openClips(videos, {
    ...quiet,
    ...frame,
    ...(channels === undefined ? {} : { channels }),
    ...(split === undefined ? {} : { split }),
    ...{ frames: 1, fps: query.rate },
  });
  const miner = minerFor(query, clips);
  const pack = await packPatches(clips, miner, size ?? Math.min(miner.side, mostSize), others);
  const { ids, fingerprint, details } = pack.index;
  const samples = samplesIn(details);
  const info = { ...clips.infoOf(samples), name: `patches of ${clips.name}`, ids, fingerprint };
  const numbers = samples.map((sample) => clips.videoOf(sample));
  const all = new PatchesDataset(info, recordsOf(pack), numbers);
  const dataset = limit === undefined || all.count <= limit ? all : all.subset(drawPart(all.count, limit));
  return labels === undefined
    ? dataset
    : joinLabels(dataset, labels, [...all.ids, ...(await videoNames(videos, quiet))]);
}

/** The positions of the videos that the records of a pack are cut from. What is known of videos may change without the pack. */
export const samplesIn = ({ samples }: Pack['index']['details']): Int32Array =>
  Int32Array.from(JSON.parse(String(samples)) as number[]);

function minerFor({ patch, track, every, least, fewest, most, camera }: PatchQuery, clips: ClipDataset): MinerOptions {
  const { height } = clips.clipForm;
  const side = patch ?? Math.max(8, Math.round(PATCH_SHARE * height));
  const isCameraRemoved = camera === 'remove';
  return minerOptions.parse({ side, frames: track, every, least, fewest, most, isCameraRemoved });
}

async function packPatches(
  clips: ClipDataset,
  miner: MinerOptions,
  size: number,
  { cacheFolder, onProgress, signal }: OpenPatchesOptions,
): Promise<Pack> {
  const folder = await makeCachePath('packs', cacheFolder);
  const parts = [MINER, PACK_VERSION, clips.fingerprint, miner, size];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
  const found = await readPack(folder, key);
  if (found !== null) return found;
  const layout = { dtype: 'uint8' as const, shape: [2, size, size, clips.clipForm.channels], isVarying: false };
  const most = Array.from({ length: clips.count }, (_, i) => Math.ceil(clips.timesOf(i).length / miner.every));
  const bytes = recordBytes(layout) * most.reduce((sum, count) => sum + count, 0);
  const writer = await PackWriter.create(folder, key, layout, bytes);
  try {
    const made: { id: string; sample: number }[] = [];
    const dropped: Dropped = { still: 0, everything: 0, unknown: 0, left: 0 };
    let largestStill = 0;
    for (let sample = 0; sample < clips.count; sample++) {
      checkSignal(signal);
      const frames = clips.allFrames(sample);
      const id = clips.ids[sample]!;
      try {
        const mined = await minePatches({ id, frames, times: clips.timesOf(sample) }, miner);
        for (const reason of Object.keys(dropped) as (keyof Dropped)[]) dropped[reason] += mined.dropped[reason];
        largestStill = Math.max(largestStill, mined.largestStill);
        for (const pair of mined.pairs) {
          await writer.append(bytesOf(frames, pair, size));
          made.push({ id: `${id}@${pair.first.time.toFixed(3)}`, sample });
        }
      } finally {
        frames.dispose();
      }
      onProgress?.(sample + 1, clips.count);
    }
    if (made.length === 0) throw nothingMoves(clips, dropped, largestStill);
    return await writer.commit({
      ...{
        kind: 'patches',
        count: made.length,
        details: { samples: JSON.stringify(made.map(({ sample }) => sample)) },
      },
      ids: made.map(({ id }) => id),
      ...{ labels: null, classes: null, masks: null, splits: made.map(() => null), skipped: [] },
    });
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

/** Both patches as they lie in the file, uint8 (2, size, size, C). */
function bytesOf(frames: Tensor, { first, last }: PatchPair, size: number): Uint8Array {
  const resized = resize({ size });
  return Buffer.concat(
    [first, last].map((place) =>
      scope(() => {
        const patch = cutPatch(frames, place);
        const image = patch.size(1) === size ? patch : asBytes(resized(patch.unsqueeze(0)).select(0, 0));
        return image.permute([1, 2, 0]).contiguous().toBytes();
      }),
    ),
  );
}

const asBytes = (image: Tensor): Tensor => image.mul(255).round().to('uint8');

function checkSignal(signal?: AbortSignal): void {
  if (signal?.aborted)
    throw new AutodidactError('INTERRUPTED', 'Mining patches from the videos was interrupted; nothing was kept');
}

/** A smaller share of moving points is noise. */
const NOISE = 0.01;

function nothingMoves(
  clips: ClipDataset,
  { still, everything, unknown, left }: Dropped,
  largestStill: number,
): AutodidactError {
  const total = still + everything + unknown + left;
  const shareInWords = largestStill > 0 ? ` (the largest share was ${Number(largestStill.toPrecision(2))})` : '';
  const why =
    total === 0
      ? 'no video is longer than a track'
      : `of ${total} frames looked at, ${still} had too few moving points${shareInWords}, ${everything} too many, ${unknown} nothing to follow, and ${left} things left the picture`;
  // Three quarters of the largest share, so that other frames pass as well.
  const fewest = Math.floor(75 * largestStill) / 100;
  const other = fewest >= NOISE ? `fewest=${fewest}` : 'other shares (fewest, most)';
  return new AutodidactError('DATA', `No moving patch was found in ${clips.name}: ${why}`, {
    remedy: `Take videos in which single things move, shorter tracks (track=10), or ${other}.`,
  });
}
