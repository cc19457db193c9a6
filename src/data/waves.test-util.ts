/** WAV files for tests, byte by byte. */
import { put } from '../../tests/data-files.js';

export interface WaveOptions {
  rate?: number;
  channels?: number;
  /** Of a number. Default 16. */
  bits?: number;
  /** 1 for whole numbers (the default), 3 for floating point. */
  format?: number;
  /** Whether the format stands in the extension of the header, as ffmpeg writes it. */
  isExtensible?: boolean;
  /** Size of the samples as the header has it; the true one by default. */
  statedSize?: number;
  /** What stands between the format and the samples. */
  between?: Buffer;
}

/** A WAV file with these bytes as its samples. */
export function wave(samples: ArrayBufferView, options: WaveOptions = {}): Buffer {
  const { rate = 8000, channels = 1, bits = 16, format = 1, isExtensible = false, between = Buffer.alloc(0) } = options;
  const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const frame = (channels * bits) / 8;
  const head = Buffer.alloc(isExtensible ? 40 : 16);
  head.writeUInt16LE(isExtensible ? 0xfffe : format, 0);
  head.writeUInt16LE(channels, 2);
  head.writeUInt32LE(rate, 4);
  head.writeUInt32LE(rate * frame, 8);
  head.writeUInt16LE(frame, 12);
  head.writeUInt16LE(bits, 14);
  if (isExtensible) {
    head.writeUInt16LE(22, 16);
    head.writeUInt16LE(bits, 18);
    head.writeUInt16LE(format, 24);
    head.set([0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113], 26);
  }
  const body = Buffer.concat([
    Buffer.from('WAVE', 'latin1'),
    chunk('fmt ', head),
    between,
    chunk('data', data, options.statedSize),
  ]);
  return chunk('RIFF', body);
}

/** A chunk of a RIFF file, padded to an even length. */
export function chunk(name: string, content: Buffer, size = content.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

/** Samples that are all different: `start`, `start + 1`, ... */
export const counting = (length: number, start = 0) => Int16Array.from({ length }, (_, i) => start + i);

/** Writes a file of 16 bits; returns its path. */
export function putWave(path: string, samples: Int16Array, options: WaveOptions = {}): string {
  return put(path, wave(samples, options));
}
