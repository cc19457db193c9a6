import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { z } from 'zod';
import { AutodidactError, ioError } from '../../../errors.js';
import { counted } from '../../../format.js';
import { unknownData } from '../../unknown-data.js';
import { listFolder } from '../folder-listing.js';
import { parseQuery } from '../query.js';
import { fetchedText, fetchedTexts } from './fetched-texts.js';
import { isSyntheticNarratives, narrativeSource } from './narratives.js';
import { TEXT_FILES, textFile, textFolder } from './text-files.js';
import { PAIR_RULES } from './text-pairs.js';
import type { TextSource } from './text-source.js';
import { TABLE_FILES, tableFolder, textTable } from './text-tables.js';

export const TEXT_PREFIX = 'text:';

const options = z.object({
  column: z.string().min(1).optional().describe('Column of a table that holds the texts'),
  label: z
    .string()
    .min(1)
    .optional()
    .describe('Column that holds the names of classes; of fetched texts, what is known'),
  id: z.string().min(1).optional().describe('Column that holds the names of documents'),
  tags: z
    .string()
    .min(1)
    .optional()
    .describe('Column of lists of tags, where the column of texts holds lists of words'),
  pairs: z.enum(PAIR_RULES).optional().describe('How texts become pairs, see `openTextPairs`'),
  sentences: z.coerce.number().int().min(1).max(10_000).optional().describe('Most sentences of a window'),
  case: z.enum(['keep', 'lower']).optional().describe('Whether capital letters become small ones'),
});

/** `text:<place>?<options>` taken apart. A file whose name has a question mark is found as it is. */
function parseTextSpec(spec: string): { place: string; query: z.output<typeof options> } {
  const text = spec.startsWith(TEXT_PREFIX) ? spec.slice(TEXT_PREFIX.length) : spec;
  const mark = existsSync(text) ? -1 : text.lastIndexOf('?');
  const place = mark < 0 ? text : text.slice(0, mark);
  return { place, query: parseQuery(options, mark < 0 ? '' : text.slice(mark + 1), spec) };
}

/**
 * Opens texts: a text or Markdown file; a folder of them, with or without class folders; a table (JSON Lines or Parquet) or a folder of tables,
 * where each row is a document; `text:addresses` and other names of `fetchedTexts`, once they are fetched; `synthetic:narratives`.
 *
 * @throws AutodidactError `NOT_FOUND`, `DATA` where there is no text, `USAGE` for unknown options
 */
export async function openTextSource(
  spec: string,
  { cacheFolder }: { cacheFolder?: string } = {},
): Promise<TextSource> {
  if (isSyntheticNarratives(spec)) return narrativeSource(spec);
  const { place, query } = parseTextSpec(spec);
  const { sentences, case: letters, pairs, ...columns } = query;
  if (pairs !== undefined)
    throw new AutodidactError('USAGE', `${spec} are pairs of texts, and single texts are wanted`, {
      remedy: `Leave out pairs=${pairs}.`,
    });
  const source = await sourceAt(place, columns, spec, cacheFolder);
  return {
    ...source,
    ...(sentences === undefined ? {} : { sentences }),
    ...(letters === undefined ? {} : { isLowercase: letters === 'lower' }),
  };
}

/** Texts that lie beside tables and are about them. */
const ABOUT_DATA = /^(readme|licen[cs]e|notice|changelog|citation|dataset[-_ ]?card)\b/i;
/** Files of many texts that would pass for a single one. */
const OTHER_TABLES = /\.(csv|tsv|json|(jsonl|ndjson|json|csv|tsv)\.(gz|zst|bz2|xz|zip))$/i;

/** A source with a word about the files of a folder that were left aside. */
function withNote(source: TextSource, passed: readonly string[], noun: string, folder: string): TextSource {
  if (passed.length === 0) return source;
  const passedOver = `Passed over: ${counted(passed.length, noun)}, such as ${passed[0]}; to read it: text:${folder}/${passed[0]}.`;
  return { ...source, note: source.note === undefined ? passedOver : `${source.note} ${passedOver}` };
}

