import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { EXPORTS, type ExportKind, TRANSFORMERS } from '../export/export-kinds.js';
import { counted, figure, size } from '../format.js';
import { parseValues } from '../options.js';
import { ENCODER_HELP, encoderOptions, openEncoder } from './encoder-argument.js';
import { print, printJson, say, shownPath } from './output.js';
import { addSchemaOptions, givenValues, written } from './schema-options.js';

const options = z
  .object({
    to: z
      .enum([...EXPORTS, TRANSFORMERS])
      .default('folder')
      .describe(
        'folder: weights, configuration and ONNX model together; onnx or safetensors: that file alone; transformers: a model of the ' +
          'Python package, GPT-2, BERT and their kin',
      ),
    out: z
      .string()
      .optional()
      .describe(
        'Where to (default: export, encoder.onnx, encoder.safetensors or transformers, in a run inside its folder)',
      ),
  })
  .extend(encoderOptions.omit({ device: true }).shape);

/** `export <encoder>`. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description(
      'Writes the encoder of a run for other programs: weights under the names of timm and torchvision, and an ONNX model, which is run and ' +
        'compared with the network before anything is written.',
    )
    .argument('<encoder>', ENCODER_HELP);
  addSchemaOptions(command, options, ({ default: value }) => (value === undefined ? '' : `default: ${written(value)}`));
  return command
    .option('--json', 'Print what was written as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  autodidact export runs/simclr-1\n  autodidact export runs/simclr-1 --to onnx --out encoder.onnx\n' +
        '  autodidact export runs/gpt-1 --to transformers',
    )
    .action((path: string, given: { json?: boolean }) =>
      exportRun(path, parseValues(options, givenValues(command, options)), given.json ?? false),
    );
}

const NAMES: Record<ExportKind | typeof TRANSFORMERS, string> = {
  folder: 'export',
  onnx: 'encoder.onnx',
  safetensors: 'encoder.safetensors',
  transformers: 'transformers',
};

async function exportRun(path: string, settings: z.output<typeof options>, isJson: boolean): Promise<void> {
  const started = performance.now();
  const { to, out } = settings;
  const [{ exportEncoder }, { exportTransformers }, { isRun }, { RunFolder }] = await Promise.all([
    import('../export/export-encoder.js'),
    import('../export/transformers/export-transformers.js'),
    import('../train/load-encoder.js'),
    import('../train/run-folder.js'),
  ]);
  const isOfRun = isRun(path);
  if (isOfRun) RunFolder.open(path).checkIdle();
  // Where results are the same each time; a GPU would round products differently from ONNX Runtime.
  const { encoder, origin, run } = await openEncoder(path, { ...settings, device: 'cpu' });
  const target = out ?? (isOfRun ? join(path, NAMES[to]) : NAMES[to]);
  say(`writing ${encoder.backbone.architecture} to ${shownPath(target)}`);
  const exported =
    to === TRANSFORMERS
      ? exportTransformers(
          { encoder, ...(origin && { origin }), ...(run && { method: run.method }) },
          shownPath(target),
        )
      : await exportEncoder(encoder, to, shownPath(target), origin);
  const seconds = (performance.now() - started) / 1000;
  if (isJson) {
    printJson({ source: path, ...exported, seconds });
    return;
  }
  const { features, bytes, difference, inputs, outputs, unit, loaders, notes } = exported;
  print(
    `${exported.path}: ${encoder.backbone.architecture}, ${counted(features, 'feature')} per sample, ${size(bytes)}`,
  );
  if (difference !== null && inputs !== null) {
    for (const [i, { name, dtype, shape }] of inputs.entries())
      print(`input  ${name}, ${dtype} (N, ${shape.join(', ')})${i === 0 ? `: ${unit}` : ''}`);
    print(`output ${outputs!.join(', ')}`);
    print(`check  ONNX Runtime differs by ${figure(difference)} of the largest number, at batches of 1 and 5`);
  }
  for (const { library, code } of loaders) print(`load   ${library}: ${code}`);
  for (const note of notes) print(`note   ${note}`);
}
