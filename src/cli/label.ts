import { Command } from 'commander';
import { z } from 'zod';
import { numbered } from '../data/groups.js';
import { ensureParent, writeAtomically } from '../files.js';
import { figure } from '../format.js';
import { parseValues } from '../options.js';
import { STRATEGIES } from '../search/strategies.js';
import { ENCODER_HELP, openEncoder } from './encoder-argument.js';
import { featuresFor, withoutPictures } from './features.js';
import { checkFiles, foundOptions } from './found-options.js';
import { DATA_HELP } from './open-data.js';
import { print, printJson, table } from './output.js';
import { addSchemaOptions, givenValues, written } from './schema-options.js';

const options = z
  .object({
    suggest: z.number().int().min(1).default(20).describe('How many samples to suggest'),
    strategy: z
      .enum(STRATEGIES)
      .default('typical')
      .describe(
        'typical: one of the middle of each cluster; diverse: each far from all before; uncertain: those that the labels there are do not decide',
      ),
    labels: z
      .string()
      .optional()
      .describe('A table with the columns id and label of the samples that are labeled already'),
    seed: z.number().int().min(0).default(0).describe('Seed of the clusters'),
  })
  .extend(foundOptions.shape);

interface Given {
  data?: string;
  json?: boolean;
}

/** `label <encoder>`. */
export function labelCommand(): Command {
  const command = new Command('label')
    .description('Suggests which samples to label next.')
    .argument('<encoder>', ENCODER_HELP)
    .option('--data <spec>', DATA_HELP);
  addSchemaOptions(command, options, ({ default: value }) => (value === undefined ? '' : `default: ${written(value)}`));
  return command
    .option('--json', 'Print the suggestions as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  autodidact label runs/simclr-1 --data ./photos --suggest 20 --sheet next.png\n' +
        '  autodidact label runs/simclr-1 --data ./photos --labels labels.csv --strategy uncertain --suggest 20 --out next.csv',
    )
    .action((path: string, given: Given) => label(path, given, parseValues(options, givenValues(command, options))));
}

/** Samples in a row of the sheet. */
const COLUMNS = 8;

async function label(path: string, given: Given, settings: z.output<typeof options>): Promise<void> {
  await checkFiles(settings);
  const [{ suggest }, { writeTable }, { ops }, { beginningOf, textsOf, vectorOf }] = await Promise.all([
    import('../search/suggest.js'),
    import('../export/table-file.js'),
    import('../engine/index.js'),
    import('./queries.js'),
  ]);
  const loaded = await openEncoder(path, settings);
  const { embeddings, limit, out, sheet, strategy, seed, suggest: count } = settings;
  const found = await featuresFor(loaded, { data: given.data, embeddings, limit, labels: settings.labels });
  const { dataset } = found;
  // A table of labels names documents, not their parts.
  const parts = new Map<string, number[]>();
  for (const [row, owner] of found.owners.entries()) {
    const own = parts.get(owner);
    if (own === undefined) parts.set(owner, [row]);
    else own.push(row);
  }
  const owners = [...parts.keys()];
  const rowsOf = [...parts.values()];
  const first = rowsOf.map(([row]) => row!);
  const isWhole = owners.length === found.owners.length;
  const features = isWhole
    ? found.features
    : ops.cat(
        rowsOf.map((rows) => vectorOf(found.features, rows)),
        0,
      );
  const own = first.map((row) => found.labels[row] ?? null);
  const labels = numbered(own).map((number, row) => (own[row] === null ? -1 : number));
  const suggestions = suggest(features, { strategy, count, labels, seed }).map(({ row, score }, i) => ({
    rank: i + 1,
    id: owners[row]!,
    score,
    row: first[row]!,
  }));
  const textOf = textsOf(dataset);
  const textColumn = textOf === null ? [] : ['text'];
  const told = suggestions.map(({ rank, id, score, row }) => ({
    ...{ rank, id, score },
    ...(textOf === null ? {} : { text: textOf(row) }),
  }));
  if (out !== undefined)
    writeTable(
      out,
      ['rank', 'id', 'score', 'label', ...textColumn],
      told.map(({ rank, id, score, text }) => [rank, id, score, '', ...(text === undefined ? [] : [text])]),
    );
  if (given.json) printJson({ encoder: path, strategy, suggestions: told });
  else
    print(
      ...table(
        told.map(({ rank, score, id, text }) => [
          ...[String(rank), figure(score), id],
          ...(text === undefined ? [] : [beginningOf(text)]),
        ]),
        ['rank', 'score', 'id', ...textColumn],
      ),
    );
  // Last, since a sheet may be too large to be drawn.
  if (sheet !== undefined && dataset !== null) {
    const { drawContactSheet } = await import('../export/pictures/contact-sheet.js');
    const tiles = suggestions.map(({ row, id, rank }) => ({ dataset, position: row, caption: `${rank}. ${id}` }));
    const rows = Array.from({ length: Math.ceil(tiles.length / COLUMNS) }, (_, i) =>
      tiles.slice(i * COLUMNS, (i + 1) * COLUMNS),
    );
    ensureParent(sheet);
    writeAtomically(sheet, await drawContactSheet('To label next', `${strategy}, the best first.`, rows));
  } else if (sheet !== undefined) withoutPictures();
}
