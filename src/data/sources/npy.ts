import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { AutodidactError, expected, ioError } from '../../errors.js';
import { type FloatScale, isFloatPixel, scaleOfFloats } from '../float-pixels.js';
import { encodeNumbers } from '../labels.js';
import { saysMissing } from '../regular-file.js';
import { checkLength, type RecordFile, readHead, readRecords } from './records.js';
import { fileIdentity, type PixelSource } from './source.js';

/** How one element is read, by NumPy's type string. */
interface Element {
  bytes: number;
  read(data: DataView, at: number): number | bigint;
}

const FLOATS: Record<string, Element & { read(data: DataView, at: number): number }> = {
  '<f4': { bytes: 4, read: (data, at) => data.getFloat32(at, true) },
  '<f8': { bytes: 8, read: (data, at) => data.getFloat64(at, true) },
};

/** 64 bits are read as bigint, which keeps every digit. */
const INTEGERS: Record<string, Element> = {
  '|u1': { bytes: 1, read: (data, at) => data.getUint8(at) },
  '|i1': { bytes: 1, read: (data, at) => data.getInt8(at) },
  '<u2': { bytes: 2, read: (data, at) => data.getUint16(at, true) },
  '<i2': { bytes: 2, read: (data, at) => data.getInt16(at, true) },
  '<u4': { bytes: 4, read: (data, at) => data.getUint32(at, true) },
  '<i4': { bytes: 4, read: (data, at) => data.getInt32(at, true) },
  '<u8': { bytes: 8, read: (data, at) => data.getBigUint64(at, true) },
  '<i8': { bytes: 8, read: (data, at) => data.getBigInt64(at, true) },
};

interface NpyHeader {
  path: string;
  type: string;
  shape: number[];
  headerBytes: number;
}

/**
 * A NumPy array of images: uint8, or float in 0..1 or 0..255 (told apart by the highest value); N x H x W, N x H x W x C or
 * N x C x H x W with 1 or 3 channels. Labels come from `<name>.labels.npy` beside it (whole numbers [N], negative =
 * unlabeled), if there is one; the numbers that occur are the class names. Throws NOT_FOUND, IO, or DATA when the array is
 * damaged, of another type or shape, or may be a single image.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function openNpy(path: string): Promise<PixelSource> {
  const file = resolve(path);
  const header = await readHeader(file);
  checkImageType(header);
  const { count, height, width, channels, isPlanar } = imageShape(header);
  const size = height * width * channels;
  const records = recordsOf(header, size, count);
  await checkLength(records);
  const float = FLOATS[header.type];
  const scale = float === undefined ? 1 : await floatScale(records, float);
  const numbers = await readLabels(file.replace(/\.npy$/, '.labels.npy'), count);
  const { classes, labels } = encodeNumbers(numbers === null ? [] : [numbers]);
  const note = planarNote(header, path);
  return {
    form: 'pixels',
    kind: 'npy',
    name: basename(path),
    classes,
    skipped: [],
    ...(note && { note }),
    ...{ height, width, channels },
    parts: [
      {
        idPrefix: '',
        split: null,
        count,
        labels: labels[0] ?? null,
        identity: await fileIdentity(file),
        async *pixels() {
          const pieces = float === undefined ? readRecords(records) : scaled(records, float, scale);
          for await (const bytes of pieces) yield isPlanar ? interleave(bytes, height * width, channels) : bytes;
        },
      },
    ],
  };
}

/** The magic `\x93NUMPY`, two version bytes, the length of a Python dict literal, the dict. */
async function readHeader(path: string): Promise<NpyHeader> {
  const head = await readHead(path, 4096);
  if (head.subarray(0, 6).toString('latin1') !== '\x93NUMPY') {
    throw expected('a file that begins with \\x93NUMPY', path, head.subarray(0, 6).toString('latin1'), {
      code: 'DATA',
    });
  }
  if (head.length < 12) throw expected('a NumPy header', path, `a file of ${head.length} bytes`, { code: 'DATA' });
  const start = head[6] === 1 ? 10 : 12;
  const headerBytes = start + (head[6] === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8));
  const text = head.subarray(start, headerBytes).toString('latin1');
  const type = /'descr':\s*'([^']+)'/.exec(text)?.[1];
  const sizes = /'shape':\s*\(([^)]*)\)/.exec(text)?.[1];
  const shape = sizes?.match(/\d+/g)?.map(Number) ?? [];
  if (type === undefined || sizes === undefined) throw expected('a NumPy header', path, text.trim(), { code: 'DATA' });
  if (/'fortran_order':\s*True/.test(text)) {
    const remedy = 'Save it with `numpy.ascontiguousarray`.';
    throw expected('rows first (C order)', path, 'Fortran order', { code: 'DATA', remedy });
  }
  return { path, type, shape, headerBytes };
}

