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

  it('reads labels beside it', async () => {
    const path = put(at('labeled.npy'), npy('|u1', '3, 1, 1', ramp(3)));
    put(at('labeled.labels.npy'), npy('<i8', '3,', BigInt64Array.of(2n, -1n, 0n)));
    const source = await openNpy(path);
    expect(source.classes).toEqual(['0', '1', '2']);
    expect([...source.parts[0]!.labels!]).toEqual([2, -1, 0]);
    put(at('labeled.labels.npy'), npy('<i8', '2,', BigInt64Array.of(2n, 0n)));
    await expect(openNpy(path)).rejects.toThrow(/should hold 3 labels, one per image, not 2/);
  });

  it.each([
    ['text', Buffer.from('hello'), /begins with \\x93NUMPY.*"hello"/],
    ['an empty file', Buffer.alloc(0), /NUMPY/],
    ['int64', npy('<i8', '1, 1, 1', new BigInt64Array(1)), /type \|u1, <f4, <f8.*"<i8".*astype/],
    ['Fortran order', npy('|u1', '1, 2, 2', ramp(4), 'True'), /Fortran order.*ascontiguousarray/],
    ['a vector', npy('|u1', '4,', ramp(4)), /N x H x W.*received "4"/],
    ['five channels', npy('|u1', '1, 2, 2, 5', ramp(20)), /1 or 3 channels.*"1 x 2 x 2 x 5"/],
    ['no images', npy('|u1', '0, 2, 2', ramp(0)), /"0 x 2 x 2"/],
    ['negative floats', npy('<f4', '1, 1, 2', Float32Array.of(-1, 1)), /values in 0..1 or 0..255.*received -1/],
    ['NaN', npy('<f4', '1, 1, 2', Float32Array.of(Number.NaN, 1)), /received NaN/],
  ])('refuses %s', async (name, content, message) => {
    await expect(openNpy(put(at(`${name}.npy`), content))).rejects.toThrow(message);
  });

  it('notices a truncated file', async () => {
    const source = await openNpy(put(at('short.npy'), npy('|u1', '3, 2, 2', ramp(9))));
    await expect(allPixels(source)).rejects.toThrow(/should hold 3 records, but it ends after 2/);
  });
});
