import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { blockSums, isIntact } from './checksums.js';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-sums-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MIB = 2 ** 20;

it.each([0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB])('does not depend on the pieces in which %i bytes come', (size) => {
  const content = new Uint8Array(size).map((_, i) => (i * 7) % 251);
  const [whole, pieces] = [blockSums(), blockSums()];
  whole.update(content);
  for (let at = 0; at < size; at += 300_007) pieces.update(content.subarray(at, at + 300_007));
  const sums = whole.digest();
  expect(pieces.digest()).toBe(sums);
  expect(Buffer.from(sums, 'base64').length).toBe(4 * Math.ceil(size / MIB));
});

it('finds a change in any block, and remembers what was intact', async () => {
  const content = Buffer.alloc(2 * MIB + 5, 3);
  const sums = blockSums();
  sums.update(content);
  const expected = sums.digest();
  const path = join(folder, 'file');
  for (const at of [0, MIB, 2 * MIB + 4]) {
    writeFileSync(path, Buffer.from(content).fill(4, at, at + 1));
    expect(await isIntact(path, content.length, expected)).toBe(false);
  }
  writeFileSync(path, content);
  expect(await isIntact(path, content.length, expected)).toBe(true);
  writeFileSync(path, Buffer.from(content).fill(4, 0, 1));
  expect(await isIntact(path, content.length, expected)).toBe(true); // once per process
});
