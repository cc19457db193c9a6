import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Generator, ops, tensor } from '../engine/index.js';
import { writeEmbeddings } from './embeddings.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'autodidact-embeddings-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const features = tensor([
  [0.5, -1.25, 3],
  [1e-8, 1e8, 0.1],
]);
const ids = ['cats/ä "1".png', '漢字.png'];

async function readBack(path: string) {
  const file = await asyncBufferFromFile(path);
  return { rows: await parquetReadObjects({ file }), metadata: await parquetMetadataAsync(file) };
}

describe('writeEmbeddings to Parquet', () => {
  it('gives back ids, labels and float32 values', async () => {
    const path = join(folder, 'with-labels.parquet');
    writeEmbeddings(path, { ids, features, labels: ['cat', null] });
    const { rows, metadata } = await readBack(path);
    expect(rows).toEqual([
      { id: ids[0], label: 'cat', embedding: [0.5, -1.25, 3] },
      { id: ids[1], label: null, embedding: [1e-8, 1e8, 0.1].map(Math.fround) },
    ]);
    expect(metadata.schema.map(({ name, type }) => [name, type])).toEqual([
      ['root', undefined],
      ['id', 'BYTE_ARRAY'],
      ['label', 'BYTE_ARRAY'],
      ['embedding', undefined],
      ['list', undefined],
      ['element', 'FLOAT'],
    ]);
  });

  it('has no label column without labels', async () => {
    const path = join(folder, 'bare.PARQUET');
    writeEmbeddings(path, { ids, features: features.to('float64') });
    expect(Object.keys((await readBack(path)).rows[0]!)).toEqual(['id', 'embedding']);
  });

  it('writes what does not fit into one row group in several, in order', async () => {
    const path = join(folder, 'large.parquet');
    // 2^21 values at a time are 2 rows of 2^20.
    const wide = ops.randn([3, 2 ** 20], { generator: new Generator(1) });
    writeEmbeddings(path, { ids: ['a', 'b', 'c'], features: wide });
    const { rows, metadata } = await readBack(path);
    expect(metadata.row_groups).toHaveLength(2);
    expect(rows.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(rows[2]!.embedding.slice(-5)).toEqual(wide.narrow(0, 2, 1).toNumbers().slice(-5));
  });
});

describe('writeEmbeddings to npy', () => {
  it('follows the rules of format 1.0', () => {
    const path = join(folder, 'vectors.npy');
    writeEmbeddings(path, { ids, features: features.to('bfloat16').to('float32') });
    const bytes = readFileSync(path);
    expect(bytes.subarray(0, 8)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]));
    const headerLength = bytes.readUInt16LE(8);
    expect((10 + headerLength) % 64).toBe(0);
    const header = bytes.subarray(10, 10 + headerLength).toString('latin1');
    expect(header).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3\), \} *\n$/);
    const values = new Float32Array(new Uint8Array(bytes.subarray(10 + headerLength)).buffer);
    expect([...values]).toEqual(features.to('bfloat16').toNumbers());
    expect(JSON.parse(readFileSync(join(folder, 'vectors.ids.json'), 'utf8'))).toEqual({ ids });
  });

  it('keeps the labels beside the ids', () => {
    writeEmbeddings(join(folder, 'labeled.npy'), { ids, features, labels: ['cat', null] });
    const names = JSON.parse(readFileSync(join(folder, 'labeled.ids.json'), 'utf8'));
    expect(names).toEqual({ ids, labels: ['cat', null] });
  });
});

describe('what does not fit', () => {
  it('refuses other formats, and parts of different lengths', () => {
    expect(() => writeEmbeddings('out.csv', { ids, features })).toThrow(
      'Expected a file that ends in .parquet or .npy for `out`, received "out.csv"',
    );
    const path = join(folder, 'never.parquet');
    expect(() => writeEmbeddings(path, { ids: ['a'], features })).toThrow('Expected 2 ids');
    expect(() => writeEmbeddings(path, { ids, features, labels: ['a'] })).toThrow('Expected 2 labels');
    expect(() => writeEmbeddings(path, { ids, features: tensor([1, 2]) })).toThrow('float features (N, D)');
    expect(readdirSync(folder)).not.toContain('never.parquet');
  });

  it.each(['.parquet', '.npy'])('leaves nothing behind where %s cannot be written', (extension) => {
    writeFileSync(join(folder, 'file'), '');
    const path = join(folder, 'file', `x${extension}`);
    expect(() => writeEmbeddings(path, { ids, features })).toThrow('Could not write');
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });
});
