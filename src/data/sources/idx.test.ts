import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { allPixels, idx, put, ramp, temporaryFolder } from '../../../tests/data-files.js';
import { Prng } from '../prng.js';
import { openIdx } from './idx.js';
import { pixelsOf } from './source.js';

const at = temporaryFolder();
const IMAGES = 'train-images-idx3-ubyte';
const LABELS = 'train-labels-idx1-ubyte';

describe('openIdx', () => {
  it('reads a folder of four files, plain and gzipped, training first', async () => {
    put(at('mnist', IMAGES), idx([3, 2, 4], ramp(24)));
    put(at('mnist', LABELS), idx([3], Uint8Array.of(2, 0, 1)));
    put(at('mnist', 't10k-images-idx3-ubyte.gz'), gzipSync(idx([2, 2, 4], ramp(16, 5))));
    put(at('mnist', 't10k-labels-idx1-ubyte.gz'), gzipSync(idx([2], Uint8Array.of(1, 1))));
    const source = await openIdx(at('mnist'));
    expect(source).toMatchObject({ height: 2, width: 4, channels: 1, classes: ['0', '1', '2'] });
    expect(source.parts.map(({ split, count, idPrefix }) => [split, count, idPrefix])).toEqual([
      ['train', 3, 'train/'],
      ['test', 2, 'test/'],
    ]);
    expect(source.parts.map(({ labels }) => [...labels!])).toEqual([
      [2, 0, 1],
      [1, 1],
    ]);
    expect(await allPixels(source)).toEqual([[...ramp(24)], [...ramp(16, 5)]]);
  });

  it('reads one file alone, with and without labels, and images of three channels', async () => {
    const alone = put(at('alone', 'images.idx4-ubyte'), idx([1, 2, 2, 3], ramp(12)));
    expect(await openIdx(alone)).toMatchObject({ channels: 3, classes: null, parts: [{ split: null, labels: null }] });
    put(at('alone', 'labels.idx1-ubyte'), idx([1], Uint8Array.of(4)));
    const labeled = await openIdx(alone, ['a', 'b', 'c', 'd', 'e']);
    expect(labeled.classes).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await allPixels(labeled)).toEqual([[...ramp(12)]]);
  });

  it('streams files larger than one piece', async () => {
    const big = ramp(5 * 1024 * 1024);
    const source = await openIdx(put(at('big', IMAGES), idx([5120, 32, 32], big)));
    const pieces: Uint8Array[] = [];
    for await (const piece of source.parts[0]!.pixels()) pieces.push(pixelsOf(piece));
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.every((piece) => piece.length % 1024 === 0)).toBe(true);
    expect(Buffer.concat(pieces).equals(big)).toBe(true);
  });

  it('changes its identity with the file', async () => {
    const path = put(at('identity', IMAGES), idx([1, 2, 2], ramp(4)));
    const before = (await openIdx(path)).parts[0]!.identity;
    put(path, idx([2, 2, 2], ramp(8)));
    expect((await openIdx(path)).parts[0]!.identity).not.toBe(before);
  });

  it.each([
    ['a foreign file', Buffer.from('hello world, I am no IDX'), /is no IDX file of uint8.*68656c6c/],
    ['an empty file', Buffer.alloc(0), /an empty file/],
    ['a file of floats', Buffer.from([0, 0, 13, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]), /no IDX file of uint8/],
    ['labels called images', idx([3], ramp(3)), /N x H x W/],
    ['no images', idx([0, 2, 2], ramp(0)), /received "0 x 2 x 2"/],
  ])('refuses %s', async (name, content, message) => {
    await expect(openIdx(put(at(name, IMAGES), content))).rejects.toThrow(message);
  });

  it('notices truncated and overlong files before they are read', async () => {
    const short = put(at('short', IMAGES), idx([3, 2, 2], ramp(9)));
    await expect(openIdx(short)).rejects.toThrow(/should hold 3 records, but it ends after 2/);
    const long = put(at('long', IMAGES), idx([1, 2, 2], ramp(5)));
    await expect(openIdx(long)).rejects.toThrow(/more bytes follow/);
  });

  it('holds what the header announces against the length of the file', async () => {
    const many = put(at('many', IMAGES), idx([4_000_000_000, 1, 1], ramp(4)));
    await expect(openIdx(many)).rejects.toThrow(/should hold 4000000000 records, but it ends after 4/);
    const wide = put(at('wide', IMAGES), idx([1, 60_000, 60_000], ramp(4)));
    await expect(openIdx(wide)).rejects.toThrow(/images of at most 536870912 bytes.*3600000000 bytes/);
    const zipped = put(at('zipped', `${IMAGES}.gz`), gzipSync(idx([4_000_000, 28, 28], ramp(784))));
    await expect(openIdx(zipped)).rejects.toThrow(
      /should hold 4000000 records, but its \d+ compressed bytes cannot hold/,
    );
    // A bomb: 64 MB of zeros behind the announced labels.
    put(at('bomb', IMAGES), idx([2, 2, 2], ramp(8)));
    put(at('bomb', `${LABELS}.gz`), gzipSync(idx([2], new Uint8Array(64 << 20))));
    await expect(openIdx(at('bomb'))).rejects.toThrow(/should hold 2 records, but more bytes follow/);
  });

  it('notices a gzipped file that is cut when it is read', async () => {
    // Noise, which gzip cannot shrink: half of the file is then less than all of the images.
    const prng = new Prng(1);
    const whole = gzipSync(
      idx(
        [500, 20, 20],
        Uint8Array.from({ length: 200_000 }, () => prng.below(256)),
      ),
    );
    const cut = await openIdx(put(at('cut', `${IMAGES}.gz`), whole.subarray(0, 100_000)));
    await expect(allPixels(cut)).rejects.toThrow(/Could not decompress .*: unexpected end of file/);
  });

  it('refuses labels that are too few and images of two sizes', async () => {
    put(at('few', IMAGES), idx([3, 2, 2], ramp(12)));
    put(at('few', LABELS), idx([2], ramp(2)));
    await expect(openIdx(at('few'))).rejects.toThrow(/3 labels, one per image.*2 announced/);
    put(at('sizes', IMAGES), idx([1, 2, 2], ramp(4)));
    put(at('sizes', 't10k-images-idx3-ubyte'), idx([1, 3, 3], ramp(9)));
    await expect(openIdx(at('sizes'))).rejects.toThrow(/images of 2 x 2 x 1.*received "3 x 3 x 1"/);
  });

  it('refuses several sets of one split, by name', async () => {
    for (const set of ['letters', 'digits']) {
      for (const part of ['train', 'test']) {
        put(at('emnist', `emnist-${set}-${part}-images-idx3-ubyte`), idx([1, 2, 2], ramp(4)));
        put(at('emnist', `emnist-${set}-${part}-labels-idx1-ubyte`), idx([1], Uint8Array.of(1)));
      }
    }
    await expect(openIdx(at('emnist'))).rejects.toThrow(
      /several sets of train images: "emnist-digits-train-images-idx3-ubyte", "emnist-letters-train-images-idx3-ubyte"/,
    );
    const one = await openIdx(at('emnist', 'emnist-letters-train-images-idx3-ubyte'));
    expect(one).toMatchObject({ classes: ['1'], parts: [{ count: 1 }] });
    for (const name of [IMAGES, 'train-images.idx3-ubyte']) put(at('spellings', name), idx([1, 2, 2], ramp(4)));
    await expect(openIdx(at('spellings'))).rejects.toThrow(/several sets of train images/);
  });

  it('knows validation images, and finds labels in the other spelling', async () => {
    put(at('val', IMAGES), idx([1, 2, 2], ramp(4)));
    put(at('val', 'train-labels.idx1-ubyte'), idx([1], Uint8Array.of(3)));
    put(at('val', 'val-images-idx3-ubyte'), idx([1, 2, 2], ramp(4)));
    const { parts, classes } = await openIdx(at('val'));
    expect(parts.map(({ split, labels }) => [split, labels && [...labels]])).toEqual([
      ['train', [0]],
      ['val', null],
    ]);
    expect(classes).toEqual(['3']);
    put(at('val', LABELS), idx([1], Uint8Array.of(4)));
    await expect(openIdx(at('val'))).rejects.toThrow(/two files of labels: .*"train-labels\.idx1-ubyte"/);
  });

  it('notices a gzipped file that holds fewer images than it says, when it is read', async () => {
    const few = put(at('short', `${IMAGES}.gz`), gzipSync(idx([3, 2, 4], ramp(16))));
    await expect(allPixels(await openIdx(few))).rejects.toThrow(/should hold 3 records, but it ends after 2/);
  });

  it('takes the plain file where a gzipped one of its name lies beside it', async () => {
    put(at('both', IMAGES), idx([1, 2, 2], ramp(4, 9)));
    put(at('both', `${IMAGES}.gz`), gzipSync(idx([1, 2, 2], ramp(4, 1))));
    const { parts, ...rest } = await openIdx(at('both'));
    expect(parts).toHaveLength(1);
    expect(await allPixels({ parts, ...rest })).toEqual([[...ramp(4, 9)]]);
  });

  it('names the labels that occur, in common for all parts, unless names are given', async () => {
    const path = at('names');
    put(at('names', IMAGES), idx([2, 1, 1], ramp(2)));
    put(at('names', LABELS), idx([2], Uint8Array.of(26, 1)));
    put(at('names', 't10k-images-idx3-ubyte'), idx([1, 1, 1], ramp(1)));
    put(at('names', 't10k-labels-idx1-ubyte'), idx([1], Uint8Array.of(7)));
    const numbers = await openIdx(path);
    expect(numbers.classes).toEqual(['1', '7', '26']);
    expect(numbers.parts.map(({ labels }) => [...labels!])).toEqual([[2, 0], [1]]);
    const letters = Array.from({ length: 27 }, (_, i) => String.fromCharCode(64 + i));
    const named = await openIdx(path, letters);
    expect(named.classes).toEqual(letters);
    expect(named.parts.map(({ labels }) => [...labels!])).toEqual([[26, 1], [7]]);
    expect((await openIdx(path, ['a', 'b'])).classes).toEqual(['1', '7', '26']);
    expect((await openIdx(path, letters.slice(0, 26))).classes).toEqual(['1', '7', '26']);
  });

  it('does not open a FIFO', async () => {
    spawnSync('mkdir', [at('fifo')]);
    spawnSync('mkfifo', [at('fifo', IMAGES)]);
    await expect(openIdx(at('fifo'))).rejects.toThrow(/is a FIFO, not a regular file/);
  });
});
