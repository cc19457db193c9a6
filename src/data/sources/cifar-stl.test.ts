import { describe, expect, it } from 'vitest';
import { allPixels, put, ramp, temporaryFolder } from '../../../tests/data-files.js';
import { openCifar } from './cifar.js';
import { openStl } from './stl.js';

const at = temporaryFolder();

/** Planes R, G, B of one image, given by a function of channel, row and column. */
function planes(side: number, isColumnMajor: boolean, value: (c: number, y: number, x: number) => number): Uint8Array {
  const bytes = new Uint8Array(3 * side * side);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        bytes[c * side * side + (isColumnMajor ? x * side + y : y * side + x)] = value(c, y, x);
      }
    }
  }
  return bytes;
}

/** The same image as height x width x channels. */
const interleaved = (side: number, value: (c: number, y: number, x: number) => number) =>
  Array.from(
    { length: 3 * side * side },
    (_, i) => value(i % 3, Math.floor(i / 3 / side), Math.floor(i / 3) % side) % 256,
  );

// Different in every direction, so that a swap of rows, columns or channels shows.
const picture = (seed: number) => (c: number, y: number, x: number) => (seed + 50 * c + 3 * y + x) % 256;

describe('openCifar', () => {
  const record = (labels: number[], seed: number) => [...labels, ...planes(32, false, picture(seed))];

  it('reads CIFAR-10: pixels, labels, batches in order, names', async () => {
    put(at('c10', 'data_batch_2.bin'), Uint8Array.from(record([9], 3)));
    put(at('c10', 'data_batch_1.bin'), Uint8Array.from([...record([6], 1), ...record([0], 2)]));
    put(at('c10', 'test_batch.bin'), Uint8Array.from(record([3], 4)));
    const source = await openCifar(at('c10'));
    expect(source).toMatchObject({ kind: 'cifar-10', height: 32, width: 32, channels: 3 });
    expect(source.classes![6]).toBe('frog');
    expect(source.parts.map(({ idPrefix, split, labels }) => [idPrefix, split, ...labels!])).toEqual([
      ['data_batch_1/', 'train', 6, 0],
      ['data_batch_2/', 'train', 9],
      ['test_batch/', 'test', 3],
    ]);
    const [first, second, test] = await allPixels(source);
    expect(first).toEqual([...interleaved(32, picture(1)), ...interleaved(32, picture(2))]);
    expect(second).toEqual(interleaved(32, picture(3)));
    expect(test).toEqual(interleaved(32, picture(4)));
  });

  it('reads CIFAR-100 with its fine labels', async () => {
    put(at('c100', 'train.bin'), Uint8Array.from(record([19, 87], 1)));
    const names = Array.from({ length: 100 }, (_, i) => `fine ${i}`);
    put(at('c100', 'fine_label_names.txt'), `${names.join('\n')}\n`);
    const source = await openCifar(at('c100'));
    expect(source.classes![source.parts[0]!.labels![0]!]).toBe('fine 87');
    expect(await allPixels(source)).toEqual([interleaved(32, picture(1))]);
  });

  it('takes a file of names only if it names all classes', async () => {
    put(at('few', 'data_batch_1.bin'), Uint8Array.from(record([6], 1)));
    put(at('few', 'batches.meta.txt'), 'cat\ndog\n');
    expect((await openCifar(at('few'))).classes).toEqual(expect.arrayContaining(['frog', 'truck']));
    put(at('few', 'batches.meta.txt'), Array.from({ length: 10 }, (_, i) => `kind ${i}\n`).join('\n'));
    expect((await openCifar(at('few'))).classes![6]).toBe('kind 6');
  });

  it('refuses labels beyond its classes, and both sets in one folder', async () => {
    put(at('label', 'data_batch_1.bin'), Uint8Array.from(record([10], 0)));
    await expect(openCifar(at('label'))).rejects.toThrow(/labels from 0 to 9.*received 10/);
    put(at('both', 'data_batch_1.bin'), Uint8Array.from(record([1], 0)));
    put(at('both', 'test.bin'), Uint8Array.from(record([1, 1], 0)));
    await expect(openCifar(at('both'))).rejects.toThrow(
      /both CIFAR-10 and CIFAR-100: "data_batch_1\.bin", "test\.bin"/,
    );
  });

  it('refuses a truncated and an empty file', async () => {
    put(at('cut', 'data_batch_1.bin'), Uint8Array.from(record([1], 0)).subarray(1));
    await expect(openCifar(at('cut'))).rejects.toThrow(/records of 3073 bytes.*3072 bytes/);
    put(at('half', 'data_batch_1.bin'), Uint8Array.from([...record([1], 0), ...record([1], 0).slice(0, 1000)]));
    await expect(openCifar(at('half'))).rejects.toThrow(/records of 3073 bytes.*4073 bytes/);
    put(at('zero', 'train.bin'), '');
    await expect(openCifar(at('zero'))).rejects.toThrow(/records of 3074 bytes.*"0 bytes"/);
  });
});

describe('openStl', () => {
  const image = (seed: number) => planes(96, true, picture(seed));

  it('reads column-major images, labels from 1, and counts the unlabeled as training images', async () => {
    put(at('stl', 'train_X.bin'), Buffer.concat([image(1), image(2)]));
    put(at('stl', 'train_y.bin'), Uint8Array.of(1, 10));
    put(at('stl', 'unlabeled_X.bin'), image(3));
    put(at('stl', 'test_X.bin'), image(4));
    const source = await openStl(at('stl'));
    expect(source).toMatchObject({ kind: 'stl-10', height: 96, width: 96, channels: 3 });
    expect(source.classes![9]).toBe('truck');
    expect(source.parts.map(({ idPrefix, split, labels }) => [idPrefix, split, labels && [...labels]])).toEqual([
      ['train/', 'train', [0, 9]],
      ['unlabeled/', 'train', null],
      ['test/', 'test', null],
    ]);
    const [train, unlabeled, test] = await allPixels(source);
    expect(train).toEqual([...interleaved(96, picture(1)), ...interleaved(96, picture(2))]);
    expect(unlabeled).toEqual(interleaved(96, picture(3)));
    expect(test).toEqual(interleaved(96, picture(4)));
  });

  it('refuses truncated images and labels that do not fit', async () => {
    put(at('stl-cut', 'unlabeled_X.bin'), ramp(1000));
    await expect(openStl(at('stl-cut'))).rejects.toThrow(/images of 27648 bytes.*1000 bytes/);
    put(at('stl-few', 'train_X.bin'), image(1));
    put(at('stl-few', 'train_y.bin'), Uint8Array.of(1, 2));
    await expect(openStl(at('stl-few'))).rejects.toThrow(/1 labels.*2 bytes/);
    put(at('stl-few', 'train_y.bin'), Uint8Array.of(0));
    await expect(openStl(at('stl-few'))).rejects.toThrow(/labels from 1 to 10/);
  });
});
