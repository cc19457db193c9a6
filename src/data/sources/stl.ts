import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { expected, ioError } from '../../errors.js';
import { readClassNames } from './class-names.js';
import { readRecords } from './records.js';
import { fileIdentity, type PixelPart, type PixelSource, type Split } from './source.js';

const SIDE = 96;
const PLANE = SIDE * SIDE;
const PIXELS = 3 * PLANE;

const STL_CLASSES = 'airplane bird car cat deer dog horse monkey ship truck'.split(' ');

/** Images file, labels file, split. The unlabeled images, meant for pretraining, are training images. */
const FILES: [string, string | null, Split][] = [
  ['train_X.bin', 'train_y.bin', 'train'],
  ['unlabeled_X.bin', null, 'train'],
  ['test_X.bin', 'test_y.bin', 'test'],
];

/** Whether these file names are those of STL-10's binary version. */
export const isStlFolder = (names: string[]) => FILES.some(([images]) => names.includes(images));

/**
 * The binary version of STL-10: `train_X.bin`, `unlabeled_X.bin`, `test_X.bin` (any may be absent), 96 x 96 x 3, labels
 * 1 to 10 in `train_y.bin` and `test_y.bin`. Throws NOT_FOUND, IO, or DATA when a file is damaged.
 * Format: https://cs.stanford.edu/~acoates/stl10/
 */
export async function openStl(folder: string): Promise<PixelSource> {
  const root = resolve(folder);
  let names: string[];
  try {
    names = await readdir(root);
  } catch (cause) {
    throw ioError('read', root, cause);
  }
  const present = FILES.filter(([images]) => names.includes(images));
  if (present.length === 0) throw expected('train_X.bin or unlabeled_X.bin', folder, 'none', { code: 'NOT_FOUND' });
  const parts = await Promise.all(
    present.map(([images, labels, split]) =>
      openPart(join(root, images), labels !== null && names.includes(labels) ? join(root, labels) : null, split),
    ),
  );
  const isLabeled = parts.some((part) => part.labels !== null);
  return {
    form: 'pixels',
    kind: 'stl-10',
    name: basename(root),
    classes: isLabeled ? await readClassNames(join(root, 'class_names.txt'), STL_CLASSES) : null,
    skipped: [],
    height: SIDE,
    width: SIDE,
    channels: 3,
    parts,
  };
}

async function openPart(path: string, labelsPath: string | null, split: Split): Promise<PixelPart> {
  const { size } = await stat(path).catch((cause) => {
    throw ioError('read', path, cause);
  });
  const count = size / PIXELS;
  if (count < 1 || !Number.isInteger(count)) {
    throw expected(`a whole number of images of ${PIXELS} bytes`, path, `${size} bytes`, { code: 'DATA' });
  }
  const pixels = async function* () {
    for await (const piece of readRecords({ path, headerBytes: 0, recordBytes: PIXELS, count })) {
      yield fromColumnMajor(piece);
    }
  };
  const labels = labelsPath === null ? null : await readLabels(labelsPath, count);
  return { idPrefix: `${basename(path, '_X.bin')}/`, split, count, labels, identity: await fileIdentity(path), pixels };
}

/** Converts STL's order, channel, column, row, to row, column, channel. */
function fromColumnMajor(piece: Uint8Array): Uint8Array {
  const images = new Uint8Array(piece.length);
  let out = 0;
  for (let start = 0; start < piece.length; start += PIXELS) {
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        const at = start + x * SIDE + y;
        images[out++] = piece[at]!;
        images[out++] = piece[at + PLANE]!;
        images[out++] = piece[at + 2 * PLANE]!;
      }
    }
  }
  return images;
}

async function readLabels(path: string, count: number): Promise<Int32Array> {
  const { size } = await stat(path).catch((cause) => {
    throw ioError('read', path, cause);
  });
  if (size !== count) throw expected(`${count} labels`, path, `${size} bytes`, { code: 'DATA' });
  const labels = new Int32Array(count);
  let at = 0;
  for await (const piece of readRecords({ path, headerBytes: 0, recordBytes: 1, count })) {
    for (const label of piece) {
      if (label < 1 || label > STL_CLASSES.length)
        throw expected(`labels from 1 to ${STL_CLASSES.length}`, path, label, { code: 'DATA' });
      labels[at++] = label - 1;
    }
  }
  return labels;
}
