import { statSync } from 'node:fs';
import type { AsyncBuffer } from 'hyparquet';
import { parquetWriteFile } from 'hyparquet-writer';
import { expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../../tests/data-files.js';
import { Prng } from '../../prng.js';
import { type PlacedRow, rowsOf } from './table-rows.js';

const asked = vi.hoisted(() => ({ bytes: 0 }));
vi.mock('hyparquet', async (original) => {
  const real = await original<typeof import('hyparquet')>();
  const asyncBufferFromFile = async (path: string): Promise<AsyncBuffer> => {
    const file = await real.asyncBufferFromFile(path);
    const slice: AsyncBuffer['slice'] = (start, end = file.byteLength) => {
      asked.bytes += end - start;
      return file.slice(start, end);
    };
    return { byteLength: file.byteLength, slice };
  };
  return { ...real, asyncBufferFromFile };
});

const at = temporaryFolder();

it('reads each part of a Parquet file once, and its rows in their order', async () => {
  const path = at('long.parquet');
  const random = new Prng(5);
  const text = (): string => Array.from({ length: 40 }, () => random.below(1e9).toString(36)).join(' ');
  const texts = Array.from({ length: 9000 }, text);
  const tags = texts.map((_, i) => [`tag${i}`, 'x']);
  const columnData = [
    { name: 'text', data: texts, type: 'STRING' as const },
    { name: 'tags', data: tags },
  ];
  parquetWriteFile({ filename: path, columnData, rowGroupSize: [5000, 500, 3500] });
  const { size } = statSync(path);
  expect(size).toBeGreaterThan(2e6);
  const found: PlacedRow[] = [];
  let read = 0;
  for await (const row of rowsOf({ id: 'long', path }, ['text'], { onRead: (bytes) => (read += bytes) }))
    found.push(row);
  expect(found).toEqual(texts.map((text, i) => ({ place: String(i + 1), row: { text, tags: tags[i] } })));
  expect(read).toBeCloseTo(size, 3);
  // The end of the file, where its description is, is read by itself.
  expect(asked.bytes).toBeLessThan(size + 2 ** 20);
});

it('decodes a large row group in a bounded number of parts', async () => {
  const path = at('large.parquet');
  const data = Array.from({ length: 40_000 }, (_, i) => `text ${i}`);
  parquetWriteFile({ filename: path, columnData: [{ name: 'text', data, type: 'STRING' }], rowGroupSize: 40_000 });
  const onRead = vi.fn();
  let rows = 0;
  for await (const _ of rowsOf({ id: 'large', path }, ['text'], { onRead })) rows++;
  expect(rows).toBe(40_000);
  expect(onRead).toHaveBeenCalledTimes(16);
});
