import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AutodidactError } from '../errors.js';
import { fromFile, memory } from './index.js';

function fails(body: () => unknown): AutodidactError {
  try {
    body();
  } catch (error) {
    expect(error).toBeInstanceOf(AutodidactError);
    return error as AutodidactError;
  }
  throw new Error('Expected an error, none was thrown');
}

describe('fromFile', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tensor-'));
    writeFileSync(join(folder, 'f'), new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('maps part of a file; writes do not reach it', () => {
    const path = join(folder, 'f');
    const before = memory().tensors;
    const part = fromFile(path, { shape: [2, 1], dtype: 'float32', offset: 4 });
    expect(part.toList()).toEqual([[2], [3]]);
    part.fill_(9);
    expect(fromFile(path, { shape: [4], dtype: 'float32' }).toNumbers()).toEqual([1, 2, 3, 4]);
    expect(fromFile(path, { shape: [2], dtype: 'uint8', offset: 2, fileBytes: 16 }).toNumbers()).toEqual([128, 63]);
    part.dispose();
    expect(memory().tensors).toBe(before + 2);
  });

  it('refuses a missing file, a short file and a misaligned offset', () => {
    const missing = fails(() => fromFile(join(folder, 'none'), { shape: [1], dtype: 'uint8' }));
    expect([missing.code, missing.message]).toEqual(['NOT_FOUND', expect.stringContaining('none')]);
    const short = join(folder, 'short');
    writeFileSync(short, new Uint8Array(16));
    truncateSync(short, 15);
    const error = fails(() => fromFile(short, { shape: [4], dtype: 'float32' }));
    expect([error.code, error.message]).toEqual(['DATA', `Expected at least 16 bytes in ${short}, received 15`]);
    expect(fails(() => fromFile(short, { shape: [1], dtype: 'float32', offset: 2 })).message).toContain(
      'multiple of 4',
    );
  });

  it.each([
    { shape: [-4] },
    { shape: [2, -2] },
    { shape: [1.5] },
    { shape: [Number.NaN] },
    { shape: [2 ** 40, 2 ** 40] },
    { shape: [2 ** 60, 0] },
    { shape: [1], offset: -4 },
    { shape: [1], offset: Number.NaN },
    { shape: [1], offset: 2 ** 60 },
    { shape: [4], fileBytes: 8 },
    { shape: [4], fileBytes: Number.NaN },
    { shape: [4], fileBytes: 17 },
  ])('refuses %o of a file with 16 bytes', (options) => {
    expect(['SHAPE', 'DATA']).toContain(
      fails(() => fromFile(join(folder, 'f'), { dtype: 'float32', ...options })).code,
    );
  });

  it('opens regular files only: a pipe would wait for a writer', () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    for (const path of [join(folder, 'pipe'), folder])
      expect(fails(() => fromFile(path, { shape: [0], dtype: 'uint8' })).message).toBe(
        `Expected a regular file at ${path}`,
      );
  });

  it('maps an empty file to an empty tensor', () => {
    writeFileSync(join(folder, 'empty'), '');
    expect(fromFile(join(folder, 'empty'), { shape: [0, 3], dtype: 'float32' }).shape).toEqual([0, 3]);
  });
});
