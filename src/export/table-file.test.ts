import { readFileSync } from 'node:fs';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { expect, it } from 'vitest';
import { put, temporaryFolder } from '../../tests/data-files.js';
import { tensor } from '../engine/index.js';
import { writeEmbeddings } from './embeddings.js';
import { readEmbeddings } from './read-embeddings.js';
import { writeTable } from './table-file.js';

const at = temporaryFolder();
const columns = ['rank', 'id', 'cosine', 'label'];
const rows = [
  [1, 'a,"b".png', 0.5, 'x'],
  [2, 'c.png', 1, null],
];

it('writes one table in three forms', async () => {
  for (const ending of ['parquet', 'json', 'csv']) writeTable(at('deep', `t.${ending}`), columns, rows);
  const wanted = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
  expect(JSON.parse(readFileSync(at('deep', 't.json'), 'utf8'))).toEqual(wanted);
  expect(readFileSync(at('deep', 't.csv'), 'utf8')).toBe(
    'rank,id,cosine,label\r\n1,"a,""b"".png",0.5,x\r\n2,c.png,1,\r\n',
  );
  const file = await asyncBufferFromFile(at('deep', 't.parquet'));
  const read = await parquetReadObjects({ file });
  expect(read.map((row) => ({ ...row, label: row.label ?? null }))).toEqual(wanted);
  expect(() => writeTable(at('t.txt'), columns, rows)).toThrow('.parquet, .json, .csv');
});

it('reads embeddings as they were written, with the encoder that they are from', async () => {
  const features = tensor([
    [1, 2, 3],
    [4, 5, 6.5],
  ]);
  writeEmbeddings(at('e.parquet'), { ids: ['a', 'b'], features, labels: ['x', null], encoder: 'abc' });
  const read = await readEmbeddings(at('e.parquet'));
  expect(read).toMatchObject({ ids: ['a', 'b'], labels: ['x', null], encoder: 'abc' });
  expect(read.features.toList()).toEqual(features.toList());
  writeEmbeddings(at('f.parquet'), { ids: ['a', 'b'], features });
  expect(await readEmbeddings(at('f.parquet'))).toMatchObject({ labels: null, encoder: null });
});

it('refuses what holds no embeddings', async () => {
  await expect(readEmbeddings(at('none.parquet'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(readEmbeddings(put(at('x.parquet'), 'x'))).rejects.toMatchObject({ code: 'DATA' });
  await expect(readEmbeddings(put(at('x.npy'), 'x'))).rejects.toMatchObject({ code: 'USAGE' });
  writeTable(at('table.parquet'), columns, rows);
  await expect(readEmbeddings(at('table.parquet'))).rejects.toThrow('no column embedding');
  writeTable(at('numbers.parquet'), ['id'], [[1]]);
  await expect(readEmbeddings(at('numbers.parquet'))).rejects.toThrow('no column id');
});
