import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { AutodidactError } from '../../errors.js';
import { annotatedFrames, isAnnotated } from '../sources/annotated-frames.js';
import { FETCHED, fetchedVideos } from '../sources/fetched-videos.js';
import { frameFolders } from '../sources/frame-folders.js';
import { parseQuery } from '../sources/query.js';
import { isSyntheticSprites, spriteSource } from '../sources/synthetic-sprites.js';
import { isVideoName } from '../sources/video-files.js';
import { holdsVideos, isTable, listsVideos, singleVideo, videoFolder, videoTable } from '../sources/video-folder.js';
import type { VideoSource } from '../sources/video-source.js';

const PREFIX = 'clips:';

const options = z.object({
  frames: z
    .string()
    .optional()
    .describe('Take the frames as images, so that methods of images learn from them: `clips:./videos?frames`'),
  fps: z.coerce.number().positive().max(1000).default(2).describe('With `frames`: frames taken per second of a video'),
  stretch: z.coerce
    .number()
    .min(0)
    .optional()
    .describe(
      'Seconds: longer videos are cut into samples of about this length; 0 never cuts. By default 10, or twice the length of a clip',
    ),
  frameRate: z.coerce
    .number()
    .positive()
    .max(1000)
    .default(25)
    .describe('Frames per second at which folders of frames were taken'),
});

/** What a person typed for videos. */
export interface VideoSpec {
  path: string;
  /** Whether the frames are wanted as images. */
  isImages: boolean;
  fps: number;
  stretch: number | undefined;
  frameRate: number;
}

/** Takes `clips:<path>?<options>` apart; a question mark may be part of a path that exists. A plain path stands for itself. */
export function parseVideoSpec(spec: string): VideoSpec {
  const rest = spec.startsWith(PREFIX) ? spec.slice(PREFIX.length) : spec;
  const at = existsSync(rest) || !spec.startsWith(PREFIX) ? -1 : rest.lastIndexOf('?');
  const [path, query] = at < 0 ? [rest, ''] : [rest.slice(0, at), rest.slice(at + 1)];
  const { frames, ...others } = parseQuery(options, query, spec);
  return { path, isImages: frames !== undefined && frames !== 'false', ...others, stretch: others.stretch };
}

/** Whether a data spec names the frames of videos as images. */
export function namesVideoFrames(spec: string): boolean {
  return spec.startsWith(PREFIX) && /[?&]frames\b/.test(spec) && parseVideoSpec(spec).isImages;
}

/** Whether a path stands for the videos that `data fetch videos` brings: a file or folder of that name comes first. */
const isFetched = (path: string): boolean => path === FETCHED && !existsSync(path);

/** Whether a data spec names videos: by the prefix, or a path to videos. */
export async function namesVideos(spec: string): Promise<boolean> {
  if (isSyntheticSprites(spec) || isFetched(spec)) return true;
  if (spec.startsWith(PREFIX)) return !namesVideoFrames(spec);
  const entry = await stat(spec).catch(() => null);
  if (entry === null) return false;
  if (entry.isDirectory()) return (await isAnnotated(spec)) || holdsVideos(spec);
  return isVideoName(spec) || (isTable(spec) && (await listsVideos(spec)));
}

/** The spec with its path made absolute. */
export function resolveVideoSpec(spec: string): string {
  if (!spec.startsWith(PREFIX)) return existsSync(spec) ? resolve(spec) : spec;
  const { path } = parseVideoSpec(spec);
  return existsSync(path) ? `${PREFIX}${resolve(path)}${spec.slice(PREFIX.length + path.length)}` : spec;
}

/**
 * Finds out what a spec stands for, and lists its videos without decoding them.
 * @throws AutodidactError `NOT_FOUND`, `DATA`, `USAGE`, `IO`
 */
export async function openVideoSource(
  spec: string,
  asked: { size?: number; mostSize?: number; cacheFolder?: string } = {},
): Promise<VideoSource> {
  if (isSyntheticSprites(spec)) return spriteSource(spec, asked);
  const { path, frameRate } = parseVideoSpec(spec);
  if (isFetched(path)) return fetchedVideos(asked.cacheFolder);
  const entry = await stat(path).catch(() => null);
  if (entry === null)
    throw new AutodidactError('NOT_FOUND', `There is no data ${spec}: no file or folder ${path}`, {
      remedy: 'Give a folder of videos, one with a folder of frames for each video, a table, or a video.',
    });
  if (entry.isDirectory()) {
    if (await isAnnotated(path)) return annotatedFrames(path, frameRate);
    return (await holdsVideos(path)) ? videoFolder(path) : frameFolders(path, frameRate);
  }
  return isTable(path) ? videoTable(path) : singleVideo(path);
}
