import { existsSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import { previewCommand } from './preview.js';

const at = temporaryFolder();

test('large videos are opened as the options of the paper ask for', async () => {
  vi.stubEnv('AUTODIDACT_CACHE', at('cache'));
  const data = 'synthetic:sprites?count=2&test=0&frames=42&fps=6&size=72';
  const out = at('cpc-video.png');
  // Its options for small videos ask for 8 frames, with which the paper's refuse to work.
  await previewCommand().parseAsync(['cpc-video', '--data', data, '--size', '72', '--out', out], { from: 'user' });
  expect(existsSync(out)).toBe(true);
}, 120_000);
