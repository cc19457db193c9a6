/** Frames with the masks of what moves in them as a data set: mined once from videos, and kept in the cache. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ClipDataset, ImageDataset, openClips } from '../data/index.js';
import { PACK_VERSION, type Pack, recordsOf } from '../data/pack-file.js';
import { PairDataset } from '../data/pair-dataset.js';
import { PackedRecords } from '../data/records.js';
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
import { movingMask } from './moving-masks.js';
import { grayPictures } from './picture.js';
import { maskOptions } from './settings.js';

export type OpenMovingMasksOptions = OpenMinedOptions;

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

/** `moving:<videos>?...` */
export const movingSpecs = minedSpecs('moving:', options);

/**
 * Opens aligned pairs of what moves in a frame, one channel from 0 to 255, and the frame: `moving:<videos>?every=10`, with videos as in
 * `openClips`. They are found once, see `movingMask`, and kept in a pack under a key of the videos and all parameters. Ids are those of the
 * videos and the frame's time.
 *
 * @throws AutodidactError `DATA` when nothing moves by itself, `USAGE`, and what `openClips` throws
 */
export async function openMovingMasks(spec: string, asked: OpenMovingMasksOptions = {}): Promise<PairDataset> {
  const { limit, labels: _, onProgress: __, ...quiet } = asked;
  checkWhole({ limit });
  const { videos, query } = movingSpecs.parse(spec);
  const clips = await openClips(videos, { ...quiet, frames: 1, fps: query.rate });
  const pack = await packMasks(clips, query, asked);
  return limitedAndLabeled(PairDataset.aligned(masksOf(pack, clips), framesOf(pack, clips)), asked, videos);
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

function packMasks(clips: ClipDataset, query: MovingQuery, asked: OpenMovingMasksOptions): Promise<Pack> {
  const { height, width, channels } = clips.clipForm;
  const miner = JSON.stringify([MINER, query]);
  const finder = { ...maskOptions.parse(query), isCameraRemoved: query.cameraMotion === 'remove' };
  const dropped: Dropped = { still: 0, everything: 0, unknown: 0 };
  const mining = {
    ...{ task: 'Looking for what moves', kind: 'moving' },
    key: [miner, PACK_VERSION, clips.fingerprint],
    layout: { dtype: 'uint8' as const, shape: [height, width, channels], isVarying: false },
    masks: { classes: ['still', 'moving'], shape: [height, width] as [number, number] },
    mostIn: (frames: number) => startsIn(frames, query).length,
    async find(frames: Tensor, video: number): Promise<Mined[]> {
      const pictures = grayPictures(frames);
      const starts = startsIn(pictures.length, query);
      const found = await Promise.all(starts.map((frame) => movingMask(pictures, frame, finder)));
      return starts.flatMap((frame, i) => {
        const mask = found[i]!;
        const reason = mask === null ? 'unknown' : whyDropped(mask, query);
        if (reason !== null) dropped[reason]++;
        if (mask === null || reason !== null) return [];
        const bytes = () => scope(() => frames.select(0, frame).permute([1, 2, 0]).contiguous().toBytes());
        return [{ time: clips.timesOf(video)[frame]!, bytes, mask }];
      });
    },
    details: () => ({ miner }),
    nothing: () => nothingMoves(clips, dropped),
  };
  return minedPack(clips, mining, asked);
}

/** Frames that became no sample, by the reason. */
type Dropped = Record<'still' | 'everything' | 'unknown', number>;

/** Frames that are looked at, in the middle of parts of equal length. */
function startsIn(length: number, { every }: MovingQuery): number[] {
  return Array.from({ length: Math.floor(length / every) }, (_, i) => i * every + (every >> 1));
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
