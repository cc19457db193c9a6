import { expect, test } from 'vitest';
import { compareCommand } from './compare.js';

const run = (...words: string[]) => compareCommand().parseAsync(['--resume', 'nowhere', ...words], { from: 'user' });

test.each([
  ['--size', '32'],
  ['--limit', '5'],
  ['--frames', '8'],
  ['--tokenizer', 'words'],
  ['--blocks', '2'],
  ['--label-file', 'a.csv'],
])('a comparison that goes on takes no %s', async (...words) => {
  await expect(run(...words)).rejects.toThrow('A comparison goes on as it began: --resume stands alone');
});

test('a comparison goes on without other options', async () => {
  await expect(run()).rejects.toThrow('nowhere');
});
