import { extname } from 'node:path';
import { Command } from 'commander';
import { expected } from '../errors.js';
import { ensureParent } from '../files.js';
import { addDataOptions, DATA_HELP, FORM_OPTIONS, lastingSpec, openRunData, readDataOptions } from './open-data.js';
import { print, printJson, say } from './output.js';
import { Progress } from './progress.js';

interface Given {
  data: string;
  out: string;
  layer?: string;
  device: string;
  json?: boolean;
}

/** `embed <run>`. */
export function embedCommand(): Command {
  const command = new Command('embed')
    .description('Writes the features that a run gives to samples, with their names and labels, to a file.')
    .argument('<run>', 'a run folder, such as runs/simclr-1')
    .requiredOption('--data <spec>', DATA_HELP)
    .requiredOption(
      '--out <file>',
      '.parquet (id, label, embedding) or .npy (with the ids in <name>.ids.json beside it)',
    )
    .option('--layer <name>', 'Layer of the backbone to read (default: the last)')
    .option('--device <name>', 'cpu, cuda, cuda:1, mps, or auto', 'auto')
    .option('--json', 'Print what was written as JSON');
  // The size and the channels are those that the run was trained with.
  addDataOptions(command, { split: 'all', omit: FORM_OPTIONS });
  return command
    .addHelpText('after', '\nExample:\n  autodidact embed runs/simclr-1 --data ./photos --out photos.parquet')
    .action((run: string, given: Given) => embed(run, command, given));
}

async function embed(path: string, command: Command, given: Given): Promise<void> {
  const { split, limit } = readDataOptions(command, 'all');
  if (!['.parquet', '.npy'].includes(extname(given.out).toLowerCase()))
    throw expected('a file that ends in .parquet or .npy', 'out', given.out);
  const [{ loadRun }, { extractFeatures }, { writeEmbeddings }] = await Promise.all([
    import('../train/load.js'),
    import('../evaluate/features.js'),
    import('../export/embeddings.js'),
  ]);
  const run = loadRun(path, { device: given.device });
  say(...run.warnings);
  const dataset = await openRunData(run.config, {
    ...{ spec: await lastingSpec(given.data), split, limit },
    ...{ assets: run.assets, isLabeled: true },
  });
  ensureParent(given.out);
  const progress = new Progress('embedding', 'samples');
  try {
    const onProgress = (done: number, total: number): void => progress.update(done, total);
    const features = await extractFeatures(run.encoder, dataset.seenBy(run.encoder.spec) ?? dataset, {
      layer: given.layer,
      onProgress,
    });
    const { ids, labels, classes } = dataset;
    const names = labels && classes && Array.from(labels, (label) => classes[label] ?? null);
    writeEmbeddings(given.out, { ids, features, labels: names });
    const [count, size] = features.shape;
    features.dispose();
    progress.stop();
    if (given.json) printJson({ run: path, file: given.out, count, size, layer: given.layer ?? null });
    else print(`${given.out}: ${count} embeddings of ${size} values`);
  } finally {
    progress.stop();
  }
}
