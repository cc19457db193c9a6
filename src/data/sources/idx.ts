import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AutodidactError, expected, ioError } from '../../errors.js';
import { encodeNumbers, listed } from '../labels.js';
import { checkLength, readHead, readRecords } from './records.js';
import { fileIdentity, type PixelPart, type PixelSource, type Split, splitFromName } from './source.js';

/** `train-images-idx3-ubyte`, `t10k-images.idx3-ubyte.gz`, `my-images-idx4-ubyte`: the stem is the first group. */
const IMAGES_NAME = /^(.*?)-?images[-.]idx([34])-ubyte(\.gz)?$/;
const LABELS_NAME = /^(.*?)-?labels[-.]idx1-ubyte(\.gz)?$/;

/** Whether a file of this name is taken for IDX images. */
export const isIdxName = (name: string) => IMAGES_NAME.test(name);

/**
 * MNIST's format: a folder with `train-images-idx3-ubyte` and `t10k-images-idx3-ubyte` (either may be absent; `.gz` too),
 * or one images file. Labels are read from the file of the same stem with `labels-idx1`, where there is one. Images are
 * uint8, N x H x W or N x H x W x C. `classes` names the labels; without it the numbers that occur are the names.
 * Throws NOT_FOUND, IO, or DATA when a file is damaged or does not fit the others, or when a split has several files.
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
  const wanted = isFile ? [basename(path)] : onePerSplit(folder, preferPlain(names.filter(isIdxName)));
  if (wanted.length === 0) throw expected('train-images-idx3-ubyte or the like', folder, 'none', { code: 'NOT_FOUND' });
  const read = await Promise.all(wanted.map((name) => openImagesFile(folder, name, names, isFile)));
  const [first] = read as [(typeof read)[0], ...typeof read];
  for (const { shape, file } of read) {
    if (shape.join() === first.shape.join()) continue;
    throw expected(`images of ${first.shape.join(' x ')}`, file, shape.join(' x '), { code: 'DATA' });
  }
  const [height, width, channels] = first.shape;
  return {
    form: 'pixels',
    kind: 'idx',
    name: basename(path),
    ...named(
      read.map(({ part }) => part),
      classes,
    ),
    skipped: [],
    ...{ height, width, channels },
  };
}

const stemOf = (name: string): string => IMAGES_NAME.exec(name)![1]!;

/** `t10k`, `emnist-letters-test`, ...: the last word names the split; without such a word the images are for training. */
function splitOf(name: string): Split {
  const last = stemOf(name).split('-').at(-1)!;
  return last === 't10k' ? 'test' : (splitFromName(last) ?? 'train');
}

/** The files, training first. Throws DATA when two belong to one split: their labels need not mean the same. */
function onePerSplit(folder: string, names: string[]): string[] {
  const splits: Split[] = ['train', 'val', 'test'];
  return splits.flatMap((split) => {
    const files = names.filter((name) => splitOf(name) === split).sort();
    if (files.length <= 1) return files;
    throw new AutodidactError('DATA', `${folder} holds several sets of ${split} images: ${listed(files)}`, {
      remedy: 'Move each set into a folder of its own, or give the path of one of these files.',
    });
  });
}

async function openImagesFile(folder: string, name: string, names: string[], isAlone: boolean) {
  const file = join(folder, name);
  const { dims, headerBytes } = await readHeader(file);
  const [count = 0, height = 0, width = 0, channels = 1] = dims;
  if (dims.length < 3 || dims.some((n) => n < 1) || (channels !== 1 && channels !== 3)) {
    throw expected('N x H x W, or N x H x W x 1 or 3', file, dims.join(' x '), { code: 'DATA' });
  }
  const records = { path: file, headerBytes, recordBytes: height * width * channels, count };
  await checkLength(records);
  const stem = stemOf(name);
  const [labelsName, another] = preferPlain(names.filter((other) => LABELS_NAME.exec(other)?.[1] === stem));
  if (another !== undefined) {
    throw new AutodidactError('DATA', `${file} has two files of labels: ${listed([labelsName!, another])}`, {
      remedy: 'Keep one of them.',
    });
  }
  const part: PixelPart = {
    idPrefix: isAlone ? '' : `${stem === 't10k' ? 'test' : stem}/`,
    split: isAlone ? null : splitOf(name),
    count,
    labels: labelsName === undefined ? null : await readLabels(join(folder, labelsName), count),
    identity: await fileIdentity(file),
    pixels: () => readRecords(records),
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
  if (dims.length !== 1 || dims[0] !== count) {
    throw expected(`${count} labels, one per image`, file, `${dims.join(' x ')} announced`, { code: 'DATA' });
  }
  const records = { path: file, headerBytes, recordBytes: 1, count };
  await checkLength(records);
  const labels = new Int32Array(count);
  let at = 0;
  for await (const piece of readRecords(records)) {
    labels.set(piece, at);
    at += piece.length;
  }
  return labels;
}

/** The parts with their labels as indices into the classes: the given ones, if they name every label. */
function named(parts: PixelPart[], given?: string[]): { classes: string[] | null; parts: PixelPart[] } {
  const isKnown = (label: number) => given !== undefined && label < given.length;
  const labeled = parts.filter((part) => part.labels !== null);
  if (given && labeled.length > 0 && labeled.every(({ labels }) => labels!.every(isKnown)))
    return { classes: given, parts };
  const { classes, labels } = encodeNumbers(labeled.map((part) => part.labels!));
  return { classes, parts: parts.map((part) => ({ ...part, labels: labels[labeled.indexOf(part)] ?? null })) };
}

/** Where a file is there both plain and gzipped, the plain one. */
const preferPlain = (names: string[]) =>
  names.filter((name) => !name.endsWith('.gz') || !names.includes(name.slice(0, -3)));
