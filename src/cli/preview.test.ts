import { existsSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { putPng, temporaryFolder } from '../../tests/data-files.js';
import type { Dataset } from '../data/index.js';
import { pretrain } from '../pretrain.js';
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

test('images are shown in the size that pretraining on the same device takes', async () => {
  vi.stubEnv('AUTODIDACT_CACHE', at('cache'));
  for (const start of [0, 1, 2, 3]) await putPng(at('large', `${start}.png`), { height: 80, width: 80, start });
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const shown = async (...words: string[]): Promise<string> => {
    said.mockClear();
    const asked = ['rotation', '--data', at('large'), '--device', 'cpu', '--out', at('rotation.png'), ...words];
    await previewCommand().parseAsync(asked, { from: 'user' });
    return said.mock.calls.join('');
  };
  let trained: Dataset | undefined;
  const training = { epochs: 1, batchSize: 4, width: 4, device: 'cpu' };
  const { folder } = await pretrain({
    ...{ method: 'rotation', data: at('large'), training, useMonitor: false, out: at('run') },
    onData: (dataset) => {
      trained = dataset;
    },
  });
  expect(folder.readConfig().data).toMatchObject({ samples: { height: 64 }, asked: { size: 64 } });
  expect(await shown()).toContain(trained!.describe());
  expect(await shown('--size', '80')).toContain('80 x 80');
  said.mockRestore();
}, 120_000);

test.each([
  ['angles', '--angles', '2'],
  ['size', '--size', '32'],
  ['channels', '--channels', '1'],
  ['length', '--length', '99'],
  ['frames', '--frames', '4'],
  ['fps', '--fps', '5'],
  ['tokenizer', '--tokenizer', 'words'],
  ['vocabulary', '--vocabulary', '99'],
  ['context', '--context', '16'],
])('%s of a run is not asked for anew', async (_, ...words) => {
  const asked = ['rotation', '--data', 'fashion-mnist:mini', '--run', at('none'), '--out', at('none.png'), ...words];
  await expect(previewCommand().parseAsync(asked, { from: 'user' })).rejects.toThrow(/^The option `\w+` was settled/);
});
