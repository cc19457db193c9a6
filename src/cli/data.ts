import { Command } from 'commander';
import { Interrupt } from './interrupt.js';
import { addImageOptions, DATA_HELP, openData, readImageOptions } from './open-data.js';
import { print, printJson, say, size, table } from './output.js';
import { Progress } from './progress.js';

/** `data list`, `data inspect <spec>` and `data fetch <name>`. */
export function dataCommand(): Command {
  return new Command('data')
    .description('Lists the data sets that have a name, shows what is in data, and brings whole data sets here.')
    .addCommand(listCommand())
    .addCommand(inspectCommand())
    .addCommand(fetchCommand())
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
      const { listDatasets } = await import('../data/catalogue.js');
      const rows = await listDatasets();
      if (isJson) return printJson(rows);
      const place = ({ folder, isFetchable }: (typeof rows)[number]): string =>
        folder ?? (isFetchable ? 'not fetched' : 'comes along');
      print(table(rows.map((row) => [row.name, place(row), row.about])));
    });
}

function inspectCommand(): Command {
  const command = new Command('inspect')
    .description('Opens data and tells what is in it: images, size, classes, splits, and what could not be read.')
    .argument('<spec>', DATA_HELP)
    .option('--labels <file>', 'A table with the columns id and label, whose labels replace those of the data')
    .option('--json', 'Print JSON');
  addImageOptions(command, { split: 'all' });
  return command
    .addHelpText('after', '\nExample:\n  autodidact data inspect ./photos')
    .action(async (spec: string, { labels, json: isJson }: { labels?: string; json?: boolean }) => {
      const images = readImageOptions(command, 'all');
      const dataset = await interruptible((signal) => openData(spec, { ...images, labels, signal }));
      const summary = dataset.summary();
      if (isJson) return printJson(summary);
      const { splits, perClass, skipped, unlabelled } = summary;
      const rows = [
        ['images', `${summary.count} of ${summary.width} x ${summary.height}, ${size(summary.bytes)}`],
        ['channels', summary.channels === 1 ? '1 (grey)' : '3 (colour)'],
        ['splits', listed(splits) || 'none'],
        ['classes', perClass === null ? 'none' : `${Object.keys(perClass).length}: ${listed(perClass)}`],
        ['unlabelled', String(unlabelled)],
        ['skipped', String(skipped.length)],
        ...skipped.map(({ id, reason }) => ['', `${id}: ${reason}`]),
        ['fingerprint', summary.fingerprint],
        ['packed in', summary.packPath],
      ];
      print(rows.map(([name, value]) => `${name!.padEnd(12)} ${value}`).join('\n'));
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
