import * as hyparquet from 'hyparquet';
import { expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../tests/data-files.js';
import { Generator, ops } from '../engine/index.js';
import { writeEmbeddings } from './embeddings.js';
import { readEmbeddings } from './read-embeddings.js';

vi.mock('hyparquet', { spy: true });
const at = temporaryFolder();

it('reads one row group at a time', async () => {
  // 2^21 numbers at a time are written: 2 rows of 2^20.
  const features = ops.randn([3, 2 ** 20], { generator: new Generator(1) });
  writeEmbeddings(at('wide.parquet'), { ids: ['a', 'b', 'c'], features, labels: ['x', 'y', null] });
  const read = await readEmbeddings(at('wide.parquet'));
  const ranges = vi.mocked(hyparquet.parquetReadObjects).mock.calls.map(([{ rowStart, rowEnd }]) => [rowStart, rowEnd]);
  expect(ranges).toEqual([
    [0, 2],
    [2, 3],
  ]);
  expect(read).toMatchObject({ ids: ['a', 'b', 'c'], labels: ['x', 'y', null] });
  expect(read.features.equal(features)).toBe(true);
});
