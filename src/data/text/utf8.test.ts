import { describe, expect, it } from 'vitest';
import { put, temporaryFolder } from '../../../tests/data-files.js';
import { readLines, readUtf8 } from './utf8.js';

const at = temporaryFolder();

async function read(content: Uint8Array | string): Promise<string> {
  let text = '';
  for await (const piece of readUtf8(put(at('file'), content))) text += piece;
  return text;
}

/** Bytes that are read at once. */
const PIECE = 2 ** 20;

describe('readUtf8', () => {
  it('reads characters and ends of lines that lie across two pieces', async () => {
    for (const character of ['\u00e9', '\u20ac', '\u{1f600}', '\r\n', '\r'])
      for (let before = PIECE - 4; before <= PIECE; before++) {
        const text = `${'a'.repeat(before)}${character}b`;
        expect(await read(text)).toBe(text.replace(/\r\n?/, '\n'));
      }
  });

  it('names the line of a wrong byte in a later piece', async () => {
    const bytes = Buffer.concat([Buffer.from(`${'line\n'.repeat(300_000)}ab`), Buffer.from([0xc3, 0x28])]);
    await expect(read(bytes)).rejects.toThrow('it is not UTF-8 in line 300001 (byte 0xC3)');
    const cut = Buffer.concat([Buffer.from('\u20ac'.repeat(400_000)), Buffer.from([0xe2, 0x82])]);
    await expect(read(cut)).rejects.toThrow('in line 1 (byte 0xE2)');
    // An overlong form and half a surrogate pair are no UTF-8 either.
    await expect(read(Buffer.from([0x41, 0xc0, 0x80]))).rejects.toThrow('(byte 0xC0)');
    await expect(read(Buffer.from([0xed, 0xa0, 0x80]))).rejects.toThrow('(byte 0xED)');
  });

  it('refuses what is no file', async () => {
    await expect(readUtf8(at('.')).next()).rejects.toThrow('is a folder');
    await expect(readUtf8(at('absent')).next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('readLines', () => {
  it('gives lines of any length up to the longest that is allowed', async () => {
    const long = 'x'.repeat(3 * PIECE);
    const path = put(at('lines'), `one\n\n${long}\n${long}y\nlast`);
    const given: [number, number | null][] = [];
    for await (const { line, bytes } of readLines(path, long.length)) given.push([line, bytes?.length ?? null]);
    expect(given).toEqual([
      [1, 3],
      [2, 0],
      [3, long.length],
      [4, null],
      [5, 4],
    ]);
  });
});