type Columns = Pick<z.output<typeof options>, 'column' | 'label' | 'id' | 'tags'>;

async function sourceAt(place: string, columns: Columns, spec: string, cacheFolder?: string): Promise<TextSource> {
  const isNamed = Object.hasOwn(fetchedTexts, place) && !existsSync(place);
  if (isNamed && spec.startsWith(TEXT_PREFIX)) {
    refuseColumns({ ...columns, label: undefined }, spec);
    return fetchedText(place, columns.label, cacheFolder);
  }
  const entry = await stat(place).catch((cause) => {
    if (cause.code !== 'ENOENT') throw ioError('read', place, cause);
    throw unknownData(
      spec,
      Object.keys(fetchedTexts).map((name) => `${TEXT_PREFIX}${name}`),
    );
  });
  if (entry.isDirectory()) {
    const [texts, tables] = [await listFolder(place, TEXT_FILES), await listFolder(place, TABLE_FILES)];
    const isOfTables = tables.ids.length > 0 && texts.ids.every((id) => ABOUT_DATA.test(basename(id)));
    if (isOfTables) return withNote(await tableFolder(place, columns), texts.ids, 'text', place);
    refuseColumns(columns, spec);
    return withNote(await textFolder(place), tables.ids, 'table', place);
  }
  if (OTHER_TABLES.test(place))
    throw new AutodidactError('DATA', `${place} is a table of a kind that texts are not read from`, {
      remedy: 'Write it as JSON Lines (.jsonl) or Parquet (.parquet), a text in each row.',
    });
  if (TABLE_FILES.endings.includes(extname(place).toLowerCase())) return textTable(place, columns);
  refuseColumns(columns, spec);
  return textFile(place);
}

function refuseColumns(columns: Columns, spec: string): void {
  const given = Object.entries(columns).find(([, value]) => value !== undefined);
  if (given === undefined) return;
  throw new AutodidactError('USAGE', `${spec} is no table: it has no column for \`${given[0]}\``, {
    remedy: 'Tables are files of JSON Lines (.jsonl) or Parquet (.parquet).',
  });
}

/** Folders are looked through so deep. */
const DEPTH = 3;
/** Files of a folder that are looked at. */
const LOOKED_AT = 200;

/** Whether a data spec names texts: with `text:` before it, a text file, or a folder most of whose files are texts. */
export async function namesTexts(spec: string): Promise<boolean> {
  if (spec.startsWith(TEXT_PREFIX) || isSyntheticNarratives(spec)) return true;
  const entry = await stat(spec).catch(() => null);
  if (entry?.isFile()) return isText(spec);
  if (!entry?.isDirectory()) return false;
  const { texts, others } = await countFiles(spec, DEPTH);
  return texts > others;
}

const isText = (name: string): boolean => TEXT_FILES.endings.includes(extname(name).toLowerCase());

async function countFiles(folder: string, depth: number): Promise<{ texts: number; others: number }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const shown = entries.filter(({ name }) => !name.startsWith('.')).slice(0, LOOKED_AT);
  const counts = { texts: 0, others: 0 };
  for (const entry of shown) {
    if (entry.isDirectory()) {
      if (depth === 0) continue;
      const inside = await countFiles(join(folder, entry.name), depth - 1);
      counts.texts += inside.texts;
      counts.others += inside.others;
    } else if (isText(entry.name)) counts.texts++;
    else counts.others++;
  }
  return counts;
}

/** The spec with its path made absolute. */
export function resolveTextSpec(spec: string): string {
  if (isSyntheticNarratives(spec)) return spec;
  const { place } = parseTextSpec(spec);
  if (!existsSync(place)) return spec;
  const prefix = spec.startsWith(TEXT_PREFIX) ? TEXT_PREFIX : '';
  return prefix + resolve(place) + spec.slice(prefix.length + place.length);
}
