import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { AutodidactError, expected } from '../../errors.js';
import { readHead, readRecords } from './records.js';
import { fileIdentity, type PixelSource } from './source.js';

/** How one element is read, by NumPy's type string. */
const ELEMENTS: Record<string, { bytes: number; read: (data: DataView, at: number) => number }> = {
  '|u1': { bytes: 1, read: (data, at) => data.getUint8(at) },
  '|i1': { bytes: 1, read: (data, at) => data.getInt8(at) },
  '<i2': { bytes: 2, read: (data, at) => data.getInt16(at, true) },
  '<i4': { bytes: 4, read: (data, at) => data.getInt32(at, true) },
  '<i8': { bytes: 8, read: (data, at) => Number(data.getBigInt64(at, true)) },
  '<f4': { bytes: 4, read: (data, at) => data.getFloat32(at, true) },
  '<f8': { bytes: 8, read: (data, at) => data.getFloat64(at, true) },
};
const IMAGE_TYPES = ['|u1', '<f4', '<f8'];
const LABEL_TYPES = ['|u1', '|i1', '<i2', '<i4', '<i8'];

interface NpyHeader {
  path: string;
  type: string;
  shape: number[];
  headerBytes: number;
}

/**
 * A NumPy array of images: uint8, or float in 0..1 or 0..255 (told apart by the highest value); N x H x W, N x H x W x C or
 * N x C x H x W with 1 or 3 channels. Labels come from `<name>.labels.npy` beside it (whole numbers [N], negative =
 * unlabeled), if there is one. Throws NOT_FOUND, IO, or DATA when the array is damaged or of another type or shape.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function openNpy(path: string): Promise<PixelSource> {
  const file = resolve(path);
  const header = await readHeader(file, IMAGE_TYPES);
  const { count, height, width, channels, isPlanar } = imageShape(header);
  const size = height * width * channels;
  const scale = header.type === '|u1' ? 1 : await floatScale(header, size, count);
  const labels = await readLabels(file.replace(/\.npy$/, '.labels.npy'), count);
  const highest = labels?.reduce((a, b) => Math.max(a, b), -1) ?? -1;
  return {
    form: 'pixels',
    kind: 'npy',
    name: basename(path),
    classes: highest < 0 ? null : Array.from({ length: highest + 1 }, (_, label) => String(label)),
    skipped: [],
    ...{ height, width, channels },
    parts: [
      {
        idPrefix: '',
        split: null,
        count,
        labels,
        identity: await fileIdentity(file),
        async *pixels() {
          for await (const bytes of asBytes(header, size, count, scale)) {
            yield isPlanar ? interleave(bytes, height * width, channels) : bytes;
          }
        },
      },
    ],
  };
}

/** The magic `\x93NUMPY`, two version bytes, the length of a Python dict literal, the dict. */
async function readHeader(path: string, types: string[]): Promise<NpyHeader> {
  const head = await readHead(path, 4096);
  if (head.subarray(0, 6).toString('latin1') !== '\x93NUMPY') {
    throw expected('a file that begins with \\x93NUMPY', path, head.subarray(0, 6).toString('latin1'), {
      code: 'DATA',
    });
  }
  const start = head[6] === 1 ? 10 : 12;
  const headerBytes = start + (head[6] === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8));
  const text = head.subarray(start, headerBytes).toString('latin1');
  const type = /'descr':\s*'([^']+)'/.exec(text)?.[1];
  const shape = /'shape':\s*\(([^)]*)\)/.exec(text)?.[1]?.match(/\d+/g)?.map(Number);
  if (type === undefined || shape === undefined) throw expected('a NumPy header', path, text.trim(), { code: 'DATA' });
  if (!types.includes(type)) {
    const remedy = 'Convert it with NumPy, for example `array.astype("uint8")`.';
    throw expected(`an array of type ${types.join(', ')}`, path, type, { code: 'DATA', remedy });
  }
  if (/'fortran_order':\s*True/.test(text)) {
    const remedy = 'Save it with `numpy.ascontiguousarray`.';
    throw expected('rows first (C order)', path, 'Fortran order', { code: 'DATA', remedy });
  }
  return { path, type, shape, headerBytes };
}

function imageShape({ path, shape }: NpyHeader) {
  const isChannels = (n: number | undefined): n is 1 | 3 => n === 1 || n === 3;
  const [count = 0, a = 0, b = 0, c] = shape;
  if (count > 0 && a > 0 && b > 0 && shape.length <= 4) {
    if (shape.length === 3) return { count, height: a, width: b, channels: 1 as const, isPlanar: false };
    if (isChannels(c)) return { count, height: a, width: b, channels: c, isPlanar: false };
    if (isChannels(a) && c) return { count, height: b, width: c, channels: a, isPlanar: true };
  }
  throw expected('N x H x W, N x H x W x C or N x C x H x W with 1 or 3 channels', path, shape.join(' x '), {
    code: 'DATA',
  });
}

/** 255 when all values lie in 0..1, 1 when they lie in 0..255. Reads the whole file once. */
async function floatScale(header: NpyHeader, size: number, count: number): Promise<number> {
  let highest = 0;
  for await (const values of elements(header, size, count)) {
    for (const value of values) {
      if (!(value >= 0 && value <= 255)) {
        const remedy = 'Undo the normalization before saving the images.';
        throw expected('values in 0..1 or 0..255', header.path, value, { code: 'DATA', remedy });
      }
      if (value > highest) highest = value;
    }
  }
  return highest <= 1 ? 255 : 1;
}

/** The images in the array's own layout, as uint8. */
async function* asBytes(header: NpyHeader, size: number, count: number, scale: number): AsyncGenerator<Uint8Array> {
  const { path, headerBytes, type } = header;
  if (type === '|u1') yield* readRecords({ path, headerBytes, recordBytes: size, count });
  else {
    for await (const values of elements(header, size, count)) {
      yield Uint8Array.from(values, (value) => Math.round(value * scale));
    }
  }
}

/** The values in order, in pieces of whole records of `size` elements. */
async function* elements(header: NpyHeader, size: number, count: number): AsyncGenerator<Float64Array> {
  const { path, headerBytes } = header;
  const { bytes, read } = ELEMENTS[header.type]!;
  for await (const piece of readRecords({ path, headerBytes, recordBytes: size * bytes, count })) {
    const data = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    yield Float64Array.from({ length: piece.length / bytes }, (_, i) => read(data, i * bytes));
  }
}

/** Images of C x H x W to images of H x W x C. */
function interleave(planar: Uint8Array, plane: number, channels: number): Uint8Array {
  const images = new Uint8Array(planar.length);
  let out = 0;
  for (let start = 0; start < planar.length; start += plane * channels) {
    for (let i = start; i < start + plane; i++) {
      for (let c = 0; c < channels; c++) images[out++] = planar[i + c * plane]!;
    }
  }
  return images;
}

async function readLabels(path: string, count: number): Promise<Int32Array | null> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return null;
  const header = await readHeader(path, LABEL_TYPES);
  if (header.shape.length !== 1 || header.shape[0] !== count) {
    throw new AutodidactError(
      'DATA',
      `${path} should hold ${count} labels, one per image, not ${header.shape.join(' x ')}`,
    );
  }
  const labels = new Int32Array(count);
  let at = 0;
  for await (const values of elements(header, 1, count)) for (const value of values) labels[at++] = Math.max(-1, value);
  return labels;
}
