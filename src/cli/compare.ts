import { Command } from 'commander';
import type { Cell } from '../compare/folder.js';
import { compareRequest } from '../compare/request.js';
import { AutodidactError } from '../errors.js';
import { duration } from '../format.js';
import { parseValues } from '../options.js';
import { Interrupt } from './interrupt.js';
import { addDataOptions, DATA_HELP, givenDataOptions, readDataOptions } from './open-data.js';
import { print, printJson, say, shownPath } from './output.js';
import { Progress } from './progress.js';
import { addSchemaOptions, givenValues, written } from './schema-options.js';

interface Given {
  data?: string;
  test?: string;
  labelFile?: string;
  out?: string;
  resume?: string;
  json?: boolean;
}

/** `compare`, and `compare --resume <folder>`. */
export function compareCommand(): Command {
  const command = new Command('compare')
    .description(
      'Finds out which pretext task serves your data best, or that none does: pretrains several methods with one budget on several ' +
        'seeds and choices of labels, beside networks that were not pretrained, and says what differs and what does not. Ctrl-C keeps ' +
        'what was measured; the comparison then continues with --resume.',
    )
    .option('--data <spec>', DATA_HELP)
    .option(
      '--test <spec>',
      'Data that score the winner (default: the test split of the data, else a fifth of the labeled samples)',
    )
    .option('--label-file <file>', 'A table with the columns id and label for data without labels of their own')
    .option('--out <folder>', 'The folder to make (default: the first of runs/compare-1, -2, ... that is free)')
    .option('--resume <folder>', 'Continue a comparison that was stopped')
    .option('--json', 'Print one JSON object at the end');
  addSchemaOptions(command, compareRequest, ({ default: value }) =>
    value === undefined ? '' : `default: ${written(value)}`,
  );
  addDataOptions(command.optionsGroup('Options of the data:'), { omit: ['split'] });
  return command
    .addHelpText(
      'after',
      '\nExamples:\n  autodidact compare --data ./photos --label-file few.csv --methods rotation,jigsaw,simclr,byol --total 1h\n' +
        '  autodidact compare --data fashion-mnist --labels 1% --budget 2m --blocks 8\n' +
        '  autodidact compare --resume runs/compare-1',
    )
    .action((given: Given) => run(command, given));
}

async function run(command: Command, given: Given): Promise<void> {
  const asked = givenValues(command, compareRequest);
  const { data, resume } = given;
  if (resume === undefined && data === undefined)
    throw new AutodidactError('USAGE', "Required option '--data <spec>' not specified", {
      remedy: 'Give the data, or --resume with the folder of a comparison.',
    });
  if (resume !== undefined) {
    const other = [
      ...Object.keys(asked),
      ...Object.keys(givenDataOptions(command)),
      ...(['data', 'test', 'labelFile', 'out'] as const).filter((name) => given[name]),
    ];
    if (other.length > 0)
      throw new AutodidactError('USAGE', `A comparison goes on as it began: --resume stands alone`, {
        remedy: 'Leave out the other options, or begin a new comparison.',
      });
  }
  const request = parseValues(compareRequest, asked);
  const { split: _, ...open } = readDataOptions(command);
  const [{ compare, resumeComparison }, { renderComparison }, { writeComparison }] = await Promise.all([
    import('../compare/compare.js'),
    import('../compare/table.js'),
    import('../export/comparison/write-comparison.js'),
  ]);
  const interrupt = new Interrupt('stopping after this step; what was measured is kept; again to quit at once');
  const view = new View();
  let folder: string | undefined;
  try {
    const { signal } = interrupt;
    const { test, labelFile: labels, out } = given;
    const job =
      resume === undefined
        ? compare({ ...request, data: data!, test, out, signal, open: { ...open, ...(labels && { labels }) } })
        : resumeComparison(resume, { signal });
    for await (const event of job) {
      if (event.type === 'start') folder = event.folder;
      if (event.type === 'note') say(event.sentence);
      if (event.type === 'calibrate') view.calibrate(event);
      if (event.type === 'start') view.start(event);
      if (event.type === 'progress') view.progress(event);
      if (event.type === 'cell') view.cell(event);
    }
    view.stop();
    const result = await job;
    if (!given.json) print(...renderComparison(result).split('\n'));
    const report = shownPath(await writeComparison(result));
    if (given.json) printJson({ ...result, folder: shownPath(result.folder), report });
    else print('', `folder  ${shownPath(result.folder)}`, `report  ${report}`);
  } catch (error) {
    view.stop();
    if (folder !== undefined)
      say(`what was measured is kept; continue with: autodidact compare --resume ${shownPath(folder)}`);
    if (interrupt.signal.aborted) {
      process.exitCode = interrupt.exitCode;
      return;
    }
    throw error;
  } finally {
    view.stop();
    interrupt.stop();
  }
}

/** What a person sees while a comparison works: a line per measurement, and a bar for the one in progress. */
class View {
  private label: string | undefined;
  private bar: Progress | undefined;

  calibrate({ title, done, total }: { title: string; done: number; total: number }): void {
    this.show(`trial steps of ${title}`, 'methods', done, total);
  }

  start({ sentences, folder }: { sentences: readonly string[]; folder: string }): void {
    this.stop();
    say(...sentences, `measurements are kept in ${shownPath(folder)}`);
  }

  progress({
    title,
    block,
    work,
    done,
    total,
  }: {
    title: string;
    block: string;
    work: string;
    done: number;
    total: number;
  }): void {
    this.show(`${title}, block ${block}: ${work}`, work.endsWith('features') ? 'samples' : 'steps', done, total);
  }

  cell({
    cell,
    title,
    done,
    total,
    isNew,
  }: {
    cell: Cell;
    title: string;
    done: number;
    total: number;
    isNew: boolean;
  }): void {
    this.stop();
    const { failure, score, seconds, block } = cell;
    const outcome = failure ?? (score === null ? 'measured' : score.toFixed(4));
    const time = isNew ? duration(seconds.pretraining + seconds.evaluation) : 'measured before';
    say(`${done} of ${total}: ${title}, block ${block}: ${outcome} (${time})`);
  }

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
    this.label = undefined;
  }

  private show(label: string, unit: string, done: number, total: number): void {
    if (label !== this.label) {
      this.stop();
      this.label = label;
      this.bar = new Progress(label, unit);
    }
    this.bar?.update(done, total);
  }
}
