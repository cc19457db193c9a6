import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AutodidactError, expected, ioError } from '../../errors.js';
import { readHead, readRecords, readWhole } from './records.js';
import { fileIdentity, type PixelPart, type PixelSource, type Split } from './source.js';

/** `train-images-idx3-ubyte`, `t10k-images.idx3-ubyte.gz`, `my-images-idx4-ubyte`: the stem is the first group. */
const IMAGES_NAME = /^(.*?)-?images[-.]idx([34])-ubyte(\.gz)?$/;

/** Whether a file of this name is taken for IDX images. */
export const isIdxName = (name: string) => IMAGES_NAME.test(name);

/**
 * MNIST's format: a folder with `train-images-idx3-ubyte` and `t10k-images-idx3-ubyte` (either may be absent; `.gz` too),
 * or one images file. Labels are read from the file of the same name with `labels-idx1`, where there is one. Images are
 * uint8, N x H x W or N x H x W x C. `classes` names the labels; without it they are called "0", "1", ...
 * Throws NOT_FOUND, IO, or DATA when a file is damaged or does not fit the others.
 */
export async function openIdx(path: string, classes?: string[]): Promise<PixelSource> {
  const isFile = isIdxName(basename(path));
  const folder = isFile ? dirname(resolve(path)) : resolve(path);
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw ioError('read', folder, cause);
  }
  const wanted = isFile ? [basename(path)] : preferPlain(names.filter(isIdxName)).sort(trainFirst);
  if (wanted.length === 0) throw expected('train-images-idx3-ubyte or the like', folder, 'none', { code: 'NOT_FOUND' });
  const read = await Promise.all(wanted.map((name) => openImagesFile(folder, name, names, isFile)));
  const [first] = read as [(typeof read)[0], ...typeof read];
  for (const { shape, file } of read) {
    if (shape.join() === first.shape.join()) continue;
    throw expected(`images of ${first.shape.join(' x ')}`, file, shape.join(' x '), { code: 'DATA' });
  }
  const parts = read.map(({ part }) => part);
  const [height, width, channels] = first.shape;
  return {
    form: 'pixels',
    kind: 'idx',
    name: basename(path),
    classes: classNames(parts, classes),
    skipped: [],
    ...{ height, width, channels, parts },
  };
}

async function openImagesFile(folder: string, name: string, names: string[], isAlone: boolean) {
  const file = join(folder, name);
  const { dims, headerBytes } = await readHeader(file);
  const [count = 0, height = 0, width = 0, channels = 1] = dims;
  if (dims.length < 3 || dims.some((n) => n < 1) || (channels !== 1 && channels !== 3)) {
    throw expected('N x H x W, or N x H x W x 1 or 3', file, dims.join(' x '), { code: 'DATA' });
  }
  const labelsName = preferPlain(names.filter((other) => isLabelsOf(name, other)))[0];
  const labels = labelsName === undefined ? null : await readLabels(join(folder, labelsName), count);
  const stem = IMAGES_NAME.exec(name)![1]!;
  const split: Split | null = isAlone ? null : /(^|-)(t10k|test)$/.test(stem) ? 'test' : 'train';
  const part: PixelPart = {
    idPrefix: isAlone ? '' : `${stem === 't10k' ? 'test' : stem}/`,
    split,
    count,
    labels,
    identity: await fileIdentity(file),
    pixels: () => readRecords({ path: file, headerBytes, recordBytes: height * width * channels, count }),
  };
  return { file, part, shape: [height, width, channels] as [number, number, 1 | 3] };
}

/** Magic number: two zero bytes, the type (8 = uint8), the number of dimensions; then each as a big-endian uint32. */
async function readHeader(file: string): Promise<{ dims: number[]; headerBytes: number }> {
  const head = await readHead(file, 4 + 4 * 4);
  const [zero, zeroToo, type, rank = 0] = head;
  if (zero !== 0 || zeroToo !== 0 || type !== 8 || rank < 1 || rank > 4 || head.length < 4 + 4 * rank) {
    const received = `the first bytes ${head.subarray(0, 4).toString('hex') || 'of an empty file'}`;
    throw new AutodidactError(
      'DATA',
      `${file} is no IDX file of uint8: Expected 00000801 to 00000804, received ${received}`,
    );
  }
  return { dims: Array.from({ length: rank }, (_, i) => head.readUInt32BE(4 + 4 * i)), headerBytes: 4 + 4 * rank };
}

async function readLabels(file: string, count: number): Promise<Int32Array> {
  const { dims, headerBytes } = await readHeader(file);
  const bytes = (await readWhole(file)).subarray(headerBytes);
  if (dims.length !== 1 || dims[0] !== count || bytes.length !== count) {
    const received = `${dims.join(' x ')} announced and ${bytes.length} there`;
    throw expected(`${count} labels, one per image`, file, received, { code: 'DATA' });
  }
  return Int32Array.from(bytes);
}

function classNames(parts: PixelPart[], given?: string[]): string[] | null {
  let highest = -1;
  for (const part of parts) for (const label of part.labels ?? []) highest = Math.max(highest, label);
  if (highest < 0) return null;
  if (given && highest < given.length) return given;
  return Array.from({ length: highest + 1 }, (_, label) => String(label));
}

const isLabelsOf = (images: string, other: string) =>
  other.replace(/\.gz$/, '') === images.replace(/\.gz$/, '').replace(/images([-.])idx[34]/, 'labels$1idx1');

/** Where a file is there both plain and gzipped, the plain one. */
const preferPlain = (names: string[]) =>
  names.filter((name) => !name.endsWith('.gz') || !names.includes(name.slice(0, -3)));

const trainFirst = (a: string, b: string) =>
  Number(b.startsWith('train')) - Number(a.startsWith('train')) || (a < b ? -1 : 1);
