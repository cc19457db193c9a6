/** Pairs of frames with the motion of the camera as a data set: mined once from videos, and kept in the cache. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { CameraDataset, type ClipDataset, type Motion, openClips } from '../data/index.js';
import { PACK_VERSION, type Pack, recordsOf } from '../data/pack-file.js';
import { ops, scope, type Tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { egomotion, type UnknownMotion } from './egomotion.js';
import {
  checkWhole,
  limitedAndLabeled,
  type Mined,
  minedPack,
  type OpenMinedOptions,
  samplesIn,
} from './mined-pack.js';
import { minedSpecs } from './mined-spec.js';
import { grayPictures } from './picture.js';
import { egomotionOptions } from './settings.js';

export type OpenCameraOptions = OpenMinedOptions;

/** Options of `camera:<videos>?...`; what is not named here belongs to the videos. */
const options = z.object({
  rate: z.coerce.number().positive().max(1000).default(10).describe('Frames per second that are compared, at most'),
  apart: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(3)
    .describe('Frames from the first of a pair to the second'),
  every: z.coerce.number().int().min(1).max(10_000).default(3).describe('Frames from one pair to the next'),
  threshold: z.coerce
    .number()
    .gt(0)
    .max(10_000)
    .default(1)
    .describe('A pixel that is farther from its place under the motion of the camera disagrees; in pixels'),
  fewest: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Pairs of which a smaller share of pixels agrees are dropped'),
  least: z.coerce
    .number()
    .min(0)
    .max(10_000)
    .default(1)
    .describe('Pairs between which the camera moves pixels by less on average are dropped'),
});

type CameraQuery = z.output<typeof options>;

/** Raised whenever the same videos would give other motions. */
const MINER = 'camera-1';

/** `camera:<videos>?...` */
export const cameraSpecs = minedSpecs('camera:', options);

/**
 * Opens pairs of frames of one video between which the camera moved, and how: `camera:<videos>?apart=3`, with videos as in `openClips`.
 * They are found once, see `egomotion`, and kept in a pack under a key of the videos and all parameters. Ids are those of the videos and the
 * time of the first frame.
 *
 * @throws AutodidactError `DATA` when the camera moves in no video, `USAGE`, and what `openClips` throws
 */
export async function openCamera(spec: string, asked: OpenCameraOptions = {}): Promise<CameraDataset> {
  const { limit, labels: _, onProgress: __, ...quiet } = asked;
  checkWhole({ limit });
  const { videos, query } = cameraSpecs.parse(spec);
  const clips = await openClips(videos, { ...quiet, frames: 1, fps: query.rate });
  const pack = await packPairs(clips, query, asked);
  const { ids, fingerprint, details } = pack.index;
  const own = createHash('sha256').update(`${fingerprint} ${details.motions}`).digest('hex');
  const info = { ...clips.infoOf(samplesIn(details)), name: `camera motion of ${clips.name}`, ids, fingerprint: own };
  const motions = JSON.parse(String(details.motions)) as Motion[];
  return limitedAndLabeled(new CameraDataset(info, recordsOf(pack), motions), asked, videos);
}

function packPairs(clips: ClipDataset, query: CameraQuery, asked: OpenCameraOptions): Promise<Pack> {
  const { height, width, channels } = clips.clipForm;
  const rule = egomotionOptions.parse({ threshold: query.threshold, fewest: query.fewest, least: query.least });
  const motions: Motion[] = [];
  const dropped: Dropped = { still: 0, unknown: 0, cut: 0 };
  const mining = {
    ...{ task: 'Looking for the motion of the camera', kind: 'camera' },
    key: [MINER, PACK_VERSION, clips.fingerprint, query, rule],
    layout: { dtype: 'uint8' as const, shape: [2, height, width, channels], isVarying: false },
    mostIn: (frames: number) => startsIn(frames, query).length,
    async find(frames: Tensor, video: number): Promise<Mined[]> {
      const pictures = grayPictures(frames);
      const starts = startsIn(pictures.length, query);
      const found = await Promise.all(
        starts.map((start) => egomotion(pictures[start]!, pictures[start + query.apart]!, rule)),
      );
      return found.flatMap((motion, i) => {
        if (typeof motion === 'string') {
          dropped[motion]++;
          return [];
        }
        motions.push(motion);
        const pair = [starts[i]!, starts[i]! + query.apart];
        return [{ time: clips.timesOf(video)[starts[i]!]!, bytes: () => bytesOf(frames, pair) }];
      });
    },
    details: () => ({ motions: JSON.stringify(motions) }),
    nothing: () => nothingMoves(clips, dropped),
  };
  return minedPack(clips, mining, asked);
}

/** Pairs that became no sample, by the reason. */
type Dropped = Record<UnknownMotion, number>;

/** The first frames of the pairs in a video of so many frames. */
function startsIn(length: number, { apart, every }: CameraQuery): number[] {
  return Array.from({ length: Math.max(0, Math.ceil((length - apart) / every)) }, (_, i) => i * every);
}

/** Both frames as they lie in the file, uint8 (2, H, W, C). */
function bytesOf(frames: Tensor, pair: readonly number[]): Uint8Array {
  return scope(() => {
    const pictures = pair.map((frame) => frames.select(0, frame));
    return ops.stack(pictures, 0).permute([0, 2, 3, 1]).contiguous().toBytes();
  });
}

function nothingMoves(clips: ClipDataset, { still, unknown, cut }: Dropped): AutodidactError {
  const total = still + unknown + cut;
  const why =
    total === 0
      ? 'no video is long enough for a pair'
      : `of ${total} pairs of frames looked at, the camera was still in ${still}, too few points agreed on its motion in ${unknown}, and a cut lay within ${cut}`;
  return new AutodidactError('DATA', `No motion of the camera was found in ${clips.name}: ${why}`, {
    remedy:
      'Take videos by a moving camera, frames farther apart (apart=10), or other bounds (least, fewest, threshold).',
  });
}
