/** Our side of packing.ts: many small videos in a row, or a long one. Prints what the process needs besides, in one line of JSON. */
import { existsSync, readdirSync } from 'node:fs';
import { openClips } from '../../src/data/index.js';
import { decodeVideo } from '../../src/data/video/decode-video.js';
import { ensureFfmpeg } from '../../src/data/video/ffmpeg.js';
import { memory, resetPeakMemory } from '../../src/engine/index.js';

export interface EnduranceConfig {
  video: string;
  /** Decodes the video so many times; without it, packs the video once. */
  files?: number;
  /** Side of the frames. */
  size: number;
  /** Frames that are kept of a second. */
  rate: number;
  /** For the pack. */
  folder: string;
}

export interface Endured {
  /** Open descriptors; null where the system does not list them. */
  descriptors: { before: number; after: number } | null;
  bytes: { before: number; after: number; most: number };
  seconds: number;
}

/** Decodings before the first look: what the process needs once is there. */
const WARMUP = 20;

const { video, files, size, rate, folder } = JSON.parse(process.argv[2]!) as EnduranceConfig;
const ffmpeg = await ensureFfmpeg();

async function decodeMany(times: number): Promise<void> {
  const shape = { height: size, width: size, channels: 3 };
  for (let i = 0; i < times; i++) {
    const result = await decodeVideo(video, { ffmpeg, shape, rate }, async () => {});
    if ('reason' in result) throw new Error(result.reason);
  }
}

function look(): { descriptors: number | null; bytes: number } {
  const descriptors = existsSync('/dev/fd') ? readdirSync('/dev/fd').length : null;
  return { descriptors, bytes: memory().residentBytes };
}

if (files !== undefined) await decodeMany(WARMUP);
const before = look();
resetPeakMemory();
const began = performance.now();
if (files !== undefined) await decodeMany(files);
else await openClips(video, { cacheFolder: folder, size, fps: rate, frames: 8 });
const seconds = (performance.now() - began) / 1000;
const after = look();
const endured: Endured = {
  descriptors:
    before.descriptors === null || after.descriptors === null
      ? null
      : { before: before.descriptors, after: after.descriptors },
  bytes: { before: before.bytes, after: after.bytes, most: memory().peakResidentBytes },
  seconds,
};
process.stdout.write(`${JSON.stringify(endured)}\n`);
