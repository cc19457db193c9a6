import { existsSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import type { Dataset } from '../data/index.js';
import type { Tensor } from '../engine/index.js';
import { AutodidactError } from '../errors.js';
import { ensureParent, writeAtomically } from '../files.js';
import { similarity } from '../format.js';
import { parseValues } from '../options.js';
import type { LoadedEncoder } from '../train/load-encoder.js';
import { ENCODER_HELP, openEncoder } from './encoder-argument.js';
import { type FoundFeatures, featuresFor, featuresOf, withoutPictures } from './features.js';
import { checkFiles, foundOptions } from './found-options.js';
import { DATA_HELP } from './open-data.js';
import { print, printJson, shorten, table } from './output.js';
import type { Asked } from './queries.js';
import { addSchemaOptions, givenValues, written } from './schema-options.js';

const options = z
  .object({ k: z.number().int().min(1).default(10).describe('How many samples to find for each query') })
  .extend(foundOptions.shape);

interface Given {
  data?: string;
  json?: boolean;
}

/** `search <encoder> <query...>`. */
export function searchCommand(): Command {
  const command = new Command('search')
    .description(
      'Finds the samples whose features are most like those of a query. Every sample is compared; no index is built.',
    )
    .argument('<encoder>', ENCODER_HELP)
    .argument('<query...>', 'files such as the samples, names of samples of the data, or, of texts, what to look for')
    .option('--data <spec>', DATA_HELP);
  addSchemaOptions(command, options, ({ default: value }) => (value === undefined ? '' : `default: ${written(value)}`));
  return command
    .option('--json', 'Print what was found as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  autodidact search runs/simclr-1 --data ./photos query.jpg --sheet found.png\n' +
        '  autodidact embed runs/simclr-1 --data ./photos --out photos.parquet\n' +
        '  autodidact search runs/simclr-1 --embeddings photos.parquet query.jpg\n' +
        '  autodidact search runs/simcse-1 --data ./texts "a bridge across the river"',
    )
    .action((path: string, queries: string[], given: Given) =>
      search(path, queries, given, parseValues(options, givenValues(command, options))),
    );
}

interface Found {
  query: string;
  hits: { rank: number; id: string; cosine: number; label: string | null; text?: string }[];
}

/** A query among the samples, or beside them. */
interface Place {
  /** (1, D). */
  vector: Tensor;
  /** Its own rows among the samples. */
  itself: readonly number[];
  /** Where it is drawn from. */
  dataset: Dataset | null;
  position: number;
}

/** The features of the samples, and where each query is; what had to be opened goes into `opened`. */
async function placesOf(
  queries: readonly string[],
  loaded: LoadedEncoder,
  { data, embeddings, limit }: { data?: string; embeddings?: string; limit?: number },
  opened: Asked[],
): Promise<FoundFeatures & { places: Place[] }> {
  const { canBeTyped, openQueries, vectorOf } = await import('./queries.js');
  const open = async (texts: readonly string[], areFiles: boolean): Promise<Asked | null> => {
    if (texts.length === 0) return null;
    const queriesOf = texts.map((text) => ({ text, isFile: areFiles }));
    const asked = await openQueries(loaded, queriesOf);
    opened.push(asked);
    return asked;
  };
  // Names of samples need no file; files are read before the data, so that a wrong one is told at once.
  const files = queries.filter(isFile);
  const ofFiles = await open(files, true);
  const found = await featuresFor(loaded, { data, embeddings, limit });
  const { ids, owners, features, dataset } = found;
  const named = queries.map((query) => (files.includes(query) ? [] : rowsNamed(query, ids, owners)));
  const others = queries.filter((query, q) => !files.includes(query) && named[q]!.length === 0);
  if (others.length > 0 && !canBeTyped(loaded))
    throw new AutodidactError('NOT_FOUND', `The query ${others[0]} is neither a file nor the name of a sample`);
  const typed = await open(others, false);
  const read = async (asked: Asked | null) =>
    asked === null ? null : featuresOf(loaded, asked.dataset, 'reading the query');
  const [featuresOfFiles, featuresOfTyped] = [await read(ofFiles), await read(typed)];
  const places = queries.map((query, q): Place => {
    const own = named[q]!;
    if (own.length > 0) return { vector: vectorOf(features, own), itself: own, dataset, position: own[0]! };
    const isOfFile = files.includes(query);
    const asked = (isOfFile ? ofFiles : typed)!;
    const rows = asked.rows[(isOfFile ? files : others).indexOf(query)]!;
    const vector = vectorOf((isOfFile ? featuresOfFiles : featuresOfTyped)!, rows);
    const itself = isOfFile ? rowsOfFile(data, owners, query) : [];
    return { vector, itself, dataset: asked.dataset, position: rows[0]! };
  });
  return { ...found, places };
}

async function search(
  path: string,
  queries: string[],
  given: Given,
  settings: z.output<typeof options>,
): Promise<void> {
  await checkFiles(settings);
  if (queries.some((query) => query.trim() === '')) throw new AutodidactError('USAGE', 'A query is empty');
  const loaded = await openEncoder(path, settings);
  const opened: Asked[] = [];
  try {
    const found = await placesOf(queries, loaded, { ...settings, data: given.data }, opened);
    await tell(path, queries, found, settings, given.json ?? false);
  } finally {
    for (const asked of opened) asked.remove();
  }
}

/** Finds the neighbors of all queries, and writes, draws and prints them. */
async function tell(
  path: string,
  queries: readonly string[],
  { ids, features, labels, dataset, places }: FoundFeatures & { places: readonly Place[] },
  { k, out, sheet }: z.output<typeof options>,
  isJson: boolean,
): Promise<void> {
  const [{ FeatureSearch }, { writeTable }, { ops }, { textsOf }] = await Promise.all([
    import('../search/neighbors.js'),
    import('../export/table-file.js'),
    import('../engine/index.js'),
    import('./queries.js'),
  ]);
  const vectors = ops.cat(
    places.map(({ vector }) => vector),
    0,
  );
  const all = new FeatureSearch(features).nearest(
    vectors,
    k,
    places.map(({ itself }) => itself),
  );
  const textOf = textsOf(dataset);
  const found: Found[] = queries.map((query, q) => ({
    query,
    hits: all[q]!.map(({ row, cosine }, i) => ({
      ...{ rank: i + 1, id: ids[row]!, cosine, label: labels[row] ?? null },
      ...(textOf === null ? {} : { text: textOf(row) }),
    })),
  }));
  const textColumn = textOf === null ? [] : ['text'];
  if (out !== undefined) {
    const rows = found.flatMap(({ query, hits }) =>
      hits.map(({ rank, id, cosine, label, text }) => [
        ...[query, rank, id, cosine, label],
        ...(text === undefined ? [] : [text]),
      ]),
    );
    writeTable(out, ['query', 'rank', 'id', 'cosine', 'label', ...textColumn], rows);
  }
  if (isJson) printJson({ encoder: path, count: ids.length, found });
  else await printFound(found, textColumn);
  // Last, since a sheet may be too large to be drawn.
  if (sheet !== undefined && dataset !== null) {
    const { drawContactSheet } = await import('../export/pictures/contact-sheet.js');
    const rows = found.map(({ query, hits }, q) => [
      { dataset: places[q]!.dataset!, position: places[q]!.position, caption: captionOf(query) },
      ...hits.map(({ id, cosine }, i) => ({
        ...{ dataset, position: all[q]![i]!.row, caption: `${similarity(cosine)} ${id}` },
      })),
    ]);
    ensureParent(sheet);
    writeAtomically(
      sheet,
      await drawContactSheet(
        'Nearest neighbors',
        'Each query and the samples whose features are most like its own.',
        rows,
      ),
    );
  } else if (sheet !== undefined) withoutPictures();
}

async function printFound(found: readonly Found[], textColumn: readonly string[]): Promise<void> {
  const { beginningOf } = await import('./queries.js');
  for (const { query, hits } of found) {
    if (found.length > 1) print(query);
    const hasLabels = hits.some(({ label }) => label !== null);
    const rows = hits.map(({ rank, cosine, id, label, text }) => [
      String(rank),
      similarity(cosine),
      ...(hasLabels ? [label ?? ''] : []),
      id,
      ...(text === undefined ? [] : [beginningOf(text)]),
    ]);
    print(...table(rows, ['rank', 'cosine', ...(hasLabels ? ['label'] : []), 'id', ...textColumn]));
  }
}

/** The rows of the sample of this name, or of all samples of the document of this name. */
function rowsNamed(query: string, ids: readonly string[], owners: readonly string[]): number[] {
  const row = ids.indexOf(query);
  return row >= 0 ? [row] : [...owners.keys()].filter((other) => owners[other] === query);
}

/** The rows of a file that is one of the data itself. */
function rowsOfFile(data: string | undefined, owners: readonly string[], file: string): number[] {
  const folder = data === undefined ? null : folderOf(data);
  if (folder === null) return [];
  return [...owners.keys()].filter((row) => resolve(folder, owners[row]!) === resolve(file));
}

/** The folder to which the names of samples are relative, of a folder or a file of data; null for data that have a name alone. */
function folderOf(data: string): string | null {
  const bare = data.replace(/^[a-z]+:/, '');
  const path = [data, bare, bare.replace(/\?[^?]*$/, '')].find((one) => existsSync(one));
  if (path === undefined) return null;
  return isFile(path) ? dirname(path) : path;
}

/** Whether there is a regular file at this path; a text that was typed may be the name of a folder. */
function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** Characters of a query that a caption shows. */
const SHOWN = 24;

function captionOf(query: string): string {
  return shorten(isFile(query) ? basename(query) : query, SHOWN);
}
