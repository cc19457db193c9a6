import { expect, it } from 'vitest';
import { tensor } from '../engine/index.js';
import { grayPictures } from './picture.js';

it('makes frames gray by the weights of BT.601, whatever their memory format', () => {
  const colors = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
    [10, 20, 30],
    [1, 1, 2],
  ];
  const frames = tensor(Uint8Array.from(colors.flat()), { shape: [1, 2, 3, 3] }).permute([0, 3, 1, 2]);
  const wanted = colors.map(([r, g, b]) => Math.floor((4899 * r! + 9617 * g! + 1868 * b! + 8192) / 16384));
  expect(wanted.slice(0, 4)).toEqual([76, 150, 29, 255]);
  for (const batch of [frames, frames.contiguous()]) {
    const [picture] = grayPictures(batch);
    expect(picture).toEqual({ data: Uint8Array.from(wanted), width: 3, height: 2 });
  }
});

it('gives one picture for each frame and leaves gray ones as they are', () => {
  const bytes = Uint8Array.from({ length: 24 }, (_, i) => i);
  const pictures = grayPictures(tensor(bytes, { shape: [2, 1, 3, 4] }));
  expect(pictures.map(({ data }) => [...data])).toEqual([[...bytes.slice(0, 12)], [...bytes.slice(12)]]);
});

it('refuses other tensors', () => {
  const bytes = new Uint8Array(24);
  for (const shape of [
    [2, 2, 2, 3],
    [3, 2, 4],
  ])
    expect(() => grayPictures(tensor(bytes, { shape }))).toThrow('Expected uint8 (T, C, H, W) with 1 or 3 channels');
});
