import { describe, expect, it } from 'vitest';
import { tensor } from '../engine/index.js';
import { readPixels, toPixels, toPng } from './pixels.js';

describe('toPixels', () => {
  it('takes gray and color images of any float type', () => {
    expect(toPixels(tensor([[[0.25, 1]]]).to('bfloat16'))).toEqual({
      ...{ width: 2, height: 1, data: Uint8Array.from([64, 64, 64, 255, 255, 255]) },
    });
    const color = tensor([
      [[1], [0]],
      [[0.2], [0.4]],
      [[0.6], [0.8]],
    ]); // (3, 2, 1)
    expect(toPixels(color)).toEqual({ width: 1, height: 2, data: Uint8Array.from([255, 51, 153, 0, 102, 204]) });
  });

  it('clips what lies outside [0, 1] and draws NaN black', () => {
    const { data } = toPixels(tensor(Float32Array.from([2, -1, Number.NaN]), { shape: [3, 1, 1] }));
    expect([...data]).toEqual([255, 0, 0]);
  });

  it('refuses what is not an image', () => {
    expect(() => toPixels(tensor([[0, 1]]))).toThrow('Expected a float image (C, H, W)');
    expect(() => toPixels(tensor([[[0]], [[1]]]))).toThrow(expect.objectContaining({ code: 'SHAPE' }));
    expect(() => toPixels(tensor([[[255]]]).to('uint8'))).toThrow('received uint8[1, 1, 1] on cpu');
  });
});

it('writes pictures that read back exactly', async () => {
  const pixels = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => 14 * i) };
  const { width, height, data } = await readPixels(await toPng(pixels));
  expect({ width, height, data: Uint8Array.from(data) }).toEqual(pixels);
});
