import { Writable } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import { Progress } from './progress.js';

afterEach(() => vi.restoreAllMocks());

it('draws a bar whose label and lines obey no name', async () => {
  let text = '';
  const terminal = Object.assign(
    new Writable({
      write: (chunk, _, done) => {
        text += chunk;
        done();
      },
    }),
    {
      isTTY: true,
      columns: 200,
      cursorTo: () => true,
      moveCursor: () => true,
      clearLine: () => true,
      clearScreenDown: () => true,
    },
  );
  vi.spyOn(process, 'stderr', 'get').mockReturnValue(terminal as unknown as typeof process.stderr);
  const progress = new Progress('fetching {value}\n\u001b[2J', 'files');
  progress.update(1, 4);
  progress.log('read x\n\u001b[1A.png');
  // The bar is drawn by a timer of its own.
  await vi.waitFor(() => expect(text).toContain('fetching {value}\\n\\x1b[2J '), 10_000);
  progress.stop();
  expect(text).toContain('read x\\n\\x1b[1A.png\n');
  expect(text).not.toContain('\u001b[2J');
  expect(text).not.toContain('\u001b[1A');
});
