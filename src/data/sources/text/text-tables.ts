import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isUnlabeled, normalizeName } from '../../labels.js';
import { taggedSentence } from '../../text/tagged-words.js';
import { unixLines } from '../../text/utf8.js';
import { listFolder } from '../folder-listing.js';
import { fileIdentity, type Split, valAsTest } from '../source.js';
import { nameIn, SPLIT_COLUMN, type TableColumns, textColumn } from './table-columns.js';
import { noColumn, type Row, rowsOf, type TableFile } from './table-rows.js';
import { saysSplit, splitOfFile, splitOfRow, splitsInRows } from './table-splits.js';
import { type TextDocument, type TextSource, UnreadableText } from './text-source.js';

export const TABLE_FILES = { noun: 'tables of texts', endings: ['.jsonl', '.ndjson', '.parquet'] };

/** One table: every row is a document. A column `split` may say a division. */
export async function textTable(path: string, columns: TableColumns): Promise<TextSource> {
  return tables([{ id: basename(path), path }], columns, basename(path));
}

/** All tables of a folder; the names of files or folders may be those of a division, see `splitOfFile`. */
export async function tableFolder(folder: string, columns: TableColumns): Promise<TextSource> {
  const { ids, skipped } = await listFolder(folder, TABLE_FILES);
  const files = ids.map((id) => ({ id, path: join(folder, id) }));
  return { ...(await tables(files, columns, basename(folder))), skipped };
}

async function tables(files: readonly TableFile[], columns: TableColumns, name: string): Promise<TextSource> {
  const identity: string[] = [];
  for (const { path } of files) identity.push(await fileIdentity(path));
  const named = files.map(({ id }) => splitOfFile(id));
  const ofFiles = new Set(named).size > 1 ? named : files.map(() => null);
  const inRows = await splitsInRows(files);
  const all = [...ofFiles, ...(inRows ?? [])];
  // Of all sides together, as for other data: validation scores where there is no test.
  const meant = new Map(valAsTest(all.map((split) => ({ own: split, split }))).map(({ own, split }) => [own, split]));
  const sides = (inRows === null ? ofFiles : [...new Set(all)]).map((split) => meant.get(split)!);
  const asked = [columns.column, columns.label, columns.id, columns.tags].filter((column) => column !== undefined);
  const only = columns.column === undefined ? {} : { only: [...asked, SPLIT_COLUMN] };
  return {
    ...{ name, kind: 'tables of texts', skipped: [], unit: 'bytes', sides },
    identity: [identity, columns, READER],
    ...(columns.tags === undefined ? {} : { isTagged: true }),
    size: files.reduce((sum, { path }) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0),
    async *documents(onRead) {
      for (const [i, file] of files.entries()) {
        const table = new Table(file, columns);
        for await (const { place, row } of rowsOf(file, asked, { ...only, onRead })) {
          const { split, ...document } = table.document(place, row);
          yield { ...document, split: meant.get(split ?? ofFiles[i]!)! };
        }
      }
    },
  };
}

/** Part of the key of packs: raised when the same tables would give other documents. */
const READER = 'tables-2';

/** Reads the rows of a table as documents; what its columns are says its first row. */
class Table {
  private column: string | undefined;
  private hasSplits = false;
  private hasTexts = false;
  private hasLabels = false;

  constructor(
    private readonly file: TableFile,
    private readonly columns: TableColumns,
  ) {}

  /** @param row an error for one that cannot be read */
  document(place: string, row: Row | UnreadableText): TextDocument {
    const { file, columns } = this;
    const numbered = `${file.id}#${place}`;
    if (row instanceof UnreadableText) return failed(numbered, null, row);
    if (this.column === undefined) {
      this.column = textColumn(row, columns, file);
      this.hasSplits = saysSplit(row);
    }
    const split = this.hasSplits ? splitOfRow(file, place, row) : null;
    const id = (columns.id === undefined ? null : nameIn(row, columns.id, file, place)) ?? numbered;
    return columns.tags === undefined
      ? this.text(id, place, row, this.column, split)
      : this.tagged(id, row, this.column, columns.tags, split);
  }

  private text(id: string, place: string, row: Row, column: string, split: Split | null): TextDocument {
    const { file } = this;
    const label = this.labelOf(place, row);
    if (label === undefined) return failed(id, split, `its column ${this.columns.label} is no text`);
    // Some rows may leave out a column that is asked for, but not all of them.
    if (!this.hasTexts && this.columns.column !== undefined && !(column in row)) throw noColumn(file, column, row);
    this.hasTexts = true;
    const text = row[column];
    if (typeof text === 'string')
      return { ...{ id, label, split }, text: [unixLines(text.replace(/\p{Surrogate}/gu, '\ufffd'))] };
    return failed(id, split, `its column ${column} is ${text == null ? 'empty' : 'no text'}`);
  }

  /** Null for a row without one; undefined for what is no name. */
  private labelOf(place: string, row: Row): string | null | undefined {
    const { label } = this.columns;
    if (label === undefined) return null;
    if (!this.hasLabels && !(label in row)) throw noColumn(this.file, label, row);
    this.hasLabels = true;
    return nameIn(row, label, this.file, place);
  }

  /** A sentence of words and tags; a word whose tag is null, empty or a negative number has none. */
  private tagged(id: string, row: Row, column: string, tags: string, split: Split | null): TextDocument {
    for (const wanted of [column, tags]) if (!(wanted in row)) throw noColumn(this.file, wanted, row);
    const [words, names] = [row[column], row[tags]].map((cell) => (Array.isArray(cell) ? (cell as unknown[]) : null));
    if (!words?.every((word) => typeof word === 'string'))
      return failed(id, split, `its column ${column} is no list of words`);
    if (!names?.every(isTag)) return failed(id, split, `its column ${tags} is no list of tags`);
    if (words.length !== names.length)
      return failed(id, split, `it has ${words.length} words and ${names.length} tags`);
    const sentence = taggedSentence(words as string[], names.map(tagOf));
    const text = sentence.map((piece) => piece.text).join('');
    return { ...{ id, label: null, split, isInSentences: true }, text: [text], tagged: [sentence] };
  }
}

const isTag = (item: unknown): item is string | number | bigint | null =>
  item == null || ['string', 'number', 'bigint'].includes(typeof item);

function tagOf(item: string | number | bigint | null): string | null {
  const name = normalizeName(String(item ?? ''));
  return isUnlabeled(name) ? null : name;
}

/** A document that cannot be read. */
function failed(id: string, split: Split | null, reason: string | UnreadableText): TextDocument {
  const error = typeof reason === 'string' ? new UnreadableText(reason) : reason;
  return { ...{ id, label: null, split }, text: failing(error) };
}

// biome-ignore lint/correctness/useYield: throws in place of giving a piece
function* failing(reason: UnreadableText): Generator<string> {
  throw reason;
}
