import sharp from 'sharp';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import { makeVideo } from '../data/video/videos.test-util.js';
import { trackCommand } from './track.js';

const at = temporaryFolder();

test('draws a long video from the first frame to the last', async () => {
  // 62 s: 620 pictures are too many, every second one is kept.
  const video = await makeVideo(at('long.mkv'), {
    ...{ width: 48, height: 48, frames: 620, fps: 10 },
    paint: (t, x, y) =>
      x >= 10 && x < 30 && y >= 10 && y < 30 ? 90 + 120 * ((x + y) % 2) : 40 + ((x * 7 + y * 13 + 5 * t) % 30),
  });
  const words = [video, '--box', '10,10,20,20', '--out', at('long.json'), '--picture'];
  await trackCommand().parseAsync(words, { from: 'user' });
  const { delay } = await sharp(at('long.webp'), { animated: true }).metadata();
  expect(delay).toHaveLength(310);
  expect(delay!.reduce((sum, one) => sum + one, 0)).toBeCloseTo(62_000, -3);
}, 120_000);
