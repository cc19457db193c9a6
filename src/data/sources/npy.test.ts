import { describe, expect, it } from 'vitest';
import { allPixels, npy, put, ramp, temporaryFolder } from '../../../tests/data-files.js';
import { openNpy } from './npy.js';

const at = temporaryFolder();

describe('openNpy', () => {
  it('reads uint8 as N x H x W and N x H x W x C', async () => {
    const gray = await openNpy(put(at('gray.npy'), npy('|u1', '2, 3, 4', ramp(24))));
    expect(gray).toMatchObject({ height: 3, width: 4, channels: 1, classes: null });
    expect(await allPixels(gray)).toEqual([[...ramp(24)]]);
    const color = await openNpy(put(at('color.npy'), npy('|u1', '2, 2, 2, 3', ramp(24))));
    expect(color).toMatchObject({ height: 2, width: 2, channels: 3 });
    expect(await allPixels(color)).toEqual([[...ramp(24)]]);
  });

  it('reads the longer header of version 2', async () => {
    const data = ramp(4);
    const first = npy('|u1', '1, 2, 2', data);
    const text = first.subarray(10, first.length - data.length);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(text.length);
    const second = Buffer.concat([Buffer.from('\x93NUMPY\x02\x00', 'latin1'), size, text, data]);
    expect(await allPixels(await openNpy(put(at('second.npy'), second)))).toEqual([[...data]]);
  });

  it('takes channels for the last axis where both could be them', async () => {
    const source = await openNpy(put(at('either.npy'), npy('|u1', '2, 3, 4, 3', ramp(72))));
    expect(source).toMatchObject({ height: 3, width: 4, channels: 3 });
    expect(await allPixels(source)).toEqual([[...ramp(72)]]);
  });

  it('reads N x C x H x W', async () => {
    // Two images of 3 x 1 x 2: R R G G B B.
    const planar = Uint8Array.of(1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16);
    const source = await openNpy(put(at('planar.npy'), npy('|u1', '2, 3, 1, 2', planar)));
    expect(source).toMatchObject({ height: 1, width: 2, channels: 3 });
    expect(await allPixels(source)).toEqual([[1, 3, 5, 2, 4, 6, 11, 13, 15, 12, 14, 16]]);
  });

  it('scales floats in 0..1 and only rounds floats in 0..255', async () => {
    const unit = npy('<f4', '1, 1, 4', Float32Array.of(0, 0.5, 1, 0.2));
    expect(await allPixels(await openNpy(put(at('unit.npy'), unit)))).toEqual([[0, 128, 255, 51]]);
    const bytes = npy('<f8', '1, 1, 4', Float64Array.of(0, 1.4, 200.6, 255));
    expect(await allPixels(await openNpy(put(at('bytes.npy'), bytes)))).toEqual([[0, 1, 201, 255]]);
  });

  it('refuses floats a little above 1, which are neither', async () => {
    const path = put(at('above.npy'), npy('<f4', '1, 1, 4', Float32Array.of(0, 0.5, 1.25, 0.2)));
    await expect(openNpy(path)).rejects.toThrow(/0\.\.1 or 0\.\.255.*values up to 1\.25.*array\.clip\(0, 1\)/);
  });

  it('reads labels beside it, named by the numbers that occur', async () => {
    const path = put(at('labeled.npy'), npy('|u1', '3, 1, 1', ramp(3)));
    put(at('labeled.labels.npy'), npy('<i8', '3,', BigInt64Array.of(2n, -1n, 0n)));
    const source = await openNpy(path);
    expect(source.classes).toEqual(['0', '2']);
    expect([...source.parts[0]!.labels!]).toEqual([1, -1, 0]);
    put(at('labeled.labels.npy'), npy('<i8', '2,', BigInt64Array.of(2n, 0n)));
    await expect(openNpy(path)).rejects.toThrow(/should hold 3 labels, one per image, not 2/);
    put(at('labeled.labels.npy'), npy('<f8', '3,', Float64Array.of(0, 1, 2)));
    await expect(openNpy(path)).rejects.toThrow(/labels of type .*"<f8"\. Save them as `labels\.astype\("int64"\)`/);
    put(at('labeled.labels.npy'), npy('<i8', '3, 1', BigInt64Array.of(2n, -1n, 0n)));
    await expect(openNpy(path)).rejects.toThrow(/one per image, not 3 x 1\. Save them as `labels\.reshape\(-1\)`/);
    put(at('labeled.labels.npy'), npy('<i8', '', BigInt64Array.of(2n)));
    await expect(openNpy(path)).rejects.toThrow(/one per image, not a single number$/);
  });

  it.each(['<U3', '|S3', '|O', '<M8[ns]'])('does not tell to make numbers of labels of type %s', async (type) => {
    const path = put(at('texts.npy'), npy('|u1', '1, 2, 2', ramp(4)));
    put(at('texts.labels.npy'), npy(type, '1,', new Uint8Array(12)));
    await expect(openNpy(path)).rejects.toThrow(/class names in a table.*--label-file.*numpy\.unique/);
    await expect(openNpy(path)).rejects.not.toThrow(/astype/);
  });

  it.each<[string, ArrayBufferView, string[], number[]]>([
    ['<i8', BigInt64Array.of(2n ** 32n, 2n ** 31n, -(2n ** 63n), 0n), ['0', '2147483648', '4294967296'], [2, 1, -1, 0]],
    [
      '<u8',
      BigUint64Array.of(2n ** 64n - 1n, 2n ** 64n - 2n, 5n, 5n),
      ['5', '18446744073709551614', '18446744073709551615'],
      [2, 1, 0, 0],
    ],
    ['<u4', Uint32Array.of(2 ** 32 - 1, 100_000_000, 7, 7), ['7', '100000000', '4294967295'], [2, 1, 0, 0]],
    ['<u2', Uint16Array.of(65_535, 0, 1, 1), ['0', '1', '65535'], [2, 0, 1, 1]],
    ['|i1', Int8Array.of(-128, 127, 0, -1), ['0', '127'], [-1, 1, 0, -1]],
  ])('keeps labels of type %s apart, however large', async (type, values, classes, labels) => {
    const name = type.slice(1);
    put(at(`${name}.labels.npy`), npy(type, '4,', values));
    const source = await openNpy(put(at(`${name}.npy`), npy('|u1', '4, 2, 2', ramp(16))));
    expect(source.classes).toEqual(classes);
    expect([...source.parts[0]!.labels!]).toEqual(labels);
  });

  // What NumPy makes of an array of the shape.
  const INDEXED: Record<string, (shape: number[]) => number[]> = {
    'array[None]': (shape) => [1, ...shape],
    'array[..., None]': (shape) => [...shape, 1],
    'array[..., :3]': (shape) => [...shape.slice(0, -1), 3],
    'array[:, :3]': ([count, , ...size]) => [count!, 3, ...size],
    'array[None, ..., :3]': (shape) => [1, ...shape.slice(0, -1), 3],
  };
  const zeros = (shape: number[]) => npy('|u1', shape.join(', '), ramp(shape.reduce((all, size) => all * size, 1)));

  it.each([
    [
      [224, 224, 3],
      ['array[None]', 'array[..., None]'],
      [1, 224],
    ],
    [
      [2, 2, 3],
      ['array[None]', 'array[..., None]'],
      [1, 2],
    ],
    [
      [28, 28, 1],
      ['array[None]', 'array[..., None]'],
      [1, 28],
    ],
    [
      [6, 5, 4],
      ['array[None, ..., :3]', 'array[..., None]'],
      [1, 6],
    ],
    [[6, 5], ['array[None]'], [1]],
    [[2, 6, 5, 4], ['array[..., :3]'], [2]],
    [[2, 4, 6, 5], ['array[:, :3]'], [2]],
  ])('refuses an array of shape %j, and opens what the message says to save', async (shape, said, counts) => {
    const path = put(at('refused.npy'), zeros(shape));
    const message = await openNpy(path).then(
      () => 'opened',
      (error: Error) => error.message,
    );
    if (shape.length === 3) expect(message).toContain('which may be one image');
    expect([...message.matchAll(/`(array[^`]*)`/g)].map(([, code]) => code)).toEqual(said);
    for (const [i, code] of said.entries()) {
      const source = await openNpy(put(at('saved.npy'), zeros(INDEXED[code]!(shape))));
      expect(source.parts[0]!.count).toBe(counts[i]);
    }
  });

  it('notes that three gray images might be one of three channels', async () => {
    const path = put(at('planes.npy'), npy('|u1', '3, 8, 9', ramp(216)));
    const source = await openNpy(path);
    expect(source).toMatchObject({ height: 8, width: 9, channels: 1, parts: [{ count: 3 }] });
    expect(source.note).toBe('planes.npy is read as 3 gray images of 9 x 8; save one color image as `array[None]`.');
    expect((await openNpy(put(at('gray.npy'), npy('|u1', '4, 8, 8', ramp(256))))).note).toBeUndefined();
  });

  it.each([
    ['text', Buffer.from('hello'), /begins with \\x93NUMPY.*"hello"/],
    ['an empty file', Buffer.alloc(0), /NUMPY/],
    [
      'int64',
      npy('<i8', '1, 1, 1', new BigInt64Array(1)),
      /type \|u1, <f4, <f8.*"<i8".*before `astype.*array\.clip\(0\) \/ array\.max\(\)/,
    ],
    ['int16', npy('<i2', '1, 1, 1', new Int16Array(1)), /array\.clip\(0\) \/ array\.max\(\) \* 255\)\.round\(\)/],
    ['uint16', npy('<u2', '1, 1, 1', new Uint16Array(1)), /before `astype\("uint8"\)`, which cuts off higher bits/],
    ['booleans', npy('|b1', '1, 1, 1', new Uint8Array(1)), /`array\.astype\("uint8"\) \* 255`/],
    ['half floats', npy('<f2', '1, 1, 1', new Uint16Array(1)), /`array\.astype\("float32"\)`/],
    ['text in an array', npy('<U3', '1, 1, 1', new Uint8Array(12)), /arrays of numbers/],
    ['the magic alone', Buffer.from('\x93NUMPY', 'latin1'), /a NumPy header.*a file of 6 bytes/],
    ['Fortran order', npy('|u1', '1, 2, 2', ramp(4), 'True'), /Fortran order.*ascontiguousarray/],
    ['a vector', npy('|u1', '4,', ramp(4)), /N x H x W.*received "4"/],
    ['five channels', npy('|u1', '1, 2, 2, 5', ramp(20)), /1 or 3 channels.*"1 x 2 x 2 x 5"/],
    ['no images', npy('|u1', '0, 2, 2', ramp(0)), /"0 x 2 x 2"/],
    ['negative floats', npy('<f4', '1, 1, 2', Float32Array.of(-1, 1)), /values in 0..1 or 0..255.*received -1/],
    ['NaN', npy('<f4', '1, 1, 2', Float32Array.of(Number.NaN, 1)), /received NaN/],
  ])('refuses %s', async (name, content, message) => {
    await expect(openNpy(put(at(`${name}.npy`), content))).rejects.toThrow(message);
  });

  it('holds what the header announces against the length of the file', async () => {
    const short = put(at('short.npy'), npy('|u1', '3, 2, 2', ramp(9)));
    await expect(openNpy(short)).rejects.toThrow(/should hold 3 records, but it ends after 2/);
    const long = put(at('long.npy'), npy('|u1', '2, 2, 2', ramp(9)));
    await expect(openNpy(long)).rejects.toThrow(/more bytes follow/);
    const endless = put(at('endless.npy'), npy('|u1', '1000000000000, 1, 1', ramp(64)));
    await expect(openNpy(endless)).rejects.toThrow(/should hold 1000000000000 records, but it ends after 64/);
    const wide = put(at('wide.npy'), npy('<f8', '1, 100000000, 100000000', ramp(64)));
    await expect(openNpy(wide)).rejects.toThrow(/images of at most 536870912 bytes/);
    const few = put(at('few.npy'), npy('|u1', '2, 1, 1', ramp(2)));
    put(at('few.labels.npy'), npy('<i8', '2,', BigInt64Array.of(1n)));
    await expect(openNpy(few)).rejects.toThrow(/few\.labels\.npy should hold 2 records, but it ends after 1/);
  });
});
