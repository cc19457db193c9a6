import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';
import { type PixelSource, pixelsOf } from '../src/data/sources/source.js';

/** A temporary folder that is removed after the tests of the file; gives the path of something in it. */
export function temporaryFolder(): (...path: string[]) => string {
  const root = mkdtempSync(join(tmpdir(), 'autodidact-test-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return (...path) => join(root, ...path);
}

/** Writes a file, and the folders above it; returns its path. */
export function put(path: string, content: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** Pixels that are all different from their neighbors: byte i is (7 i + start) mod 256. */
export const ramp = (length: number, start = 0) => Uint8Array.from({ length }, (_, i) => (7 * i + start) % 256);

export interface PngOptions {
  height?: number;
  width?: number;
  channels?: 1 | 2 | 3 | 4;
  start?: number;
}

/** A small PNG of `ramp` pixels; returns the pixels, height x width x channels. */
export async function putPng(path: string, options: PngOptions = {}): Promise<Uint8Array> {
  const { height = 8, width = 8, channels = 3, start = 0 } = options;
  const pixels = ramp(height * width * channels, start);
  const image = sharp(pixels, { raw: { height, width, channels } });
  put(
    path,
    await image
      .toColourspace(channels <= 2 ? 'b-w' : 'srgb')
      .png()
      .toBuffer(),
  );
  return pixels;
}

/** An IDX file of uint8. */
export function idx(dims: number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dims.length);
  header.set([0, 0, 8, dims.length]);
  dims.forEach((size, i) => {
    header.writeUInt32BE(size, 4 + 4 * i);
  });
  return Buffer.concat([header, data]);
}

/** A .npy file of version 1.0. `shape` as Python writes it: "2, 3" or "2,". */
export function npy(type: string, shape: string, data: ArrayBufferView, order: 'True' | 'False' = 'False'): Buffer {
  const dict = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
  const padded = `${dict.padEnd(128 - 10 - 1)}\n`;
  const header = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${padded}`, 'latin1');
  header.writeUInt16LE(padded.length, 8);
  return Buffer.concat([header, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

/** The pixels of each part of a source. */
export async function allPixels(source: PixelSource): Promise<number[][]> {
  const parts: number[][] = [];
  for (const part of source.parts) {
    const bytes: number[] = [];
    for await (const piece of part.pixels()) bytes.push(...pixelsOf(piece));
    parts.push(bytes);
  }
  return parts;
}
