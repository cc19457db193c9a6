/** Images as numbers: .npy, IDX, CIFAR, STL. */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { AutodidactError } from '../../../../src/errors.js';
import { idx, npy, put, ramp } from '../../../data-files.js';
import { Implausible, readData, type Subject } from '../subject.js';

const COUNT = 6;
const SIDE = 8;
const gray = ramp(COUNT * SIDE * SIDE);
const floats = Float32Array.from(ramp(COUNT * 3 * SIDE * SIDE), (value) => value / 255);
const numbers = BigInt64Array.from({ length: COUNT }, (_, i) => BigInt(i % 3) - 1n);
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 3);

const folderOf = (name: string, weight: number, files: () => Record<string, string | Uint8Array>): Subject => ({
  name,
  weight,
  holds: 'plausible',
  async write(folder) {
    for (const [file, bytes] of Object.entries(files())) put(join(folder, file), bytes);
  },
  read: (folder) => readData(folder),
});

const fileOf = (name: string, file: string, files: () => Record<string, Uint8Array>): Subject => ({
  ...folderOf(name, 3, files),
  read: (folder) => readData(folder, join(folder, file)),
});

const cifar = (labelBytes: number, count: number) => ramp(count * (labelBytes + 3072)).fill(3, 0, labelBytes);

/** A batch of CIFAR as Python pickles it, in its beginning: it is not read, whatever is in it. */
const PICKLE = Buffer.from('\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x15training batch 1 of 5q\x03U\x06labels', 'latin1');

/** The code of the error that must come. */
const refusalOf = (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => {
      throw new Implausible('it was read');
    },
    (error) => {
      if (error instanceof AutodidactError) return error.code;
      throw error;
    },
  );

export const arraySubjects: readonly Subject[] = [
  fileOf('npy uint8', 'a.npy', () => ({
    'a.npy': npy('|u1', `${COUNT}, ${SIDE}, ${SIDE}`, gray),
    'a.labels.npy': npy('<i8', `${COUNT},`, numbers),
  })),
  fileOf('npy float32', 'b.npy', () => ({ 'b.npy': npy('<f4', `${COUNT}, 3, ${SIDE}, ${SIDE}`, floats) })),
  folderOf('idx', 3, () => ({
    'train-images-idx3-ubyte': idx([COUNT, SIDE, SIDE], gray),
    'train-labels-idx1-ubyte': idx([COUNT], labels),
    't10k-images-idx3-ubyte': idx([2, SIDE, SIDE], ramp(2 * SIDE * SIDE)),
  })),
  folderOf('idx gzipped', 3, () => ({
    'train-images-idx3-ubyte.gz': gzipSync(idx([COUNT, SIDE, SIDE], gray)),
    'train-labels-idx1-ubyte.gz': gzipSync(idx([COUNT], labels)),
  })),
  folderOf('cifar-10', 2, () => ({
    'data_batch_1.bin': cifar(1, 1),
    'test_batch.bin': cifar(1, 1),
    'batches.meta.txt': 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n',
  })),
  folderOf('cifar-100', 1, () => ({ 'train.bin': cifar(2, 1) })),
  {
    ...folderOf('cifar pickles', 1, () => ({ data_batch_1: PICKLE, 'batches.meta': PICKLE })),
    read: async (folder) => ({ digest: await refusalOf(readData(folder)), refused: null }),
  },
  folderOf('stl-10', 1, () => ({
    'train_X.bin': ramp(27_648),
    'train_y.bin': Uint8Array.of(4),
    'class_names.txt': 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n',
  })),
];
