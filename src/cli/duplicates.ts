import { Command } from 'commander';
import { z } from 'zod';
import { AutodidactError } from '../errors.js';
import { ensureParent, writeAtomically } from '../files.js';
import { counted, figure, similarity } from '../format.js';
import { parseValues } from '../options.js';
import { ENCODER_HELP, openEncoder } from './encoder-argument.js';
import { featuresFor, withoutPictures } from './features.js';
import { checkFiles, foundOptions } from './found-options.js';
import { DATA_HELP } from './open-data.js';
import { print, printJson, say, table } from './output.js';
import { addSchemaOptions, givenValues, written } from './schema-options.js';

const options = z
  .object({
    threshold: z
      .number()
      .min(-1)
      .max(1)
      .optional()
      .describe(
        'Least cosine of two samples that show the same thing (default: learnt from two crops of each of 512 samples)',
      ),
  })
  .extend(foundOptions.shape);

interface Given {
  data?: string;
  json?: boolean;
}

/** Groups that a sheet shows, and samples of each. */
const SHOWN = { groups: 20, samples: 8 } as const;

/** `duplicates <encoder>`. */
export function duplicatesCommand(): Command {
  const command = new Command('duplicates')
    .description('Finds groups of samples that show the same thing: copies, other crops, other qualities.')
    .argument('<encoder>', ENCODER_HELP)
    .option('--data <spec>', DATA_HELP);
  addSchemaOptions(command, options, ({ default: value }) => (value === undefined ? '' : `default: ${written(value)}`));
  return command
    .option('--json', 'Print what was found as JSON')
    .addHelpText('after', '\nExample:\n  autodidact duplicates runs/simclr-1 --data ./photos --sheet duplicates.png')
    .action((path: string, given: Given) =>
      duplicates(path, given, parseValues(options, givenValues(command, options))),
    );
}

async function duplicates(path: string, given: Given, settings: z.output<typeof options>): Promise<void> {
  await checkFiles(settings);
  const [{ duplicateGroups, learnThreshold, viewsFor }, { writeTable }, { beginningOf, textsOf }] = await Promise.all([
    import('../search/duplicates.js'),
    import('../export/table-file.js'),
    import('./queries.js'),
  ]);
  const loaded = await openEncoder(path, settings);
  const { embeddings, limit, out, sheet } = settings;
  // Before the samples are read, which takes its time.
  if (settings.threshold === undefined) viewsFor(loaded.encoder);
  const { ids, features, dataset } = await featuresFor(loaded, { data: given.data, embeddings, limit });
  if (settings.threshold === undefined && dataset === null)
    throw new AutodidactError(
      'USAGE',
      'The threshold is learnt from the samples themselves, which --embeddings does not have',
      {
        remedy: 'Give --data beside it, or --threshold.',
      },
    );
  const learnt = settings.threshold === undefined ? learnThreshold(loaded.encoder, dataset!) : null;
  const threshold = settings.threshold ?? learnt!.threshold;
  if (learnt !== null) {
    const percent = (share: number) => `${figure(100 * share)} %`;
    say(
      `threshold ${similarity(threshold)}, learnt from ${learnt.count} samples: ${percent(learnt.sameShare)} of pairs of crops of one sample are as alike, ` +
        `and ${percent(learnt.otherShare)} of pairs of different samples`,
    );
  }
  const groups = duplicateGroups(features, threshold);
  const textOf = textsOf(dataset);
  const textColumn = textOf === null ? [] : ['text'];
  if (out !== undefined) {
    const rows = groups.flatMap((group, g) =>
      group.rows.map((row) => [
        ...[g + 1, ids[row]!, group.least, group.most],
        ...(textOf === null ? [] : [textOf(row)]),
      ]),
    );
    writeTable(out, ['group', 'id', 'least_cosine', 'largest_cosine', ...textColumn], rows);
  }
  if (given.json) {
    const told = groups.map(({ rows, least, most }) => ({ ids: rows.map((row) => ids[row]!), least, most }));
    printJson({ encoder: path, count: ids.length, threshold, learnt, groups: told });
  } else {
    const copies = groups.reduce((sum, { rows }) => sum + rows.length - 1, 0);
    print(
      `${counted(groups.length, 'group')} among ${counted(ids.length, 'sample')}; ${counted(copies, 'sample')} could go`,
    );
    const rows = groups.map(({ rows: members, least, most }) => [
      String(members.length),
      similarity(least),
      similarity(most),
      ...(textOf === null ? [] : [beginningOf(textOf(members[0]!))]),
      members.map((row) => ids[row]!).join('  '),
    ]);
    if (rows.length > 0) print(...table(rows, ['samples', 'least', 'largest', ...textColumn, 'ids']));
  }
  // Last, since a sheet may fail to be drawn.
  if (sheet !== undefined && dataset !== null && groups.length > 0) {
    const { drawContactSheet } = await import('../export/pictures/contact-sheet.js');
    const rows = groups
      .slice(0, SHOWN.groups)
      .map((group) =>
        group.rows.slice(0, SHOWN.samples).map((position) => ({ dataset, position, caption: ids[position]! })),
      );
    ensureParent(sheet);
    writeAtomically(
      sheet,
      await drawContactSheet(
        'Near-duplicates',
        `Each row is a group of samples with a cosine of at least ${similarity(threshold)}.`,
        rows,
      ),
    );
  } else if (sheet !== undefined && dataset === null) withoutPictures();
}
