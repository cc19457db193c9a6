import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { readMaskFile, VOC_PALETTE } from '../../data/mask-file.js';
import { ensureFfmpeg } from '../../data/video/ffmpeg.js';
import { makeVideo } from '../../data/video/videos.test-util.js';
import { MaskFollower } from '../../evaluate/propagation/mask-follower.js';
import { clipEncoder, imageEncoder } from '../../evaluate/propagation/videos.test-util.js';
import { PROPAGATION_RULES } from '../../networks/propagation/rule.js';
import { followVideo } from './follow-video.js';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-follow-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A bright square of 12 pixels on black that moves two pixels to the right in each frame, starting at 4. */
const SIZE = { width: 64, height: 32 };
const isSquare = (t: number, x: number, y: number): boolean => x >= 4 + 2 * t && x < 16 + 2 * t && y >= 10 && y < 22;
const MASK = Uint8Array.from({ length: 64 * 32 }, (_, i) => (isSquare(0, i % 64, Math.floor(i / 64)) ? 3 : 0));

async function followed(
  encoder: ReturnType<typeof imageEncoder>,
  name: string,
  more: { range?: { from: number; to: number } } = {},
) {
  const path = await makeVideo(join(folder, 'square.mkv'), {
    ...{ ...SIZE, frames: 9, fps: 10 },
    paint: (t, x, y) => (isSquare(t, x, y) ? 220 : 20),
  });
  const mask = { ...SIZE, data: MASK };
  const follower = new MaskFollower({
    ...{ encoder, rule: { ...PROPAGATION_RULES.crw, last: 3 }, layer: 'layer1', mask, input: SIZE, output: SIZE },
  });
  const out = join(folder, name);
  const shares: number[] = [];
  const result = await followVideo({
    ...{ path, ffmpeg: await ensureFfmpeg(), follower, input: SIZE, output: SIZE, palette: VOC_PALETTE, folder: out },
    ...{ explanation: 'A square.', step: 3, onProgress: (share: number) => void shares.push(share), ...more },
  });
  follower.dispose();
  return { result, follower, out, shares };
}

test.each([
  ['images', () => imageEncoder(2)],
  ['clips', () => clipEncoder(2, 'frames-resnet18')],
] as const)(
  'a bright square is followed with an untrained encoder of %s, and everything is written',
  async (name, make) => {
    const { result, follower, out, shares } = await followed(make(), name);
    expect(result).toMatchObject({ frames: 9, flaw: null });
    expect([follower.objects, follower.lost, follower.grid]).toEqual([[3], [], { height: 32, width: 64 }]);
    expect(readdirSync(join(out, 'masks'))).toEqual(
      Array.from({ length: 9 }, (_, t) => `${String(t).padStart(5, '0')}.png`),
    );
    const first = await readMaskFile(join(out, 'masks', '00000.png'));
    expect(first).toEqual({ ...SIZE, data: MASK, palette: VOC_PALETTE });
    const last = await readMaskFile(join(out, 'masks', '00008.png'));
    let [both, either, kept] = [0, 0, 0];
    for (const [i, value] of last.data.entries()) {
      const truth = isSquare(8, i % 64, Math.floor(i / 64));
      expect([0, 3]).toContain(value);
      both += Number(truth && value === 3);
      either += Number(truth || value === 3);
      kept += Number(truth && MASK[i] === 3);
    }
    // A mask that stays where it is has nothing in common with the square after 16 pixels.
    expect(kept).toBe(0);
    expect(both / either).toBeGreaterThan(0.7);
    const sheet = await sharp(result.sheet).metadata();
    expect(sheet.format).toBe('png');
    expect((await sharp(result.animation, { animated: true }).metadata()).pages).toBe(9);
    expect(shares.length).toBeGreaterThan(1);
  },
);

test('a part of a video is followed from its first frame on', async () => {
  const { result, out } = await followed(imageEncoder(2), 'part', { range: { from: 0.35, to: 0.75 } });
  expect(Array.from(result.times, (time) => Math.round(10 * time))).toEqual([4, 5, 6, 7]);
  expect(readdirSync(join(out, 'masks'))).toHaveLength(4);
});

test('of a single frame its mask is written, a sheet and a picture', async () => {
  const { result, out } = await followed(imageEncoder(2), 'single', { range: { from: 0, to: 0.05 } });
  expect(result.frames).toBe(1);
  expect(readdirSync(out).sort()).toEqual(['masks', 'overlay.webp', 'sheet.png']);
  expect((await sharp(result.animation).metadata()).width).toBe(64);
});

test('a mask without an object, and objects that no cell has, are told', async () => {
  const options = { encoder: imageEncoder(1), rule: PROPAGATION_RULES.dino, input: SIZE, output: SIZE };
  expect(() => new MaskFollower({ ...options, mask: { ...SIZE, data: new Uint8Array(64 * 32) } })).toThrow(
    'The mask has no object: every pixel is 0. Give the pixels of each object a number from 1 on.',
  );
  const data = Uint8Array.from(MASK);
  data[28 * 64 + 1] = 9;
  const { ops } = await import('../../engine/index.js');
  const follower = new MaskFollower({ ...options, layer: 'layer3', mask: { ...SIZE, data } });
  await follower.next(ops.zeros([1, 3, 32, 64], { dtype: 'uint8' }));
  expect(follower.lost).toEqual([9]);
  follower.dispose();
});

test('a file that is no video is refused', async () => {
  const path = join(folder, 'no.mp4');
  writeFileSync(path, 'no video');
  const follower = new MaskFollower({
    ...{
      encoder: imageEncoder(1),
      rule: PROPAGATION_RULES.crw,
      mask: { ...SIZE, data: MASK },
      input: SIZE,
      output: SIZE,
    },
  });
  const ffmpeg = await ensureFfmpeg();
  const asked = { path, ffmpeg, follower, input: SIZE, output: SIZE, palette: VOC_PALETTE };
  await expect(followVideo({ ...asked, folder: join(folder, 'no'), explanation: '', step: 0 })).rejects.toThrow(
    'no.mp4 cannot be read',
  );
});
