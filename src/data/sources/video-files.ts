import { extname } from 'node:path';
import { AutodidactError } from '../../errors.js';
import { drawPart } from '../draw.js';
import { defaultSide } from '../pack.js';
import { decodeVideo, readVideoHeader, VIDEO_DECODER } from '../video/decode-video.js';
import { ensureFfmpeg } from '../video/ffmpeg.js';
import type { FileKind } from './folder-listing.js';
import { fileIdentity, type Skipped } from './source.js';
import type { VideoEntry, VideoPart, VideoSource } from './video-source.js';

export const VIDEO_FILES: FileKind = {
  noun: 'videos',
  endings:
    '.mp4 .m4v .mov .qt .avi .mkv .webm .mpg .mpeg .m2v .vob .ts .mts .m2ts .wmv .asf .flv .f4v .ogv .3gp .3g2 .rm .mxf .dv .y4m .h264 .hevc'.split(
      ' ',
    ),
};

/** Whether a file is called like a video. */
export const isVideoName = (name: string): boolean => VIDEO_FILES.endings.includes(extname(name).toLowerCase());

/** A video in a file of its own, or its parts. */
export interface VideoFile {
  id: string;
  path: string;
  parts: readonly VideoPart[];
}

/** What listing found. */
export interface VideoListing {
  name: string;
  kind: string;
  classes: readonly string[] | null;
  files: readonly VideoFile[];
  skipped: readonly Skipped[];
  note?: string;
}

/** Videos whose headers are read to tell the side of all. */
const SURVEYED = 32;

/** Videos in files that FFmpeg decodes. */
export function videoFiles({ files, ...listing }: VideoListing): VideoSource {
  return {
    ...listing,
    entries: files.map(({ id, parts }): VideoEntry => ({ id, parts })),

    shape: null,

    async identity(entry) {
      const { path, parts } = files[entry]!;
      return JSON.stringify([VIDEO_DECODER, await fileIdentity(path), spanOf(parts) ?? null]);
    },

    async usualShape(entries, signal) {
      const ffmpeg = await ensureFfmpeg();
      const headers: { height: number; width: number }[] = [];
      for (const place of drawPart(entries.length, SURVEYED)) {
        if (signal?.aborted) throw new AutodidactError('INTERRUPTED', 'Reading the videos was interrupted');
        const header = await readVideoHeader(files[entries[place]!]!.path, ffmpeg);
        if (header !== null) headers.push(header);
      }
      const side = defaultSide(headers);
      return { height: side, width: side, channels: 3 };
    },

    async read(entry, options, onFrame) {
      const { path, parts } = files[entry]!;
      const range = spanOf(parts);
      const ffmpeg = await ensureFfmpeg();
      return decodeVideo(path, { ...options, ffmpeg, ...(range && { range }) }, onFrame);
    },
  };
}

/** From the first to the last second that the parts need; undefined for a whole video. */
function spanOf(parts: readonly VideoPart[]): { from: number; to: number } | undefined {
  const ranges = parts.flatMap(({ range }) => (range === undefined ? [] : [range]));
  if (ranges.length < parts.length) return undefined;
  return ranges.reduce((all, { from, to }) => ({ from: Math.min(all.from, from), to: Math.max(all.to, to) }));
}
