import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { BlockFile } from './block-file.js';
import { isIntact, sumsOf } from './checksums.js';

const folder = mkdtempSync(join(tmpdir(), 'autodidact-sums-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MIB = 2 ** 20;

/** The SHA-256 of the blocks of these bytes. */
function digestsOf(content: Uint8Array): Buffer {
  const blocks = Array.from({ length: Math.ceil(content.length / MIB) }, (_, i) =>
    createHash('sha256')
      .update(content.subarray(i * MIB, (i + 1) * MIB))
      .digest(),
  );
  return Buffer.concat(blocks);
}

describe('BlockFile', () => {
  it.each([0, 1, MIB - 1, MIB, MIB + 1, 7 * MIB + 3])(
    'writes %i bytes that come in pieces, with the hash of each block',
    async (size) => {
      const content = new Uint8Array(size).map((_, i) => (i * 7 + (i >> 16)) % 251);
      const path = join(folder, `pieces-${size}`);
      const file = await BlockFile.create(path);
      const piece = Buffer.alloc(300_007);
      for (let at = 0; at < size; at += piece.length) {
        // The bytes are copied: whoever gives them may use their memory again.
        const given = piece.subarray(0, Math.min(piece.length, size - at));
        given.set(content.subarray(at, at + given.length));
        await file.append(given);
        given.fill(255);
      }
      expect(await file.end()).toEqual(digestsOf(content));
      expect(readFileSync(path).equals(content)).toBe(true);
    },
  );

  it('goes on where the disk took a part only', async () => {
    const path = join(folder, 'parts');
    const file = await BlockFile.create(path);
    const { handle } = file as unknown as { handle: FileHandle };
    const write = handle.write.bind(handle) as (b: Buffer, at: number, n: number, to: number) => Promise<unknown>;
    vi.spyOn(handle, 'write').mockImplementation(((bytes: Buffer, at: number, length: number, to: number) =>
      write(bytes, at, Math.min(length, 99_991), to)) as typeof handle.write);
    const content = new Uint8Array(MIB + 77).map((_, i) => (i * 5) % 241);
    await file.append(content);
    expect(await file.end()).toEqual(digestsOf(content));
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  it('does not write over a file', async () => {
    const path = join(folder, 'there');
    writeFileSync(path, 'kept');
    await expect(BlockFile.create(path)).rejects.toMatchObject({ code: 'IO' });
    expect(readFileSync(path, 'utf8')).toBe('kept');
  });

  it.skipIf(!existsSync('/dev/full'))('tells of a full disk, when more is appended or at the end', async () => {
    const full = async (): Promise<BlockFile> => {
      const file = await BlockFile.create(join(folder, `full-${Math.random()}`));
      const { handle } = file as unknown as { handle: FileHandle };
      const onFull = await open('/dev/full', 'w');
      vi.spyOn(handle, 'write').mockImplementation(onFull.write.bind(onFull) as typeof handle.write);
      return file;
    };
    const failing = await full();
    const append = async (): Promise<void> => {
      for (let i = 0; i < 6; i++) await failing.append(new Uint8Array(MIB));
    };
    await expect(append()).rejects.toMatchObject({ code: 'IO', message: expect.stringContaining('the disk is full') });
    await failing.abandon();
    const small = await full();
    await small.append(new Uint8Array(1));
    await expect(small.end()).rejects.toMatchObject({ code: 'IO' });
    await small.abandon();
  });
});

it('finds a change in any block, and remembers what was intact', async () => {
  const content = Buffer.alloc(2 * MIB + 5, 3);
  const expected = sumsOf(digestsOf(content));
  expect(Buffer.from(expected, 'base64').length).toBe(3 * 4);
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
