import { extname } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { type Tensor, tensor } from '../engine/index.js';
import { AutodidactError, expected, ioError } from '../errors.js';
import { systemCode } from '../files.js';
import { type EmbeddingTable, ENCODER_KEY } from './embeddings.js';

/**
 * Reads a Parquet file that `writeEmbeddings` wrote, or one of the same columns: id, embedding, and label where there are any.
 * @throws AutodidactError `NOT_FOUND` or `IO` when it cannot be read, `DATA` for another form, NaN or rows of different lengths
 */
export async function readEmbeddings(path: string): Promise<EmbeddingTable> {
  if (extname(path).toLowerCase() !== '.parquet') throw expected('a file that ends in .parquet', 'embeddings', path);
  let rows: Record<string, unknown>[];
  let encoder: string | null;
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    encoder = metadata.key_value_metadata?.find(({ key }) => key === ENCODER_KEY)?.value ?? null;
    rows = await parquetReadObjects({ file, metadata });
  } catch (error) {
    if (systemCode(error) !== undefined) throw ioError('read', path, error);
    throw new AutodidactError('DATA', `${path} is no Parquet file that can be read`, { cause: error });
  }
  if (rows.length === 0) throw new AutodidactError('DATA', `${path} has no rows`);
  const ids = rows.map(({ id }) => {
    if (typeof id === 'string') return id;
    throw new AutodidactError('DATA', `${path} has no column id of strings`);
  });
  const hasLabels = rows.some(({ label }) => typeof label === 'string');
  const labels = hasLabels ? rows.map(({ label }) => (typeof label === 'string' ? label : null)) : null;
  return { ids, labels, encoder, features: featuresOf(rows, path) };
}

function featuresOf(rows: readonly Record<string, unknown>[], path: string): Tensor {
  const first = rows[0]!.embedding;
  const size = Array.isArray(first) || ArrayBuffer.isView(first) ? (first as unknown as ArrayLike<number>).length : 0;
  if (size === 0) throw new AutodidactError('DATA', `${path} has no column embedding of lists of numbers`);
  const values = new Float32Array(rows.length * size);
  for (const [i, { embedding }] of rows.entries()) {
    const row = embedding as ArrayLike<number> | null;
    if (row?.length !== size)
      throw new AutodidactError('DATA', `Row ${i} of ${path} has ${row?.length ?? 0} numbers, others ${size}`);
    values.set(row, i * size);
  }
  return tensor(values, { shape: [rows.length, size] });
}
