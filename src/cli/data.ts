import { Command, Option } from 'commander';
import type { Amounts, DatasetSummary } from '../data/index.js';
import { expected } from '../errors.js';
import { modalityOf } from '../modalities/registry.js';
import { Interrupt } from './interrupt.js';
import { addDataOptions, DATA_HELP, FORM_OPTIONS, openData, readDataOptions } from './open-data.js';
import { print, printJson, say, table } from './output.js';
import { Progress } from './progress.js';

/** `data list`, `data inspect <spec>`, `data fetch <name>` and `data export <scenes>`. */
export function dataCommand(): Command {
  return new Command('data')
    .description('Lists the data sets that have a name, shows what is in data, and brings whole data sets here.')
    .addCommand(listCommand())
    .addCommand(inspectCommand())
    .addCommand(fetchCommand())
    .addCommand(exportCommand())
    .addHelpText(
      'after',
      '\nExamples:\n  autodidact data list\n  autodidact data inspect ./photos\n  autodidact data fetch fashion-mnist',
    );
}

function listCommand(): Command {
  return new Command('list')
    .description('Lists the data sets that have a name, and where they are.')
    .option('--json', 'Print JSON')
    .addHelpText('after', '\nExample:\n  autodidact data list')
    .action(async ({ json: isJson }: { json?: boolean }) => {
      const { listDatasets } = await import('../data/catalog.js');
      const rows = await listDatasets();
      if (isJson) return printJson(rows);
      const place = ({ folder, isFetchable }: (typeof rows)[number]): string =>
        folder ?? (isFetchable ? 'not fetched' : 'comes along');
      const licenses = rows.flatMap(({ name, license }) => (license === null ? [] : [`${name}: ${license}`]));
      print(...table(rows.map((row) => [row.name, place(row), row.about])));
      print('', 'Licenses:', ...licenses.map((line) => `  ${line}`));
    });
}

function inspectCommand(): Command {
  const command = new Command('inspect')
    .alias('info')
    .description(
      'Opens data and lists what is in it: samples, their form, classes, splits, and what could not be read.',
    )
    .argument('<spec>', DATA_HELP)
    .option('--label-file <file>', 'A table with the columns id and label, whose labels replace those of the data')
    // Its earlier name; elsewhere --labels is an amount.
    .addOption(new Option('--labels <file>').hideHelp())
    .option('--json', 'Print JSON');
  addDataOptions(command, { split: 'all' });
  return command
    .addHelpText('after', '\nExample:\n  autodidact data inspect ./photos')
    .action(async (spec: string, given: { labelFile?: string; labels?: string; json?: boolean }) => {
      const { labelFile: labels = given.labels, json: isJson } = given;
      const images = readDataOptions(command, 'all');
      const dataset = await interruptible((signal) => openData(spec, { ...images, labels, signal }));
      const summary = dataset.summary();
      if (isJson) return printJson(summary);
      const { splits, perClass, skipped, partial, unlabeled } = summary;
      const rows = [
        ['data', dataset.describe()],
        ['samples', String(summary.count)],
        ['each', modalityOf(dataset.spec).describe(dataset.spec)],
        ['splits', listed(splits) || 'none'],
        // Data of which other things are known, such as boxes, have no labels to miss.
        ...(perClass === null && summary.targets.length > 0
          ? []
          : [
              ['classes', perClass === null ? 'none' : `${Object.keys(perClass).length}: ${listed(perClass)}`],
              ['unlabeled', String(unlabeled)],
            ]),
        ...amountRows(summary.amounts),
        ['known', summary.targets.join(', ') || 'nothing'],
        ...targetRows(summary),
        ['skipped', String(skipped.length)],
        ...skipped.map(({ id, reason }) => ['', `${id}: ${reason}`]),
        ...(partial.length === 0 ? [] : [['in part', String(partial.length)]]),
        ...partial.map(({ id, reason }) => ['', `${id}: ${reason}`]),
        ['fingerprint', summary.fingerprint],
      ];
      print(...rows.map(([name, value]) => `${name!.padEnd(12)} ${value}`));
    });
}

function fetchCommand(): Command {
  return new Command('fetch')
    .description('Brings a whole data set into the cache.')
    .argument('<name>', 'a name from `autodidact data list`')
    .option('--json', 'Print JSON')
    .addHelpText('after', '\nExample:\n  autodidact data fetch fashion-mnist')
    .action(async (name: string, { json: isJson }: { json?: boolean }) => {
      const { fetchDataset } = await import('../data/fetch.js');
      const progress = new Progress(`fetching ${name}`, 'bytes');
      try {
        const folder = await interruptible((signal) =>
          fetchDataset(name, {
            signal,
            onStep: (sentence) => say(sentence),
            onProgress: (done, total) => progress.update(done, Math.max(done, total)),
          }),
        );
        if (isJson) printJson({ name, folder });
        else print(folder);
      } finally {
        progress.stop();
      }
    });
}

function exportCommand(): Command {
  const command = new Command('export')
    .description('Writes generated scenes with their depth, normals, contours, masks and boxes as PNG and COCO JSON.')
    .argument('<spec>', 'synthetic:scenes, with or without options: synthetic:scenes?count=2000&size=64')
    .requiredOption('--out <folder>', 'The folder to write into')
    .option('--json', 'Print JSON');
  addDataOptions(command, { omit: FORM_OPTIONS });
  return command
    .addHelpText('after', "\nExample:\n  autodidact data export 'synthetic:scenes?count=500&size=128' --out ./scenes")
    .action(async (spec: string, { out, json: isJson }: { out: string; json?: boolean }) => {
      const { split, limit } = readDataOptions(command, 'train');
      if (split === 'all' || split === 'val') throw expected('train or test', 'split', split);
      const { exportScenes } = await import('../export/scenes.js');
      const progress = new Progress('writing scenes', 'scenes');
      try {
        const onProgress = (done: number, total: number): void => progress.update(done, total);
        const written = await interruptible((signal) => exportScenes(spec, out, { split, limit, onProgress, signal }));
        progress.stop();
        if (isJson) printJson(written);
        else print(`${out}: ${written.count} scenes with ${written.objects} objects`);
      } finally {
        progress.stop();
      }
    });
}

/** What is known beside one class a sample, by kind. */
function targetRows({ targetCounts, count }: DatasetSummary): string[][] {
  return targetCounts
    .filter(({ kind }) => kind !== 'classes')
    .map(({ kind, known, classes = [], perClass, others = {} }) => {
      const ofClasses = perClass === undefined ? classes.join(', ') : listed(perClass);
      const parts = [`of ${known} of ${count} samples`, listed(others), ofClasses];
      return [kind, parts.filter((part) => part !== '').join('; ')];
    });
}

/** What samples are made of, of all and of each class. */
function amountRows(amounts: Amounts | null): string[][] {
  if (amounts === null) return [];
  const said = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${count.toLocaleString('en')} ${name}`)
      .join(', ');
  const classes = Object.entries(amounts.perClass ?? {});
  return [['in all', said(amounts.all)], ...classes.map(([name, counts]) => ['', `${name}: ${said(counts)}`])];
}

function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new Interrupt('stopping; again to quit at once');
  return work(interrupt.signal).finally(() => interrupt.stop());
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([name, count]) => count > 0 || name === '')
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
