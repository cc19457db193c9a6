import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../tests/data-files.js';
import { tensor } from '../../engine/index.js';
import { previewData } from '../../train/preview-data.js';
import { writePreviews } from '../../train/preview-files.js';
import { RunFolder } from '../../train/run-folder.js';
import { drawPreviews } from './draw-previews.js';
import { drawSheet } from './sheet.js';

const at = temporaryFolder();

it('draws saved previews as it would draw them live', async () => {
  put(at('run', 'config.json'), '{}');
  const image = tensor([[[0, 0.4, 1]]]);
  const rows = [[{ image, caption: '90°', isCorrect: true }, { text: 'Once upon a time' }, { image }]];
  const live = {
    step: 7,
    isTrained: true,
    previews: [previewData({ title: 'T', explanation: 'E.', chance: 0.5, rows })],
  };
  await writePreviews(RunFolder.open(at('run')), live);
  const path = await drawPreviews(at('run'), 7);
  expect(path).toBe(at('run', 'previews', 'step-000000007.png'));
  expect(readFileSync(path).equals(await drawSheet(live))).toBe(true);
  expect(readdirSync(at('run', 'previews')).sort()).toEqual([
    ...['step-000000007', 'step-000000007.json', 'step-000000007.png'],
  ]);
  await expect(drawPreviews(at('run'), 8)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const [picture] = readdirSync(at('run', 'previews', 'step-000000007'));
  put(at('run', 'previews', 'step-000000007', picture!), 'no picture');
  await expect(drawPreviews(at('run'), 7)).rejects.toMatchObject({ code: 'DATA' });
});
