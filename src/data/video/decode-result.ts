import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { freemem } from 'node:os';
import { AutodidactError, ioError } from '../../errors.js';
import type { DecodeOptions } from './decode-arguments.js';
import type { FfmpegLog } from './ffmpeg-log.js';

/** Errors of the system or of the program, which say nothing of the file. */
const SYSTEM_ERRORS =
  /No space left on device|Too many open files|Permission denied|Unrecognized option|Option .* not found|No such filter/i;
/** Errors that a damaged file can bring about as well. */
const MEMORY_ERROR = /Cannot allocate memory|Out of memory/i;
const READ_ERROR = /Input\/output error/i;

/** With less memory than this, what failed for want of memory may not be the file's fault. */
const ENOUGH_MEMORY = 2 ** 28;

/** @throws AutodidactError `IO` for an error that another attempt may not meet */
export async function checkSystem(path: string, { errors }: FfmpegLog, code: number | null): Promise<void> {
  if (code === 0) return;
  const says = (pattern: RegExp): string | undefined => errors.find((line) => pattern.test(line));
  const found = says(SYSTEM_ERRORS) ?? (freemem() < ENOUGH_MEMORY ? says(MEMORY_ERROR) : undefined);
  if (found !== undefined) throw new AutodidactError('IO', `FFmpeg could not decode ${path} now: ${found}`);
  if (says(READ_ERROR) !== undefined) await readThrough(path);
}

/** Reads a whole file. @throws AutodidactError `IO` where the disk refuses */
async function readThrough(path: string): Promise<void> {
  try {
    for await (const _ of createReadStream(path, { highWaterMark: 2 ** 20 }));
  } catch (cause) {
    throw ioError('read', path, cause);
  }
}

/** Why not a single frame was decoded. */
export function whyNothing(log: FfmpegLog, range: DecodeOptions['range']): string {
  if (log.header === null) {
    const isMedia = log.errors.some((line) => /matches no streams|does not contain any stream/i.test(line));
    if (isMedia) return 'it has no stream of moving pictures';
    if (log.errors.some((line) => line.startsWith('Format not on whitelist'))) return 'it is no video';
    return `FFmpeg cannot read it${because(log)}`;
  }
  if (range !== undefined && log.errorCount === 0) return `it has no frame between ${range.from} and ${range.to} s`;
  return `none of its frames can be decoded${because(log)}`;
}

const because = ({ errors }: FfmpegLog): string => (errors.length === 0 ? '' : `: ${errors[0]}`);

/** Share of the announced frames and seconds that may be missing without a word: rates and lengths are rounded. */
const ROUNDING = 0.01;

/** What is missing of a video of which something was kept. */
export function flawOf(
  log: FfmpegLog,
  { kept, most, code, range, framesInHeader }: { kept: number; most: number; code: number | null } & Announced,
): string | null {
  if (kept >= most) return `it is longer than the limit: the first ${kept.toLocaleString('en')} frames are kept`;
  const { decoded, failed } = log;
  const { seconds = null, framesPerSecond = null } = log.header ?? {};
  const announced =
    framesInHeader ?? (seconds === null || framesPerSecond === null ? null : Math.round(seconds * framesPerSecond));
  const isFewer = announced !== null && decoded !== null && decoded < announced * (1 - ROUNDING) - 2;
  // At a variable rate the number is the file's guess, and only what ends early or cannot be decoded is missing.
  const isMissing = framesInHeader !== null || (decoded ?? 0) < (log.packets ?? 0) || endsEarly(log);
  const isShort = range === undefined && isFewer && isMissing;
  if (!isShort && code === 0 && !failed) return null;
  const counted =
    announced === null || decoded === null
      ? `${kept} frames of it could be decoded`
      : `of ${announced} frames that it announces ${decoded} could be decoded`;
  return `${counted}${because(log)}`;
}

interface Announced {
  range?: DecodeOptions['range'];
  /** What the file's header says; null where it has no such number. */
  framesInHeader: number | null;
}

/** How long the last frame may be shown before that is called an early end: the longer. */
const LATE = { seconds: 0.6, share: 0.03 };

/** Whether the last frame comes well before the end that the file announces. */
function endsEarly({ header, times }: FfmpegLog): boolean {
  const seconds = header?.seconds ?? 0;
  return (times.at(-1) ?? 0) < seconds - Math.max(LATE.seconds, LATE.share * seconds);
}

/** The number of frames in the header of an AVI file, which FFmpeg does not tell; null for other files. */
export async function countInHeader(path: string): Promise<number | null> {
  const file = await open(path).catch((cause) => {
    throw ioError('read', path, cause);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(AVI.length), 0, AVI.length, 0);
    const word = (at: number): string => buffer.toString('latin1', at, at + 4);
    const isAvi = bytesRead === AVI.length && word(0) === 'RIFF' && word(8) === 'AVI ' && word(24) === 'avih';
    const count = isAvi ? buffer.readUInt32LE(AVI.countAt) : 0;
    return count > 0 ? count : null;
  } finally {
    await file.close();
  }
}

/** The start of an AVI file: RIFF, size, "AVI ", LIST, size, hdrl, avih, size, and four numbers before the count. */
const AVI = { length: 52, countAt: 48 } as const;

/** As many times as frames, in ascending order: what the file does not say follows at the rate. */
export function ascending(times: readonly number[], count: number, rate: number): Float64Array {
  const found = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const before = i === 0 ? -1 / rate : found[i - 1]!;
    const time = times[i] ?? Number.NaN;
    found[i] = time > before || (i === 0 && Number.isFinite(time)) ? time : before + 1 / rate;
  }
  return found;
}
