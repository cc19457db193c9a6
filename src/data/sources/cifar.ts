import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AutodidactError, expected, ioError } from '../../errors.js';
import { listed } from '../labels.js';
import { readClassNames } from './class-names.js';
import { readRecords } from './records.js';
import { fileIdentity, type PixelPart, type PixelSource, type Split } from './source.js';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const PIXELS = 3 * PLANE;

const CIFAR_10_CLASSES = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');

/** One of the two published layouts: each record is `labelBytes` labels, then 3072 bytes in planes R, G, B. */
interface Layout {
  kind: 'cifar-10' | 'cifar-100';
  /** Patterns of file names and their splits. */
  files: [RegExp, Split][];
  labelBytes: number;
  classNamesFile: string;
  /** Used when there is no file of class names. */
  classes: string[];
}

const LAYOUTS: Layout[] = [
  {
    kind: 'cifar-10',
    files: [
      [/^data_batch_\d\.bin$/, 'train'],
      [/^test_batch\.bin$/, 'test'],
    ],
    labelBytes: 1,
    classNamesFile: 'batches.meta.txt',
    classes: CIFAR_10_CLASSES,
  },
  {
    kind: 'cifar-100',
    files: [
      [/^train\.bin$/, 'train'],
      [/^test\.bin$/, 'test'],
    ],
    // The coarse label, then the fine one, which is used.
    labelBytes: 2,
    classNamesFile: 'fine_label_names.txt',
    classes: Array.from({ length: 100 }, (_, label) => String(label)),
  },
];

/** Whether these file names are those of CIFAR's binary version. */
export const isCifarFolder = (names: string[]) => LAYOUTS.some((layout) => filesOf(layout, names).length > 0);

/**
 * The binary version of CIFAR-10 (`data_batch_1.bin` .. `data_batch_5.bin`, `test_batch.bin`) or CIFAR-100 (`train.bin`,
 * `test.bin`, fine labels): 32 x 32 x 3. Files may be absent. Throws NOT_FOUND, IO, or DATA when a file is damaged or both
 * sets are there.
 * Format: https://www.cs.toronto.edu/~kriz/cifar.html
 */
export async function openCifar(folder: string): Promise<PixelSource> {
  const root = resolve(folder);
  let names: string[];
  try {
    names = await readdir(root);
  } catch (cause) {
    throw ioError('read', root, cause);
  }
  const [layout, other] = LAYOUTS.filter((candidate) => filesOf(candidate, names).length > 0);
  if (!layout) throw expected('data_batch_1.bin or train.bin', folder, 'none', { code: 'NOT_FOUND' });
  if (other) {
    const files = [layout, other].map((one) => filesOf(one, names)[0]![0]);
    throw new AutodidactError('DATA', `${folder} holds both CIFAR-10 and CIFAR-100: ${listed(files)}`, {
      remedy: 'Move each into a folder of its own.',
    });
  }
  const parts: PixelPart[] = [];
  for (const [name, split] of filesOf(layout, names)) parts.push(await openBatch(join(root, name), split, layout));
  const classes = await readClassNames(join(root, layout.classNamesFile), layout.classes);
  return {
    form: 'pixels',
    kind: layout.kind,
    name: basename(root),
    classes,
    skipped: [],
    height: SIDE,
    width: SIDE,
    channels: 3,
    parts,
  };
}

/** [file name, split], the training files first. */
function filesOf(layout: Layout, names: string[]): [string, Split][] {
  return layout.files.flatMap(([pattern, split]) =>
    names
      .filter((name) => pattern.test(name))
      .sort()
      .map((name): [string, Split] => [name, split]),
  );
}

async function openBatch(path: string, split: Split, { labelBytes, classes }: Layout): Promise<PixelPart> {
  const recordBytes = labelBytes + PIXELS;
  const { size } = await stat(path).catch((cause) => {
    throw ioError('read', path, cause);
  });
  const count = size / recordBytes;
  if (count < 1 || !Number.isInteger(count)) {
    throw expected(`a whole number of records of ${recordBytes} bytes`, path, `${size} bytes`, { code: 'DATA' });
  }
  const records = () => readRecords({ path, headerBytes: 0, recordBytes, count });
  const labels = new Int32Array(count);
  let at = 0;
  for await (const piece of records()) {
    for (let start = 0; start < piece.length; start += recordBytes) {
      const label = piece[start + labelBytes - 1]!;
      if (label >= classes.length)
        throw expected(`labels from 0 to ${classes.length - 1}`, path, label, { code: 'DATA' });
      labels[at++] = label;
    }
  }
  const pixels = async function* () {
    for await (const piece of records()) yield interleave(piece, recordBytes, labelBytes);
  };
  return { idPrefix: `${basename(path, '.bin')}/`, split, count, labels, identity: await fileIdentity(path), pixels };
}

/** Converts records of labels and C x H x W planes to images of H x W x C. */
function interleave(piece: Uint8Array, recordBytes: number, labelBytes: number): Uint8Array {
  const images = new Uint8Array((piece.length / recordBytes) * PIXELS);
  let out = 0;
  for (let start = labelBytes; start < piece.length; start += recordBytes) {
    for (let i = start; i < start + PLANE; i++) {
      images[out++] = piece[i]!;
      images[out++] = piece[i + PLANE]!;
      images[out++] = piece[i + 2 * PLANE]!;
    }
  }
  return images;
}
