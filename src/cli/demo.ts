import { Command } from 'commander';
import { duration } from '../format.js';
import { evaluateCommand } from './evaluate.js';
import { collectJson, print, printJson, say } from './output.js';
import { pretrainCommand } from './pretrain.js';

const DATA = 'fashion-mnist:mini';
/** At 16 pixels a side all of it fits into five minutes on two cores, the supervised network's whole search included. */
const PRETRAIN = [
  ...['rotation', '--data', DATA, '--split', 'train', '--size', '16'],
  ...['--width', '16', '--epochs', '5', '--batch-size', '128'],
];
const EVALUATE = ['--protocol', 'linear,finetune', '--labels', '1%', '--seeds', '5', '--budget', '150'];

/** `demo`: the main job, by the very commands that a user would type. */
export function demoCommand(): Command {
  return new Command('demo')
    .description(
      'Learns from 9,000 photographs of clothes without their labels, then measures with 1 % of the labels, drawn five times, what ' +
        'the encoder is worth beside training on those labels alone. Takes a few minutes on two cores.',
    )
    .option('--out <folder>', 'The run folder to make (default: the first of runs/demo-1, -2, ... that is free)')
    .option('--json', 'Print one JSON object at the end')
    .addHelpText('after', '\nExample:\n  autodidact demo')
    .action(async ({ out, json: isJson = false }: { out?: string; json?: boolean }) => {
      const { RunFolder } = await import('../train/run-folder.js');
      const run = out ?? RunFolder.nextPath('runs', 'demo');
      const form = isJson ? ['--json'] : [];
      const started = performance.now();
      const isStopped = () => process.exitCode !== undefined;
      const pretraining = await type('Learn, without labels', 'pretrain', pretrainCommand(), [
        ...PRETRAIN,
        '--out',
        run,
        ...form,
      ]);
      const evaluation = isStopped()
        ? null
        : await type('Measure, with few labels', 'evaluate', evaluateCommand(), [run, ...EVALUATE, ...form]);
      const seconds = (performance.now() - started) / 1000;
      if (isJson) printJson({ run, seconds, pretraining, evaluation });
      else if (!isStopped())
        print(
          '',
          `The demonstration took ${duration(seconds)}.`,
          `Open ${run}/report.html in a browser: curves, the pretext task in pictures, neighbors, a map, this table.`,
        );
    });
}

/** Shows a command as one would type it, and runs it. Gives what it prints with `--json`. */
async function type(title: string, name: string, command: Command, words: readonly string[]): Promise<unknown> {
  say('', `${title}:`, `$ autodidact ${name} ${words.join(' ')}`, '');
  const [printed = null] = await collectJson(() => command.parseAsync([...words], { from: 'user' }));
  return printed;
}