function checkImageType({ path, type }: NpyHeader): void {
  if (type === '|u1' || type in FLOATS) return;
  const types = ['|u1', ...Object.keys(FLOATS)].join(', ');
  throw expected(`an array of type ${types}`, path, type, { code: 'DATA', remedy: imageRemedy(type) });
}

/** How an array of another type becomes one of images; `astype("uint8")` alone would keep the lowest 8 bits. */
function imageRemedy(type: string): string {
  if (type === '|b1') return 'Save `array.astype("uint8") * 255`.';
  if (/f/.test(type)) return 'Save `array.astype("float32")`.';
  if (!/[iu]/.test(type)) return 'Images are arrays of numbers, uint8 or float32.';
  const positive = /i/.test(type) ? 'array.clip(0)' : 'array';
  return (
    'Bring the values to 0..255 before `astype("uint8")`, which cuts off higher bits: for example ' +
    `\`(${positive} / array.max() * 255).round().astype("uint8")\`.`
  );
}

function imageShape({ path, shape }: NpyHeader) {
  const isChannels = (n: number | undefined): n is 1 | 3 => n === 1 || n === 3;
  const [count = 0, a = 0, b = 0, c] = shape;
  if (count > 0 && a > 0 && b > 0 && shape.length <= 4) {
    if (shape.length === 3) {
      if (isLikeOneImage(shape)) throw oneImage(path, shape);
      return { count, height: a, width: b, channels: 1 as const, isPlanar: false };
    }
    if (isChannels(c)) return { count, height: a, width: b, channels: c, isPlanar: false };
    if (isChannels(a) && c) return { count, height: b, width: c, channels: a, isPlanar: true };
  }
  const remedy = shapeRemedy(shape);
  throw expected('N x H x W, N x H x W x C or N x C x H x W with 1 or 3 channels', path, shape.join(' x '), {
    code: 'DATA',
    ...(remedy && { remedy }),
  });
}

/** How an array of another shape becomes one of images; undefined where that is not known. */
function shapeRemedy(shape: number[]): string | undefined {
  if (shape.length === 2) return 'Save one gray image as `array[None]`.';
  if (shape.length !== 4) return undefined;
  if (shape[3] === 4) return 'Leave the transparency out: save `array[..., :3]`.';
  if (shape[1] === 4) return 'Leave the transparency out: save `array[:, :3]`.';
  return undefined;
}

/** Whether an array of three axes may be one image, H x W x C: as N x H x W its images would be 1, 3 or 4 pixels wide. */
function isLikeOneImage([, b = 0, c = 0]: number[]): boolean {
  return c === 3 || ((c === 1 || c === 4) && b >= 4);
}

function oneImage(path: string, shape: number[]): AutodidactError {
  const size = shape.join(' x ');
  return expected('N x H x W or N x H x W x C', path, `${size}, which may be one image`, {
    code: 'DATA',
    remedy: `Save one image as \`array[None${shape[2] === 4 ? ', ..., :3' : ''}]\`, several gray ones as \`array[..., None]\`.`,
  });
}

