/** Moving patches as a data set: mined once from videos, and kept in the cache. */
import { z } from 'zod';
import { resize } from '../augment/index.js';
import { type ClipDataset, openClips, PatchesDataset } from '../data/index.js';
import { PACK_VERSION, type Pack, recordsOf } from '../data/pack-file.js';
import { scope, type Tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import {
  checkWhole,
  limitedAndLabeled,
  type Mined,
  minedPack,
  type OpenMinedOptions,
  samplesIn,
} from './mined-pack.js';
import { minedSpecs } from './mined-spec.js';
import { cutPatch, type Dropped, minePatches, type PatchPair } from './moving-patches.js';
import { type MinerOptions, minerOptions } from './settings.js';

/** `size` is the side of the patches; by default they are kept as they were cut. */
export type OpenPatchesOptions = OpenMinedOptions;

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

/** `patches:<videos>?...` */
export const patchesSpecs = minedSpecs('patches:', options);

/**
 * Opens pairs of patches that show one moving thing at two times: `patches:<videos>?track=30`, with videos as in `openClips`. They are
 * mined once, see `minePatches`, and kept in a pack under a key of the videos and all parameters.
 *
 * @throws AutodidactError `DATA` when nothing moves by itself, `USAGE`, and what `openClips` throws
 */
export async function openPatches(spec: string, asked: OpenPatchesOptions = {}): Promise<PatchesDataset> {
  const { size, mostSize = Number.POSITIVE_INFINITY, limit, labels: _, onProgress: __, ...quiet } = asked;
  checkWhole({ size, limit });
  const { videos, query } = patchesSpecs.parse(spec);
  const frame = query.frame === undefined ? {} : { size: query.frame };
  const clips = await openClips(videos, { ...quiet, ...frame, frames: 1, fps: query.rate });
  const miner = minerFor(query, clips);
  const pack = await packPatches(clips, miner, size ?? Math.min(miner.side, mostSize), asked);
  const { ids, fingerprint, details } = pack.index;
  const samples = samplesIn(details);
  const info = { ...clips.infoOf(samples), name: `patches of ${clips.name}`, ids, fingerprint };
  const numbers = samples.map((sample) => clips.videoOf(sample));
  return limitedAndLabeled(new PatchesDataset(info, recordsOf(pack), numbers), asked, videos);
}

function minerFor({ patch, track, every, least, fewest, most, camera }: PatchQuery, clips: ClipDataset): MinerOptions {
  const { height } = clips.clipForm;
  const side = patch ?? Math.max(8, Math.round(PATCH_SHARE * height));
  const isCameraRemoved = camera === 'remove';
  return minerOptions.parse({ side, frames: track, every, least, fewest, most, isCameraRemoved });
}

function packPatches(clips: ClipDataset, miner: MinerOptions, size: number, asked: OpenPatchesOptions): Promise<Pack> {
  const dropped: Dropped = { still: 0, everything: 0, unknown: 0, left: 0 };
  let largestStill = 0;
  const mining = {
    ...{ task: 'Mining patches from the videos', kind: 'patches' },
    key: [MINER, PACK_VERSION, clips.fingerprint, miner, size],
    layout: { dtype: 'uint8' as const, shape: [2, size, size, clips.clipForm.channels], isVarying: false },
    mostIn: (frames: number) => Math.ceil(frames / miner.every),
    async find(frames: Tensor, video: number): Promise<Mined[]> {
      const mined = await minePatches({ id: clips.ids[video]!, frames, times: clips.timesOf(video) }, miner);
      for (const reason of Object.keys(dropped) as (keyof Dropped)[]) dropped[reason] += mined.dropped[reason];
      largestStill = Math.max(largestStill, mined.largestStill);
      return mined.pairs.map((pair) => ({ time: pair.first.time, bytes: () => bytesOf(frames, pair, size) }));
    },
    nothing: () => nothingMoves(clips, dropped, largestStill),
  };
  return minedPack(clips, mining, asked);
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
