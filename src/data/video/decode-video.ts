import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { AutodidactError, ioError } from '../../errors.js';
import { saysMissing } from '../regular-file.js';
import { whyNoFile } from '../sources/manifest.js';
import { type DecodeOptions, decodeArguments, inputArguments, LIMITS } from './decode-arguments.js';
import { ascending, checkSystem, countInHeader, flawOf, whyNothing } from './decode-result.js';
import type { Ffmpeg } from './ffmpeg.js';
import { FfmpegLog, type VideoHeader } from './ffmpeg-log.js';

/** Part of the key of every pack of videos: changes when the same file decodes to other frames. */
export const VIDEO_DECODER = 'ffmpeg-1';

/** A video that was decoded, as far as that went. */
export interface Decoded {
  /** When each frame is shown, in seconds from the start of the file; ascending. */
  times: Float64Array;
  /** Why frames are missing, with their numbers; null for a whole video. */
  flaw: string | null;
}

/**
 * Decodes a video from its first to its last frame in one pass, without seeking, in a child process. Each frame keeps the time at which the
 * file shows it; rotation and pixels that are not square are applied.
 *
 * @param onFrame is given each frame as soon as it is there, uint8 (H, W, C) in a buffer that is used again, and waited for
 * @returns the times; or `reason` when not a single frame could be had
 * @throws AutodidactError `IO` when the system is at fault or FFmpeg was killed, `NOT_FOUND` when it is gone, `INTERRUPTED`
 */
export async function decodeVideo(
  path: string,
  options: DecodeOptions,
  onFrame: (frame: Uint8Array) => Promise<void>,
): Promise<Decoded | { reason: string }> {
  const refusal = await whyUnreadable(path);
  if (refusal !== null) return { reason: refusal };
  const framesInHeader = await countInHeader(path);
  const limits = { ...LIMITS, ...options.limits };
  const frameBytes = options.shape.height * options.shape.width * options.shape.channels;
  const most = Math.max(1, Math.min(limits.frames, Math.floor(limits.bytes / frameBytes)));
  const child = start(options.ffmpeg, decodeArguments(path, options, most, limits), 'pipe');
  const log = new FfmpegLog();
  let silent = false;
  const kill = (): void => void child.kill('SIGKILL');
  const watch = watchdog(limits.silence, () => {
    silent = true;
    kill();
  });
  options.signal?.addEventListener('abort', kill);
  if (options.signal?.aborted) kill();
  const ended = endOf(child, options.ffmpeg, (text) => {
    watch.heard();
    log.add(text);
    // Its last words come after its last frame.
  }).finally(() => watch.stop());
  // It may fail while frames are waited for; it is asked about below.
  ended.catch(() => {});
  let kept = 0;
  try {
    const frame = Buffer.alloc(frameBytes);
    let filled = 0;
    for await (const piece of child.stdout as AsyncIterable<Buffer>) {
      watch.heard();
      for (let at = 0; at < piece.length; ) {
        const taken = piece.copy(frame, filled, at, at + frameBytes - filled);
        at += taken;
        filled += taken;
        if (filled < frameBytes) continue;
        filled = 0;
        kept++;
        await onFrame(frame);
        options.onProgress?.(share(log));
      }
    }
  } catch (error) {
    kill();
    await ended.catch(() => {});
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', kill);
  }
  const { code, signal } = await ended;
  log.end();
  if (options.signal?.aborted) throw new AutodidactError('INTERRUPTED', `Decoding ${path} was interrupted`);
  if (signal !== null && !silent) throw killed(path, signal);
  await checkSystem(path, log, code);
  if (silent) log.errors.unshift(`no frame came for ${Math.round(limits.silence / 1000)} s`);
  if (kept === 0) return { reason: whyNothing(log, options.range) };
  return {
    times: ascending(log.times, kept, options.rate),
    flaw: flawOf(log, { kept, most, code, framesInHeader, range: options.range }),
  };
}

/**
 * What a file announces of its pictures, without decoding them; null when it has none or cannot be read.
 * @throws AutodidactError as `decodeVideo`
 */
export async function readVideoHeader(path: string, ffmpeg: Ffmpeg): Promise<VideoHeader | null> {
  if ((await whyUnreadable(path)) !== null) return null;
  const child = start(
    ffmpeg,
    ['-hide_banner', '-v', 'level+verbose', '-nostdin', ...inputArguments(path, LIMITS)],
    'ignore',
  );
  const log = new FfmpegLog();
  const watch = watchdog(LIMITS.silence, () => void child.kill('SIGKILL'));
  const { signal } = await endOf(child, ffmpeg, (text) => log.add(text)).finally(() => watch.stop());
  if (signal !== null) throw killed(path, signal);
  log.end();
  const { header } = log;
  return header !== null && header.width > 0 && header.height > 0 ? header : null;
}

type Child = ChildProcessByStdio<null, Readable | null, Readable>;

function start(ffmpeg: Ffmpeg, args: readonly string[], output: 'pipe' | 'ignore'): Child {
  // When this process ends, however it does, the pipes close and FFmpeg ends at its next frame.
  return spawn(ffmpeg.path, args, { stdio: ['ignore', output, 'pipe'] }) as Child;
}

function endOf(
  child: Child,
  ffmpeg: Ffmpeg,
  onText: (text: string) => void,
): Promise<{ code: number | null; signal: string | null }> {
  child.stderr.setEncoding('utf8').on('data', onText);
  return new Promise((settle, fail) => {
    child.on('error', (cause) =>
      fail(saysMissing(cause) ? missing(ffmpeg, cause) : ioError('start', ffmpeg.path, cause)),
    );
    child.on('close', (code, signal) => settle({ code, signal }));
  });
}

function missing({ path, source }: Ffmpeg, cause: unknown): AutodidactError {
  return new AutodidactError('NOT_FOUND', `The ffmpeg program ${path} is gone (${source})`, {
    remedy: 'Install FFmpeg again, or run the command once more to have a private copy fetched.',
    cause,
  });
}

function killed(path: string, signal: string): AutodidactError {
  return new AutodidactError('IO', `FFmpeg was ended by ${signal} while it decoded ${path}; nothing of it was kept`, {
    remedy:
      signal === 'SIGKILL' ? 'The system may be short of memory: end other programs, then run this again.' : undefined,
  });
}

/** Calls `onSilence` when nothing was heard for so long. What is heard after `stop` starts nothing: it would keep the process alive. */
function watchdog(milliseconds: number, onSilence: () => void) {
  let timer: NodeJS.Timeout | null = setTimeout(onSilence, milliseconds);
  return {
    heard(): void {
      if (timer === null) return;
      clearTimeout(timer);
      timer = setTimeout(onSilence, milliseconds);
    },
    stop(): void {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

/** Why a path cannot be a video, null when it may be one. @throws AutodidactError `IO` for a file that may not be read now */
async function whyUnreadable(path: string): Promise<string | null> {
  const reason = await whyNoFile(path);
  if (reason !== null) return reason;
  await access(path, constants.R_OK).catch((cause) => {
    throw ioError('read', path, cause);
  });
  return (await stat(path)).size === 0 ? 'it is empty' : null;
}

/** How far FFmpeg has come; 0 where the file does not say how long it is. */
function share({ header, times }: FfmpegLog): number {
  const last = times.at(-1) ?? 0;
  return header?.seconds && last > 0 ? Math.min(1, last / header.seconds) : 0;
}
