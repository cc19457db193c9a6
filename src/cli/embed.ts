import { extname } from 'node:path';
import { Command } from 'commander';
import { expected } from '../errors.js';
import { ensureParent } from '../files.js';
import { ENCODER_HELP, openEncoder } from './encoder-argument.js';
import { addDataOptions, announced, DATA_HELP, FORM_OPTIONS, lastingSpec, readDataOptions } from './open-data.js';
import { print, printJson } from './output.js';
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
    .description('Writes the features that an encoder gives to samples, with their names and labels, to a file.')
    .argument('<encoder>', ENCODER_HELP)
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
  const [{ extractFeatures, fingerprint }, { writeEmbeddings }] = await Promise.all([
    import('../evaluate/features.js'),
    import('../export/embeddings.js'),
  ]);
  const loaded = await openEncoder(path, { device: given.device });
  const { encoder } = loaded;
  const spec = await lastingSpec(given.data);
  const dataset = await announced((onProgress) => loaded.open({ spec, split, limit, isLabeled: true, onProgress }));
  ensureParent(given.out);
  const progress = new Progress('embedding', 'samples');
  try {
    const onProgress = (done: number, total: number): void => progress.update(done, total);
    const features = await extractFeatures(encoder, dataset.seenBy(encoder.spec) ?? dataset, {
      layer: given.layer,
      onProgress,
    });
    const { ids, labels, classes } = dataset;
    const names = labels && classes && Array.from(labels, (label) => classes[label] ?? null);
    // Features of another layer are those of another encoder.
    const own = [fingerprint(encoder.backbone), ...(given.layer === undefined ? [] : [given.layer])].join(' ');
    writeEmbeddings(given.out, { ids, features, labels: names, encoder: own });
    const [count, size] = features.shape;
    features.dispose();
    progress.stop();
    if (given.json) printJson({ run: path, file: given.out, count, size, layer: given.layer ?? null });
    else print(`${given.out}: ${count} embeddings of ${size} values`);
  } finally {
    progress.stop();
  }
}