/** Three gray images may be meant as one of three channels. */
function planarNote({ shape }: NpyHeader, path: string): string | undefined {
  const [count = 0, height = 0, width = 0] = shape;
  if (shape.length !== 3 || count !== 3 || height < 4 || width < 4) return undefined;
  return `${basename(path)} is read as 3 gray images of ${width} x ${height}; save one color image as \`array[None]\`.`;
}

/** See `scaleOfFloats`. Reads the whole file once. @throws AutodidactError `DATA` for values of another range */
async function floatScale(records: RecordFile, float: (typeof FLOATS)[string]): Promise<FloatScale> {
  let highest = 0;
  for await (const values of elements(records, float)) {
    for (const value of values) {
      if (!isFloatPixel(value)) {
        const remedy = 'Undo the normalization before saving the images.';
        throw expected('values in 0..1 or 0..255', records.path, value, { code: 'DATA', remedy });
      }
      if (value > highest) highest = value;
    }
  }
  const scale = scaleOfFloats(highest);
  if (scale !== null) return scale;
  throw expected('values in 0..1 or 0..255', records.path, `values up to ${highest}`, {
    code: 'DATA',
    remedy: 'Save `array.clip(0, 1)`, or `array / array.max()`.',
  });
}

async function* scaled(
  records: RecordFile,
  float: (typeof FLOATS)[string],
  scale: FloatScale,
): AsyncGenerator<Uint8Array> {
  for await (const values of elements(records, float)) {
    yield Uint8Array.from(values, (value) => Math.round(value * scale));
  }
}

const recordsOf = ({ path, type, headerBytes }: NpyHeader, size: number, count: number): RecordFile => ({
  ...{ path, headerBytes, count },
  recordBytes: size * (FLOATS[type] ?? INTEGERS[type])!.bytes,
});

/** The values in order, in pieces of whole records. */
async function* elements<T extends number | bigint>(
  records: RecordFile,
  { bytes, read }: { bytes: number; read(data: DataView, at: number): T },
): AsyncGenerator<T[]> {
  for await (const piece of readRecords(records)) {
    const data = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    yield Array.from({ length: piece.length / bytes }, (_, i) => read(data, i * bytes));
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

/** How labels of another type become numbers, which texts are not. */
function labelRemedy(type: string): string {
  if (/^[<>=|]?[bBiuf]/.test(type)) return 'Save them as `labels.astype("int64")`.';
  return 'Give class names in a table with the columns id and label (--label-file), or number them: `numpy.unique(labels, return_inverse=True)[1]`.';
}

/** The labels as they are written; null when there is no such file. */
async function readLabels(path: string, count: number): Promise<(number | bigint)[] | null> {
  const isThere = await stat(path).then(
    () => true,
    (cause) => {
      if (saysMissing(cause)) return false;
      throw ioError('read', path, cause);
    },
  );
  if (!isThere) return null;
  const header = await readHeader(path);
  const integer = INTEGERS[header.type];
  if (integer === undefined) {
    const wanted = `labels of type ${Object.keys(INTEGERS).join(', ')}`;
    throw expected(wanted, path, header.type, { code: 'DATA', remedy: labelRemedy(header.type) });
  }
  if (header.shape.length !== 1 || header.shape[0] !== count) {
    const isFlat = header.shape.reduce((product, size) => product * size, 1) === count;
    throw new AutodidactError(
      'DATA',
      `${path} should hold ${count} labels, one per image, not ${header.shape.join(' x ') || 'a single number'}`,
      isFlat ? { remedy: 'Save them as `labels.reshape(-1)`.' } : {},
    );
  }
  const records = recordsOf(header, 1, count);
  await checkLength(records);
  const labels: (number | bigint)[] = [];
  for await (const values of elements(records, integer)) for (const value of values) labels.push(value);
  return labels;
}
