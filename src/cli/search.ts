import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { AutodidactError } from '../errors.js';
import { ensureParent, writeAtomically } from '../files.js';
import { similarity } from '../format.js';
import { parseValues } from '../options.js';
import { ENCODER_HELP, openEncoder } from './encoder-argument.js';
import { featuresFor, featuresOf, openFiles, withoutPictures } from './features.js';
import { checkFiles, foundOptions } from './found-options.js';
import { DATA_HELP } from './open-data.js';
import { print, printJson, table } from './output.js';
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
    .argument('<query...>', 'files such as the samples, or names of samples of the data')
    .option('--data <spec>', DATA_HELP);
  addSchemaOptions(command, options, ({ default: value }) => (value === undefined ? '' : `default: ${written(value)}`));
  return command
    .option('--json', 'Print what was found as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  autodidact search runs/simclr-1 --data ./photos query.jpg --sheet found.png\n' +
        '  autodidact embed runs/simclr-1 --data ./photos --out photos.parquet\n' +
        '  autodidact search runs/simclr-1 --embeddings photos.parquet query.jpg',
    )
    .action((path: string, queries: string[], given: Given) =>
      search(path, queries, given, parseValues(options, givenValues(command, options))),
    );
}

interface Found {
  query: string;
  hits: { rank: number; id: string; cosine: number; label: string | null }[];
}

async function search(
  path: string,
  queries: string[],
  given: Given,
  settings: z.output<typeof options>,
): Promise<void> {
  await checkFiles(settings);
  const [{ FeatureSearch }, { writeTable }, { ops }] = await Promise.all([
    import('../search/neighbors.js'),
    import('../export/table-file.js'),
    import('../engine/index.js'),
  ]);
  const loaded = await openEncoder(path, settings);
  const { data } = given;
  const { embeddings, limit, k, out, sheet } = settings;
  // Names of samples need no file; files are read before the data, so that a wrong one is told at once.
  const files = queries.filter((query) => existsSync(query));
  const asked = files.length === 0 ? null : await openFiles(loaded, files);
  const { ids, features, labels, dataset } = await featuresFor(loaded, { data, embeddings, limit });
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  const missing = queries.find((query) => !files.includes(query) && !rowOf.has(query));
  if (missing !== undefined)
    throw new AutodidactError('NOT_FOUND', `The query ${missing} is neither a file nor the name of a sample`);
  const ofFiles = asked === null ? null : await featuresOf(loaded, asked, 'reading the query');
  const places = queries.map((query) => {
    const file = files.indexOf(query);
    if (file < 0) return { vector: features.narrow(0, rowOf.get(query)!, 1), itself: rowOf.get(query)!, file: null };
    return { vector: ofFiles!.narrow(0, file, 1), itself: rowOfFile(data, ids, query), file };
  });
  const vectors = ops.cat(
    places.map(({ vector }) => vector),
    0,
  );
  const all = new FeatureSearch(features).nearest(
    vectors,
    k,
    places.map(({ itself }) => itself),
  );
  const found: Found[] = queries.map((query, q) => ({
    query,
    hits: all[q]!.map(({ row, cosine }, i) => ({ rank: i + 1, id: ids[row]!, cosine, label: labels[row] ?? null })),
  }));
  if (out !== undefined) {
    const rows = found.flatMap(({ query, hits }) =>
      hits.map(({ rank, id, cosine, label }) => [query, rank, id, cosine, label]),
    );
    writeTable(out, ['query', 'rank', 'id', 'cosine', 'label'], rows);
  }
  if (sheet !== undefined && dataset !== null) {
    const { drawContactSheet } = await import('../export/pictures/contact-sheet.js');
    const rows = found.map(({ query, hits }, q) => [
      places[q]!.file === null
        ? { dataset, position: rowOf.get(query)!, caption: query }
        : { dataset: asked!, position: places[q]!.file!, caption: basename(query) },
      ...hits.map(({ id, cosine }) => ({ dataset, position: rowOf.get(id)!, caption: `${similarity(cosine)} ${id}` })),
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
  if (given.json) {
    printJson({ encoder: path, count: ids.length, found });
    return;
  }
  for (const { query, hits } of found) {
    if (found.length > 1) print(query);
    const hasLabels = hits.some(({ label }) => label !== null);
    const rows = hits.map(({ rank, cosine, id, label }) => [
      String(rank),
      similarity(cosine),
      ...(hasLabels ? [label ?? ''] : []),
      id,
    ]);
    print(...table(rows, ['rank', 'cosine', ...(hasLabels ? ['label'] : []), 'id']));
  }
}

/** The row of a file that lies in the data folder itself; null for others. */
function rowOfFile(data: string | undefined, ids: readonly string[], file: string): number | null {
  if (data === undefined) return null;
  const row = ids.findIndex((id) => resolve(data, id) === resolve(file));
  return row < 0 ? null : row;
}
