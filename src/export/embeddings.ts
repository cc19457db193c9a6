import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import { fileWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { Tensor } from '../engine/index.js';
import { expected, ioError } from '../errors.js';
import { checkFeatures } from '../evaluate/features.js';
import { partialName, removePartial } from '../files.js';

/** Features of a data set with the names of what they stand for. */
export interface EmbeddingTable {
  /** [N] names, in the order of the rows. */
  ids: readonly string[];
  /** Float (N, D). */
  features: Tensor;
  /** [N] class names, null where an item has none; left out when nothing is labeled. */
  labels?: readonly (string | null)[] | null;
  /** Fingerprint of the encoder that they are from, which `search` holds against its own. */
  encoder?: string | null;
}

/** Key of the encoder's fingerprint in the metadata of a Parquet file. */
export const ENCODER_KEY = 'autodidact.encoder';

/** Values that are handed to the writers at a time: 8 MB of float32. */
const VALUES_AT_A_TIME = 2_097_152;

/**
 * Writes embeddings to a file that a reader sees whole or not at all. The extension chooses the format:
 * `.parquet` has the columns id (string), label (string, where there are labels) and embedding (list of float32);
 * `.npy` is NumPy's format 1.0, float32 (N, D) in row-major order, with `<name>.ids.json` beside it: `{"ids": [...]}`,
 * and `"labels"` where there are any. Both say which encoder they are from: in Parquet as the file's metadata
 * `autodidact.encoder`, in the JSON as `"encoder"`.
 *
 * @throws AutodidactError `USAGE` for another extension, `SHAPE` when the parts do not fit, `DATA` for NaN or infinity, `IO` when the file cannot be written
 */
export function writeEmbeddings(path: string, table: EmbeddingTable): void {
  const extension = extname(path).toLowerCase();
  if (extension !== '.parquet' && extension !== '.npy')
    throw expected('a file that ends in .parquet or .npy', 'out', path, {
      remedy: 'Parquet holds the names, the labels and the embeddings in one file; npy is for NumPy.',
    });
  check(table);
  if (extension === '.parquet') replace(path, (temporary) => writeParquet(temporary, table));
  else writeNpy(path, table);
}

function writeNpy(path: string, { ids, features, labels, encoder }: EmbeddingTable): void {
  replace(`${path.slice(0, -'.npy'.length)}.ids.json`, (temporary) =>
    writeChunks(temporary, [
      Buffer.from(`${JSON.stringify({ ids, ...(labels ? { labels } : {}), ...(encoder ? { encoder } : {}) })}\n`),
    ]),
  );
  replace(path, (temporary) => writeChunks(temporary, npyChunks(features)));
}

function check({ ids, features, labels }: EmbeddingTable): void {
  if (features.ndim !== 2 || !features.dtype.includes('float') || features.numel === 0)
    throw expected('float features (N, D) of at least one row', 'features', features, { code: 'SHAPE' });
  checkFeatures(features, 'features');
  const count = features.size(0);
  if (ids.length !== count) throw expected(`${count} ids`, 'ids', ids.length, { code: 'SHAPE' });
  if (labels && labels.length !== count) throw expected(`${count} labels`, 'labels', labels.length, { code: 'SHAPE' });
}

/** The rows as float32, a few at a time: [first row, values]. */
function* rowsOf(features: Tensor): Iterable<[number, Float32Array]> {
  const [count, size] = [features.size(0), features.size(1)];
  const step = Math.max(1, Math.floor(VALUES_AT_A_TIME / size));
  for (let from = 0; from < count; from += step) {
    const part = features.detach().narrow(0, from, Math.min(step, count - from));
    const wide = part.to('float32');
    yield [from, wide.toTypedArray() as Float32Array];
    for (const used of new Set([part, wide])) used.dispose();
  }
}

function writeParquet(path: string, { ids, features, labels, encoder }: EmbeddingTable): void {
  const schema: SchemaElement[] = [
    { name: 'root', num_children: labels ? 3 : 2 },
    { name: 'id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
    ...(labels
      ? [{ name: 'label', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const]
      : []),
    { name: 'embedding', converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
  ];
  const writer = new ParquetWriter({
    writer: fileWriter(path),
    schema,
    createdBy: 'autodidact',
    ...(encoder ? { kvMetadata: [{ key: ENCODER_KEY, value: encoder }] } : {}),
  });
  const size = features.size(1);
  for (const [from, values] of rowsOf(features)) {
    const to = from + values.length / size;
    const rows = Array.from({ length: to - from }, (_, i) => Array.from(values.subarray(i * size, (i + 1) * size)));
    writer.write({
      columnData: [
        { name: 'id', data: ids.slice(from, to) },
        ...(labels ? [{ name: 'label', data: labels.slice(from, to) }] : []),
        // Noise does not compress, and a dictionary of floats that all differ costs time for nothing.
        { name: 'embedding', data: rows, codec: 'UNCOMPRESSED', encoding: 'PLAIN', statistics: false },
      ],
      rowGroupSize: to - from,
    });
  }
  writer.finish();
}

/** NumPy's format 1.0: magic, version, length of the header, header padded with spaces to a multiple of 64 bytes, values. */
function* npyChunks(features: Tensor): Iterable<Uint8Array> {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${features.shape.join(', ')}), }`;
  const unpadded = 10 + dictionary.length + 1;
  const header = `${dictionary}${' '.repeat((64 - (unpadded % 64)) % 64)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  yield Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(header, 'latin1')]);
  for (const [, values] of rowsOf(features)) yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function writeChunks(path: string, chunks: Iterable<Uint8Array>): void {
  const file = openSync(path, 'w');
  try {
    for (const chunk of chunks)
      for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done, chunk.length - done);
  } finally {
    closeSync(file);
  }
}

/** Lets `write` fill a temporary file, which takes the place of `path` once it is on the disk. */
export function replace(path: string, write: (temporary: string) => void): void {
  const temporary = partialName(path);
  try {
    write(temporary);
    const file = openSync(temporary, 'r+');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    removePartial(temporary);
    throw ioError('write', path, error);
  }
}
