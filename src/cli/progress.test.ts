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

it('reckons the rate of each piece of work by itself', () => {
  const lines: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation(((line: string) => lines.push(line.trim()) > 0) as never);
  let seconds = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => 1000 * seconds);
  const progress = new Progress('reading data', 'samples');
  const at = (now: number, done: number, unit?: string) => {
    seconds = now;
    progress.update(done, 100, undefined, unit);
  };
  at(20, 100);
  at(40, 1);
  at(50, 21);
  at(60, 10, 'files');
  at(70, 30, 'files');
  expect(lines).toEqual([
    'reading data: 100 of 100 samples, 5.0 samples/s, 0.0 s left',
    'reading data: 1 of 100 samples',
    'reading data: 21 of 100 samples, 2.0 samples/s, 40 s left',
    'reading data: 10 of 100 files',
    'reading data: 30 of 100 files, 2.0 files/s, 35 s left',
  ]);
});
