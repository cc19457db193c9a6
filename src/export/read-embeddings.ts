import { extname } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { tensor } from '../engine/index.js';
import { AutodidactError, expected, ioError } from '../errors.js';
import { systemCode } from '../files.js';
import { type EmbeddingTable, ENCODER_KEY } from './embeddings.js';

type Row = Readonly<Record<string, unknown>>;

/**
 * Reads a Parquet file that `writeEmbeddings` wrote, or one of the same columns: id, embedding, and label where there are any.
 * @throws AutodidactError `NOT_FOUND` or `IO` when it cannot be read, `DATA` for another form, NaN or rows of different lengths
 */
export async function readEmbeddings(path: string): Promise<EmbeddingTable> {
  if (extname(path).toLowerCase() !== '.parquet') throw expected('a file that ends in .parquet', 'embeddings', path);
  const { count, encoder, groups } = await readable(path, openParquet(path));
  if (count === 0) throw new AutodidactError('DATA', `${path} has no rows`);
  const ids: string[] = [];
  const labels: (string | null)[] = [];
  let values = new Float32Array();
  // Numbers in JavaScript's lists take twice the room of a Float32Array and more: only those of one row group are there at a time.
  for (const read of groups)
    for (const { id, label, embedding } of await readable(path, read())) {
      if (typeof id !== 'string') throw new AutodidactError('DATA', `${path} has no column id of strings`);
      const row = numbersOf(embedding);
      if (ids.length === 0) values = new Float32Array(count * row.length);
      const size = values.length / count;
      if (size === 0) throw new AutodidactError('DATA', `${path} has no column embedding of lists of numbers`);
      if (row.length !== size)
        throw new AutodidactError('DATA', `Row ${ids.length} of ${path} has ${row.length} numbers, others ${size}`);
      values.set(row, ids.length * size);
      ids.push(id);
      labels.push(typeof label === 'string' ? label : null);
    }
  const features = tensor(values, { shape: [count, values.length / count] });
  return { ids, labels: labels.some((label) => label !== null) ? labels : null, encoder, features };
}

/** The number of rows, the encoder's fingerprint, and a function for each row group that reads its rows. */
async function openParquet(path: string) {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let count = 0;
  const groups = metadata.row_groups.map(({ num_rows }) => {
    const rowStart = count;
    const rowEnd = rowStart + Number(num_rows);
    count = rowEnd;
    return (): Promise<Row[]> => parquetReadObjects({ file, metadata, rowStart, rowEnd });
  });
  const encoder = metadata.key_value_metadata?.find(({ key }) => key === ENCODER_KEY)?.value ?? null;
  return { count, encoder, groups };
}

/** What is read of a file. @throws AutodidactError `NOT_FOUND` or `IO` of the system, `DATA` for a file that is no Parquet */
async function readable<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (systemCode(error) !== undefined) throw ioError('read', path, error);
    throw new AutodidactError('DATA', `${path} is no Parquet file that can be read`, { cause: error });
  }
}

function numbersOf(cell: unknown): ArrayLike<number> {
  return Array.isArray(cell) || ArrayBuffer.isView(cell) ? (cell as unknown as ArrayLike<number>) : [];
}
