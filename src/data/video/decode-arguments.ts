import type { PixelShape } from '../decode.js';
import type { Ffmpeg } from './ffmpeg.js';

export interface DecodeOptions {
  ffmpeg: Ffmpeg;
  /** The size of the frames; 1 or 3 channels. */
  shape: PixelShape;
  /** `crop` (the default) takes the square in the middle of the picture; `whole` scales the whole picture. */
  fit?: 'crop' | 'whole';
  /** Frames per second to keep at most: the first in each interval. */
  rate: number;
  /** Seconds from the start of the file; frames outside are not kept. */
  range?: { from: number; to: number };
  signal?: AbortSignal;
  limits?: Partial<DecodeLimits>;
  /** Called with the share of the file that is done, where its length is known. */
  onProgress?(share: number): void;
}

/** What one file may take. */
export interface DecodeLimits {
  /** Frames that are kept. */
  frames: number;
  /** Bytes of the frames that are kept. */
  bytes: number;
  /** Milliseconds without a word from FFmpeg. */
  silence: number;
  /** Pixels of one picture. */
  pixels: number;
}

export const LIMITS: DecodeLimits = { frames: 1_000_000, bytes: 2 ** 36, silence: 10 * 60_000, pixels: 2 ** 26 };

/** Demuxers of files with moving pictures: none that opens other files or addresses, as play lists do. */
const FORMATS =
  'mov,matroska,webm,avi,mpeg,mpegts,mpegvideo,m4v,flv,ogg,asf,gif,h264,hevc,ivf,nut,yuv4mpegpipe,rm,mxf,dv,wtv,vc1,obu';

/** What FFmpeg reads, and how. */
export function inputArguments(path: string, { pixels }: DecodeLimits): string[] {
  const only = ['-protocol_whitelist', 'file,pipe', '-format_whitelist', FORMATS];
  return [...only, '-max_pixels', String(pixels), '-i', `file:${path}`];
}

/** The first releases with `-fps_mode` in place of `-vsync`, and with a `showinfo` that need not sum up the pixels. */
const SINCE = { fpsMode: [5, 1], showinfoWithoutSums: [4, 2] } as const;

/** Builds that do not say their release are taken for new. */
const knows = ({ release }: Ffmpeg, [major, minor]: readonly [number, number]): boolean =>
  release === null || release[0] > major || (release[0] === major && release[1] >= minor);

/**
 * The arguments with which FFmpeg writes frames to its output, and says on stderr when each is shown.
 *
 * @param most frames that are kept
 */
export function decodeArguments(
  path: string,
  { ffmpeg, shape: { height, width, channels }, fit = 'crop', rate, range }: DecodeOptions,
  most: number,
  limits: DecodeLimits,
): string[] {
  // A frame's interval is counted from the start of the file; a thousandth forgives rounded times.
  const place = (time: string): string => `floor(${time}*${rate}+0.001)`;
  const isDue = `isnan(prev_selected_t)+gt(${place('t')},${place('prev_selected_t')})`;
  const filters = [
    // The trim filter ends the reading, too.
    ...(range === undefined ? [] : [`trim=start=${range.from}:end=${range.to}`]),
    `select='${isDue}'`,
    ...(fit === 'crop' ? ["crop=w='min(iw,ih/sar)':h='min(ih,iw*sar)'"] : []),
    `scale=${width}:${height}`,
    'setsar=1',
    `format=${channels === 1 ? 'gray' : 'rgb24'}`,
    // Says when a frame is shown. Sums over its pixels would take a third of all time.
    knows(ffmpeg, SINCE.showinfoWithoutSums) ? 'showinfo=checksum=0' : 'showinfo',
  ];
  return [
    ...['-hide_banner', '-v', 'level+verbose', '-nostdin', '-nostats'],
    ...inputArguments(path, limits),
    // The first stream of moving pictures: covers and thumbnails do not count.
    ...['-map', '0:V:0', knows(ffmpeg, SINCE.fpsMode) ? '-fps_mode' : '-vsync', 'passthrough'],
    ...['-frames:v', String(most)],
    ...['-vf', filters.join(','), '-f', 'rawvideo', 'pipe:1'],
  ];
}
