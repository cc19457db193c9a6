/**
 * WAV files: linear samples of 8, 16, 24 or 32 bits and floating-point samples, with any number of channels. Headers are read without
 * the samples, and samples in pieces.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { AutodidactError, ioError } from '../errors.js';

export interface WaveFile {
  path: string;
  /** Samples per second. */
  rate: number;
  channels: number;
  /** Samples of each channel. */
  length: number;
  /** Byte at which the samples begin. */
  start: number;
  encoding: Encoding;
}

/** How a number is stored. */
interface Encoding {
  bytes: number;
  /** In steps of 16 bits: full scale is 32,768. */
  read(content: Buffer, at: number): number;
}

const FULL_SCALE = 32_768;

/** By format code and bits. */
const ENCODINGS: Readonly<Record<string, Encoding>> = {
  '1 8': { bytes: 1, read: (content, at) => (content[at]! - 128) * 256 },
  '1 16': { bytes: 2, read: (content, at) => content.readInt16LE(at) },
  '1 24': { bytes: 3, read: (content, at) => content.readIntLE(at, 3) / 2 ** 8 },
  '1 32': { bytes: 4, read: (content, at) => content.readInt32LE(at) / 2 ** 16 },
  '3 32': { bytes: 4, read: (content, at) => content.readFloatLE(at) * FULL_SCALE },
  '3 64': { bytes: 8, read: (content, at) => content.readDoubleLE(at) * FULL_SCALE },
};

/** The format code that stands for another one, in the extension of the header. */
const EXTENSIBLE = 0xfffe;
/** Size of the samples where the header does not say it: of files above 4 GiB, and of those that were written to a pipe. */
const UNKNOWN_SIZE = 0xffff_ffff;

/** Chunks before the samples; no file that is not made up has as many. */
const MOST_CHUNKS = 1000;

/** A file that is damaged or of a kind that is not read: it is left out, with the message as the reason. */
export class UnreadableWave extends Error {}

/**
 * Reads the header of a file.
 * @throws UnreadableWave, or AutodidactError `IO`
 */
export function openWave(path: string): Promise<WaveFile> {
  return reading(path, async (file, size) => {
    const riff = await bytesAt(file, 0, 12);
    const isWave = /^(RIFF|RF64)....WAVE$/s.test(riff.toString('latin1'));
    if (!isWave) throw new UnreadableWave(size === 0 ? 'empty' : 'no WAV file');
    let format: Buffer | null = null;
    let at = 12;
    for (let chunk = 0; chunk < MOST_CHUNKS && at + 8 <= size; chunk++) {
      const head = await bytesAt(file, at, 8);
      const [name, length] = [head.toString('latin1', 0, 4), head.readUInt32LE(4)];
      at += 8;
      if (name === 'fmt ') format = await bytesAt(file, at, Math.min(length, 26));
      if (name === 'data') return described(path, format, at, length, size);
      at += length + (length % 2);
    }
    throw new UnreadableWave('damaged: no samples follow its header');
  });
}

function described(path: string, format: Buffer | null, start: number, stated: number, size: number): WaveFile {
  if (format === null || format.length < 16)
    throw new UnreadableWave('damaged: its header does not say how the samples are stored');
  const isExtensible = format.readUInt16LE(0) === EXTENSIBLE && format.length >= 26;
  const code = format.readUInt16LE(isExtensible ? 24 : 0);
  const [channels, rate] = [format.readUInt16LE(2), format.readUInt32LE(4)];
  const bits = format.readUInt16LE(14);
  const encoding = ENCODINGS[`${code} ${bits}`];
  if (encoding === undefined) throw new UnreadableWave(`of a kind that is not read: format ${code}, ${bits} bits`);
  if (channels === 0 || rate === 0) throw new UnreadableWave('damaged: its header names no rate or no channels');
  const there = size - start;
  if (stated !== UNKNOWN_SIZE && stated > there)
    throw new UnreadableWave(`cut off: ${there} of ${stated} bytes of samples are there`);
  const length = Math.floor(Math.min(stated, there) / (channels * encoding.bytes));
  if (length === 0) throw new UnreadableWave('it holds no samples');
  return { path, rate, channels, length, start, encoding };
}

/**
 * Samples `from` to before `from + count` in 16 bits; several channels are averaged.
 * @throws AutodidactError `DATA` for a sample that is not a number, `IO`
 */
export function readWave(wave: WaveFile, from: number, count: number): Promise<Int16Array> {
  const { path, channels, start, encoding } = wave;
  const frame = channels * encoding.bytes;
  return reading(path, async (file) => {
    const content = await bytesAt(file, start + from * frame, count * frame);
    if (content.length < count * frame) throw new AutodidactError('IO', `${path} became shorter while it was read`);
    const samples = new Int16Array(count);
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++)
        sum += encoding.read(content, i * frame + channel * encoding.bytes);
      if (Number.isNaN(sum))
        throw new AutodidactError('DATA', `Sample ${from + i} of ${path} is not a number`, {
          remedy: 'Repair the file, or take it out of the folder.',
        });
      samples[i] = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sum / channels)));
    }
    return samples;
  });
}

async function reading<T>(path: string, read: (file: FileHandle, size: number) => Promise<T>): Promise<T> {
  try {
    const entry = await stat(path);
    // A pipe would wait for a writer.
    if (!entry.isFile()) throw new UnreadableWave('not a regular file');
    const file = await open(path);
    try {
      return await read(file, entry.size);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UnreadableWave || error instanceof AutodidactError) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new UnreadableWave('there is no such file');
    throw ioError('read', path, error);
  }
}

/** Bytes from a place on; fewer where the file ends. */
async function bytesAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const content = Buffer.alloc(length);
  const { bytesRead } = await file.read(content, 0, length, at);
  return content.subarray(0, bytesRead);
}
